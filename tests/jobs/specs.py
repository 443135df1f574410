"""Experiments for the tests."""

from __future__ import annotations

from qenn_core.experiment import ExperimentSpec

SHORT = ExperimentSpec().with_(
    **{"data.params": {"n_samples": 60}, "circuit.n_layers": 1, "training.epochs": 4, "training.patience": 0}
)
# Many quick epochs: it is still training when a test checks.
LONG = SHORT.with_(**{"training.epochs": 500, "training.batch_size": 8})
