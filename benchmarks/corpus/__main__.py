"""Make the samples and write them: ``python -m benchmarks.corpus``."""

from __future__ import annotations

from benchmarks.corpus.making import make_samples
from benchmarks.corpus.sample import FOLDER


def main() -> None:
    """Replace the files of the corpus."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in FOLDER.iterdir():
        # Git must not convert the line ends of the samples.
        if path.name != ".gitattributes":
            path.unlink()
    samples = make_samples()
    for sample in samples:
        sample.save(FOLDER)
    print(f"Wrote {len(samples)} samples to {FOLDER}.")


if __name__ == "__main__":
    main()
