"""Messy tables, made by rules, each with its truth: what a sensible person reads in the file.

`rules` makes the samples, ``python -m benchmarks.corpus`` writes them to `FOLDER`, and `load_samples` reads
them there, so that neither tests nor readers need the libraries that some rules need.
"""

from benchmarks.corpus.sample import FOLDER, Sample, load_samples
from benchmarks.corpus.truth import Truth

__all__ = ["FOLDER", "Sample", "Truth", "load_samples"]
