"""A file of the corpus with its truth, and the folder in which they are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.corpus.truth import Truth

FOLDER = Path(__file__).parents[2] / "tests" / "data" / "corpus"


@dataclass(frozen=True)
class Sample:
    """A file of the corpus.

    Parameters
    ----------
    name : str
        Its kind and its variation, joined by a point, with hyphens for spaces.
    extension : str
        What its file name ends with.
    content : bytes
        The file.
    truth : Truth
        What a person reads in it.
    """

    name: str
    extension: str
    content: bytes = field(repr=False)
    truth: Truth = field(repr=False)

    @property
    def kind(self) -> str:
        """The kind of file."""
        return self.name.partition(".")[0].replace("-", " ")

    @property
    def file_name(self) -> str:
        """What its file is called."""
        return f"{self.name}.{self.extension}"

    @property
    def is_text(self) -> bool:
        """Whether it is a text with a table."""
        return self.truth.delimiter is not None and self.extension != "csv.gz"

    def save(self, folder: Path) -> None:
        """Write the file and its truth to a folder."""
        (folder / self.file_name).write_bytes(self.content)
        (folder / f"{self.name}.json").write_text(self.truth.to_json(), encoding="utf-8", newline="\n")


def load_samples(folder: Path = FOLDER) -> list[Sample]:
    """Return the samples in a folder, in the order of their names."""
    return [_load(path) for path in sorted(folder.glob("*.json"))]


def _load(truth: Path) -> Sample:
    [file] = (path for path in truth.parent.glob(f"{truth.stem}.*") if path != truth)
    return Sample(
        truth.stem,
        file.name.removeprefix(f"{truth.stem}."),
        file.read_bytes(),
        Truth.model_validate_json(truth.read_bytes()),
    )
