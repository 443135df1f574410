from .baselines import fit_baselines as fit_baselines
from .compare import compare_models as compare_models
from .compare import quantum_result as quantum_result
from .next_step import NextStep as NextStep
from .next_step import suggest_next_step as suggest_next_step
from .results import Comparison as Comparison
from .results import ModelResult as ModelResult
