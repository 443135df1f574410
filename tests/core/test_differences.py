"""`setting_differences` returns the settings that differ, and no others."""

from __future__ import annotations

from qenn_core.experiment import ExperimentSpec
from qenn_core.experiment.differences import setting_differences

DEFAULT = ExperimentSpec()


def test_equal_specs_do_not_differ() -> None:
    assert setting_differences([DEFAULT, ExperimentSpec()]) == {}
    assert setting_differences([DEFAULT]) == {}


def test_differences_hold_the_value_of_every_spec_in_field_order() -> None:
    other = DEFAULT.with_(**{"seed": 3, "circuit.n_qubits": 2, "head.hidden": (8,)})
    found = setting_differences([DEFAULT, other, DEFAULT])
    assert list(found.items()) == [
        ("circuit.n_qubits", (4, 2, 4)),
        ("head.hidden", ((), (8,), ())),
        ("seed", (0, 3, 0)),
    ]
