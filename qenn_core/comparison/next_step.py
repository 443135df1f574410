"""What to try next after a training that was beaten by a classical model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from qenn_core.comparison.results import Comparison
from qenn_core.experiment import ExperimentSpec, bounds
from qenn_core.model import InfeasibleError, MachineSpeed, Workload, require_feasible, require_feasible_run
from qenn_core.registry import ENCODINGS
from qenn_core.text import count
from qenn_core.training import Finished

# The best epoch is among the last tenth: the validation loss was probably still falling.
_STILL_FALLING = 0.9
# By so much more training than validation rows right, the network has learnt rows by heart.
_OVERFITTED = 0.1
# More than this only takes longer, as a rule.
_ENOUGH_LAYERS, _ENOUGH_QUBITS = 6, 8


class NextStep(NamedTuple):
    """A change of the settings that may help.

    Parameters
    ----------
    reason : str
        Why, in a sentence.
    change : str
        What, in a few words: ``"60 epochs"``.
    fields : dict of str to object
        The new values, by dotted field.
    """

    reason: str
    change: str
    fields: dict[str, Any]


def suggest_next_step(
    spec: ExperimentSpec,
    workload: Workload,
    finished: Finished,
    comparison: Comparison,
    speed: MachineSpeed,
) -> NextStep | None:
    """Suggest what to change after a training in which the QENN was beaten by more than chance explains.

    Parameters
    ----------
    spec : ExperimentSpec
        The settings of the training.
    workload : Workload
        The size of its data.
    finished, comparison
        How it ended.
    speed : MachineSpeed
        The speed of the machine.

    Returns
    -------
    NextStep or None
        ``None`` if no classical model is ahead, or if no feasible change is likely to help.
    """
    if not any(verdict.ahead == "classical" for verdict in comparison.verdicts):
        return None
    steps = _steps(spec, workload.n_features, finished)
    return next((step for step in steps if _is_feasible(spec.with_(**step.fields), workload, speed)), None)


def _is_feasible(spec: ExperimentSpec, workload: Workload, speed: MachineSpeed) -> bool:
    try:
        require_feasible(spec)
        require_feasible_run(spec, workload, speed)
    except InfeasibleError:
        return False
    return True


def _steps(spec: ExperimentSpec, n_features: int, finished: Finished) -> Iterator[NextStep]:
    """Yield changes, the most promising first."""
    encoding, epochs = ENCODINGS[spec.encoding.kind], spec.training.epochs
    n_qubits, n_layers = spec.circuit.n_qubits, spec.circuit.n_layers
    encoded = encoding.max_features(n_qubits)
    more_epochs = min(2 * epochs, int(bounds("training.epochs")[1]))
    was_falling = finished.reason == "epochs" and finished.best_epoch >= _STILL_FALLING * epochs
    if was_falling and more_epochs > epochs:
        yield NextStep(
            "The validation loss was still falling when the epochs ran out.",
            count(more_epochs, "epoch"),
            {"training.epochs": more_epochs},
        )
    if spec.noise.active:
        yield NextStep("Noise blurs what the circuit measures.", "a noise level of 0", {"noise.level": 0.0})
    if n_features > 1 and spec.encoding.reduction != "linear":
        yield NextStep(
            f"Only {count(encoded, 'number')} made of {n_features:,} features reach the circuit."
            if n_features > encoded
            else "A layer before the circuit lets each qubit read a mixture of the features.",
            "a trainable linear layer",
            {"encoding.reduction": "linear"},
        )
    if finished.train.accuracy - finished.validation.accuracy > _OVERFITTED:
        return  # a larger network would only remember more
    if n_layers < _ENOUGH_LAYERS:
        more_layers = min(2 * n_layers, _ENOUGH_LAYERS)
        yield NextStep(
            f"The circuit has only {count(n_layers, 'layer')}.",
            count(more_layers, "layer"),
            {"circuit.n_layers": more_layers},
        )
    if n_features > n_qubits and n_qubits < _ENOUGH_QUBITS:
        yield NextStep(
            f"The circuit has only {count(n_qubits, 'qubit')} for {n_features:,} features.",
            count(_ENOUGH_QUBITS, "qubit"),
            {"circuit.n_qubits": _ENOUGH_QUBITS},
        )
    if not encoding.repeated:
        [repeated] = (entry for entry in ENCODINGS if entry.repeated)
        yield NextStep(
            "The circuit reads each row only once.",
            f"the encoding {repeated.label}",
            {"encoding.kind": repeated.key},
        )
