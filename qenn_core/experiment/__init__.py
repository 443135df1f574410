"""The experiment: one frozen value that the form edits, a link carries and a worker receives.

The same spec and the same data give the same numbers. The range, default, title and one-line help of every
setting are declared here; choices that have an implementation are keys of the registries.
"""

from qenn_core.experiment.annotations import Entanglement, ReductionMethod, Role
from qenn_core.experiment.differences import setting_differences
from qenn_core.experiment.display import display_value, number_decimals, title_of
from qenn_core.experiment.lookup import (
    bounds,
    choice_help,
    choices,
    entry_of,
    field_of,
    label_of,
    query_keys,
    step_of,
)
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
    "ReductionMethod",
    "Role",
    "TrainingSpec",
    "bounds",
    "choice_help",
    "choices",
    "display_value",
    "entry_of",
    "field_of",
    "label_of",
    "number_decimals",
    "query_keys",
    "setting_differences",
    "step_of",
    "title_of",
]
