"""The experiment: one frozen value that the form edits, the link carries and the worker receives.

The same spec with the same data gives the same numbers. Ranges, defaults, labels and one-line helps of
all settings live here; choices with an implementation behind them are keys of the registries.
"""

from qenn_core.experiment.annotations import Entanglement, Role
from qenn_core.experiment.differences import setting_differences
from qenn_core.experiment.lookup import bounds, choices, entry_of, field_of, query_keys
from qenn_core.experiment.sections import (
    CSV,
    CircuitSpec,
    DataSpec,
    EncodingSpec,
    EngineSpec,
    HeadSpec,
    NoiseSpec,
    TrainingSpec,
)
from qenn_core.experiment.spec import ExperimentSpec

__all__ = [
    "CSV",
    "CircuitSpec",
    "DataSpec",
    "EncodingSpec",
    "EngineSpec",
    "Entanglement",
    "ExperimentSpec",
    "HeadSpec",
    "NoiseSpec",
    "Role",
    "TrainingSpec",
    "bounds",
    "choices",
    "entry_of",
    "field_of",
    "query_keys",
    "setting_differences",
]
