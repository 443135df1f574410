"""What the tests train, and what was trained before."""

from __future__ import annotations

from pathlib import Path

from qenn_core.experiment import ExperimentSpec

SHORT = ExperimentSpec().with_(
    **{"data.params": {"n_samples": 60}, "circuit.n_layers": 1, "training.epochs": 4, "training.patience": 0}
)
# Many quick epochs: it is still training when a test checks.
LONG = SHORT.with_(**{"training.epochs": 500, "training.batch_size": 8})
# A database that the first version has written, and what it holds.
STORED = Path(__file__).parents[1] / "store" / "stored" / "0001"
