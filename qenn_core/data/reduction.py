"""Reduction of the features to the number and range of inputs that a circuit takes."""

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
from qenn_core.text import count, quoted_list, short_number


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
    reduced to the capacity of the circuit, and scaled to the input range of the encoding: training rows span
    it, and held-out rows are clipped to it.

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
    capacity = encoding.capacity(spec.circuit.n_qubits)
    n_features = len(names)
    if spec.encoding.reduction == "linear":
        note = f"A trainable linear layer maps {count(n_features, 'feature')} to the inputs of the circuit."
        return Reduction(None, names, note)
    reducer = _reducer(spec, n_features, capacity, len(features))
    low_high = encoding.input_range
    scaler = None if low_high is None else MinMaxScaler(low_high, clip=True)
    steps = [step for step in (reducer, scaler) if step is not None]
    if not steps:
        return Reduction(None, *_names_and_note(None, names))
    pipeline = make_pipeline(*steps).fit(features, labels)
    names, note = _names_and_note(reducer, names)
    if low_high is not None:
        low, high = map(short_number, low_high)
        note += f" Inputs are scaled to angles from {low} to {high}."
    return Reduction(pipeline, names, note)


def separation(features: Floats, labels: Ints) -> Floats:
    """Return how well each feature alone separates the classes: the F value of an analysis of variance."""
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        # A feature that is constant within every class has an infinite score and therefore ranks first.
        warnings.filterwarnings("ignore", message="Features .* are constant", category=UserWarning)
        scores, _ = f_classif(features, labels)
    return np.asarray(np.nan_to_num(scores, nan=0.0, posinf=np.inf))


def _reducer(spec: ExperimentSpec, n_features: int, capacity: int, n_rows: int) -> PCA | SelectKBest | None:
    if n_features <= capacity:
        return None
    if spec.encoding.reduction == "pca":
        return PCA(min(capacity, n_rows), random_state=spec.seed)
    return SelectKBest(separation, k=capacity)


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
