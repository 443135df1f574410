"""What the tests train."""

from __future__ import annotations

from qenn_core.experiment import ExperimentSpec

SHORT = ExperimentSpec().with_(
    **{"data.params": {"n_samples": 60}, "circuit.n_layers": 1, "training.epochs": 4, "training.patience": 0}
)
# Quick epochs, and many of them: it is still going whenever a test looks.
LONG = SHORT.with_(**{"training.epochs": 500, "training.batch_size": 8})
