"""Features brought to the number and range of inputs that a circuit takes."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler

from qenn_core.data.prepared import Floats, Ints
from qenn_core.experiment import ExperimentSpec
from qenn_core.registry import ENCODINGS
from qenn_core.text import count, quoted_list


@dataclass(frozen=True)
class Reduction:
    """The fitted way from features (n, n_features) to inputs (n, n_inputs), their names, and a note.

    Without a pipeline the features are the inputs.
    """

    pipeline: Pipeline | None
    names: tuple[str, ...]
    note: str

    def to_inputs(self, features: Floats) -> Floats:
        """Return the inputs (n, n_inputs) of rows with `features` (n, n_features)."""
        return features if self.pipeline is None else np.asarray(self.pipeline.transform(features))


def fit_reduction(spec: ExperimentSpec, names: tuple[str, ...], features: Floats, labels: Ints) -> Reduction:
    """Fit the reduction that `spec` asks for.

    With a trainable linear layer the features pass unchanged: the layer is the model's. Otherwise
    features over the circuit's capacity are reduced, and inputs are scaled to the encoding's range, which
    the training rows span and which held-out rows are kept within.

    Parameters
    ----------
    spec : ExperimentSpec
        Encoding, reduction, number of qubits and seed.
    names : tuple of str
        One name a feature.
    features : array (rows, n_features)
        Features of the training rows, standardised.
    labels : array (rows,)
        Their class numbers.
    """
    encoding = ENCODINGS[spec.encoding.kind]
    capacity = encoding.capacity(spec.circuit.n_qubits)
    n_features = len(names)
    if spec.encoding.reduction == "linear":
        note = f"A trainable linear layer brings the {count(n_features, 'feature')} to the circuit."
        return Reduction(None, names, note)
    reducer = _reducer(spec, n_features, capacity, len(features))
    low_high = encoding.input_range
    scaler = None if low_high is None else MinMaxScaler(low_high, clip=True)
    steps = [step for step in (reducer, scaler) if step is not None]
    if not steps:
        return Reduction(None, *_outcome(None, names))
    pipeline = make_pipeline(*steps).fit(features, labels)
    names, note = _outcome(reducer, names)
    if low_high is not None:
        note += f" They are scaled to angles from {low_high[0]:.2f} to {low_high[1]:.2f}."
    return Reduction(pipeline, names, note)


def separation(features: Floats, labels: Ints) -> Floats:
    """Return how well each feature alone tells the classes apart: the F value of an analysis of variance."""
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        # A feature that is constant within every class has an endless score, and is ranked first by it.
        warnings.filterwarnings("ignore", message="Features .* are constant", category=UserWarning)
        scores, _ = f_classif(features, labels)
    return np.asarray(np.nan_to_num(scores, nan=0.0, posinf=np.inf))


def _reducer(spec: ExperimentSpec, n_features: int, capacity: int, n_rows: int) -> PCA | SelectKBest | None:
    if n_features <= capacity:
        return None
    if spec.encoding.reduction == "pca":
        return PCA(min(capacity, n_rows), random_state=spec.seed)
    return SelectKBest(separation, k=capacity)


def _outcome(reducer: PCA | SelectKBest | None, names: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """Return the names of the inputs and a sentence on how they came about."""
    before = count(len(names), "feature")
    if reducer is None:
        return names, f"The circuit takes all {before}."
    if isinstance(reducer, PCA):
        kept = reducer.explained_variance_ratio_.sum()
        names = tuple(f"PC {k + 1}" for k in range(reducer.n_components_))
        return names, (
            f"The {before} were brought to {len(names)} by principal components, which keep {kept:.0%} of "
            "their variance."
        )
    names = tuple(np.asarray(names, dtype=object)[reducer.get_support()])
    return names, f"Of {before} those that tell the classes apart best are used: {quoted_list(names)}."
