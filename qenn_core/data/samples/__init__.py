"""A sample file to download and try, with text, numbers and gaps like real files.

``penguins.csv`` is the Palmer penguins data by Gorman, Williams and Fraser (2014), doi
10.1371/journal.pone.0090081, as published by Horst, Hill and Gorman (2020) under CC0: 344 penguins of three
species with island, sex, year and four body measurements, with 19 missing cells in total.
"""

from pathlib import Path

PENGUINS_CSV = Path(__file__).with_name("penguins.csv")
