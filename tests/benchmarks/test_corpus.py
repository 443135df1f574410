"""Messy files of every kind are read right, nearly all of them without a correction."""

from __future__ import annotations

import pytest

from benchmarks.corpus import Sample, samples
from benchmarks.reading import difference, is_corrected, read_ours
from qenn_core.errors import DataError

CORPUS = samples()
# Eight words of Chinese are as likely words of another language.
AMBIGUOUS = {"encodings:gb18030, 8 rows"}


@pytest.mark.parametrize("sample", CORPUS, ids=lambda sample: sample.name)
def test_messy_file_is_read_right(sample: Sample) -> None:
    if sample.name in AMBIGUOUS:
        assert is_corrected(sample)
    else:
        assert difference(sample, read_ours(sample.content)) == ""


def test_differences_are_seen() -> None:
    [sample] = (sample for sample in CORPUS if sample.name == "plain:birds, comma")
    for changed in (
        sample.content.replace(b"species", b"kind", 1),
        sample.content.replace(b"\n", b",x\n"),
        sample.content.rpartition(b"\nAdelie")[0] + b"\n",
        sample.content.replace(b"Biscoe", b"Elsewhere", 1),
    ):
        assert difference(sample, read_ours(changed))
    with pytest.raises(DataError):
        read_ours(b"a\n1\n")
