"""What differs between specs is told, and nothing else."""

from __future__ import annotations

from qenn_core.experiment import ExperimentSpec
from qenn_core.experiment.differences import setting_differences

PLAIN = ExperimentSpec()


def test_equal_specs_do_not_differ() -> None:
    assert setting_differences([PLAIN, ExperimentSpec()]) == {}
    assert setting_differences([PLAIN]) == {}


def test_each_difference_is_told_with_the_value_of_every_spec_in_the_order_of_the_form() -> None:
    other = PLAIN.with_(**{"seed": 3, "circuit.n_qubits": 2, "head.hidden": (8,)})
    found = setting_differences([PLAIN, other, PLAIN])
    assert list(found.items()) == [
        ("circuit.n_qubits", (4, 2, 4)),
        ("head.hidden", ((), (8,), ())),
        ("seed", (0, 3, 0)),
    ]
