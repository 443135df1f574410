"""Reduction of the features to the number and range of inputs that a circuit takes."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler

from qenn_core.data.prepared import Floats, Ints
from qenn_core.experiment import ExperimentSpec
from qenn_core.registry import ENCODINGS
from qenn_core.text import angle, count, quoted_list, short_number

CONSTANT = "constant"

# For encodings that take numbers of any range: without a range, outliers would outweigh all other numbers.
_ANY_RANGE = (-1.0, 1.0)


@dataclass(frozen=True)
class Reduction:
    """The fitted transformation from features (n, n_features) to inputs (n, n_inputs).

    Parameters
    ----------
    pipeline : sklearn.pipeline.Pipeline or None
        The transformation; without one, the features are the inputs.
    names : tuple of str
        One name per input.
    note : str
        Sentences on what was done.
    """

    pipeline: Pipeline | None
    names: tuple[str, ...]
    note: str

    def reduce(self, features: Floats) -> Floats:
        """Return the reduced features (n, n_inputs) before they are scaled and clipped."""
        for step in self.pipeline or ():
            if not isinstance(step, MinMaxScaler):
                features = step.transform(features)
        return np.asarray(features)

    def to_inputs(self, features: Floats) -> Floats:
        """Return the inputs (n, n_inputs) for `features` (n, n_features)."""
        return features if self.pipeline is None else np.asarray(self.pipeline.transform(features))


def fit_reduction(spec: ExperimentSpec, names: tuple[str, ...], features: Floats, labels: Ints) -> Reduction:
    """Fit the reduction that `spec` asks for.

    With a trainable linear layer, which is part of the model, the features pass unchanged. Otherwise they are
    reduced to as many as the circuit can encode, and scaled to the input range of the encoding: training
    rows span it, and held-out rows are clipped to it. If the encoding needs a constant, it is appended.

    Parameters
    ----------
    spec : ExperimentSpec
        Encoding, reduction, number of qubits and seed.
    names : tuple of str
        One name per feature.
    features : array (rows, n_features)
        Features of the training rows, standardised.
    labels : array (rows,)
        Their class numbers.
    """
    encoding = ENCODINGS[spec.encoding.kind]
    max_features = encoding.max_features(spec.circuit.n_qubits)
    n_features = len(names)
    if spec.encoding.reduction == "linear":
        note = f"A trainable linear layer maps {count(n_features, 'feature')} to the inputs of the circuit."
        return Reduction(None, names, note)
    reducer = _reducer(spec, n_features, max_features, len(features))
    scaler = MinMaxScaler(encoding.input_range or _ANY_RANGE, clip=True)
    pipeline = make_pipeline(scaler) if reducer is None else make_pipeline(reducer, scaler)
    inputs = np.asarray(pipeline.fit_transform(features, labels))
    names, note = _names_and_note(reducer, names)
    unit, shown = ("angles", angle) if encoding.input_range else ("numbers", short_number)
    low, high = map(shown, scaler.feature_range)
    note += f" Inputs are scaled to {unit} from {low} to {high}."
    if spec.encoding.appends_constant:
        # Then half of a typical state is the row, and half the constant.
        constant = float(np.sqrt(np.mean(np.sum(inputs**2, axis=1))))
        step = FunctionTransformer(append_constant, kw_args={"constant": constant})
        pipeline.steps.append((CONSTANT, step.fit(inputs)))
        names = (*names, CONSTANT)
        note += (
            f" The constant {short_number(constant)}, as long as a typical row, is appended to each: a state "
            "always has length 1, and keeps the sign and the length of a row only in relation to a constant."
        )
    return Reduction(pipeline, names, note)


def append_constant(inputs: Floats, constant: float) -> Floats:
    """Append the same number to each row of `inputs` (rows, n_inputs)."""
    return np.column_stack([inputs, np.full(len(inputs), constant)])


def separation(features: Floats, labels: Ints) -> Floats:
    """Return how well each feature alone separates the classes: the F value of an analysis of variance."""
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        # A feature that is constant within every class has an infinite score and therefore ranks first.
        warnings.filterwarnings("ignore", message="Features .* are constant", category=UserWarning)
        scores, _ = f_classif(features, labels)
    return np.asarray(np.nan_to_num(scores, nan=0.0, posinf=np.inf))


def _reducer(spec: ExperimentSpec, n_features: int, most: int, n_rows: int) -> PCA | SelectKBest | None:
    if n_features <= most:
        return None
    if spec.encoding.reduction == "pca":
        return PCA(min(most, n_rows), random_state=spec.seed)
    return SelectKBest(separation, k=most)


def _names_and_note(reducer: PCA | SelectKBest | None, names: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """Return the names of the inputs and a sentence on how they were made."""
    if reducer is None:
        return names, "Every feature is an input of the circuit."
    if isinstance(reducer, PCA):
        explained = reducer.explained_variance_ratio_.sum()
        components = tuple(f"PC {k + 1}" for k in range(reducer.n_components_))
        return components, (
            f"Principal component analysis reduced {count(len(names), 'feature')} to {len(components)} and "
            f"kept {explained:.0%} of their variance."
        )
    selected = tuple(np.asarray(names, dtype=object)[reducer.get_support()])
    return selected, (
        f"Selected {len(selected)} of {count(len(names), 'feature')} by how well they separate the classes: "
        f"{quoted_list(selected)}."
    )


# What a fitted reduction consists of. Stored models refer to these by name, so do not rename the functions.
REDUCTION_PARTS = (PCA, FunctionTransformer, MinMaxScaler, Pipeline, SelectKBest, append_constant, separation)
