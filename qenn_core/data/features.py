"""Columns of every role as numeric features, by a pipeline fitted on the training rows only."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.feature_selection import VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from qenn_core.data.columns import USABLE_ROLES, Column, split_pairs
from qenn_core.data.prepared import Floats
from qenn_core.errors import DataError

# Categories beyond the most common ones, or with a single row, are too rare to generalise to new rows.
MAX_CATEGORIES = 12
MIN_CATEGORY_ROWS = 2
# A standardised feature has variance 1, and a category of one row in 20,000 has 5e-5; less is rounding.
MIN_VARIANCE = 1e-9
# Rarer gaps get no feature of their own, which would be nearly constant.
MIN_GAP_SHARE = 0.05
UNIX_EPOCH = np.datetime64(0, "us")
DAY = np.timedelta64(1, "D")


T = TypeVar("T")
Names = NDArray[np.object_]


@dataclass(frozen=True)
class FittedFeatures:
    """The fitted transformation from columns to features.

    Parameters
    ----------
    pipeline : sklearn.pipeline.Pipeline
        Transforms a frame of columns to features (rows, n_features).
    names : tuple of str
        One name per feature.
    centre, scale : array (n_features,)
        Undo the standardisation: a feature times its scale plus its centre is in the unit of its column.
    """

    pipeline: Pipeline
    names: tuple[str, ...]
    centre: Floats
    scale: Floats

    def __call__(self, frame: pd.DataFrame) -> Floats:
        """Return the features (rows, n_features) of the rows of `frame`."""
        return np.asarray(_ignoring_unknown_categories(self.pipeline.transform, frame), dtype=np.float64)

    def in_units(self, features: Floats) -> Floats:
        """Return features (rows, n_features) in the units of their columns."""
        return np.asarray(features * self.scale + self.centre)


def values_frame(columns: Sequence[Column]) -> pd.DataFrame:
    """Return the values of columns as one frame, with their names."""
    return pd.DataFrame({column.name: column.values for column in columns})


def fit_features(columns: Sequence[Column], train: pd.DataFrame) -> FittedFeatures:
    """Fit the pipeline on the training rows.

    Numbers, pairs and dates: gaps are filled with the median, then values are scaled to mean 0 and variance
    1; a pair gives both numbers, a date the days since 1970, and the time of year as sine and cosine. Yes/no:
    0 or 1, with gaps filled with the more common answer. A category gives one 0/1 feature per value (a single
    one for two values); rare values are grouped as "other", and values not seen in training count as these.
    A column in which at least `MIN_GAP_SHARE` of the cells are missing gives one more 0/1 feature, "is
    missing".

    Parameters
    ----------
    columns : sequence of Column
        The columns that are used.
    train : pandas.DataFrame
        Their values in the training rows.

    Raises
    ------
    DataError
        If no column differs between the training rows.
    """
    names_by_role = {
        role: [column.name for column in columns if column.role == role] for role in USABLE_ROLES
    }
    columns_with_gaps = [name for name in train if train[name].isna().mean() >= MIN_GAP_SHARE]
    blocks = ColumnTransformer(
        [
            ("number", make_pipeline(_imputer("median"), StandardScaler()), names_by_role["numeric"]),
            ("pair", _numbers_of(_pair_parts, _pair_names), names_by_role["pair"]),
            ("date", _numbers_of(_date_parts, _date_names), names_by_role["date"]),
            ("truth", _imputer("most_frequent"), names_by_role["boolean"]),
            (
                "category",
                OneHotEncoder(
                    drop="if_binary",
                    handle_unknown="infrequent_if_exist",
                    min_frequency=MIN_CATEGORY_ROWS,
                    max_categories=MAX_CATEGORIES,
                    sparse_output=False,
                    feature_name_combiner=_category_name,
                ),
                names_by_role["category"],
            ),
            ("gaps", FunctionTransformer(pd.isna, feature_names_out=_gap_names), columns_with_gaps),
        ]
    )
    pipeline = make_pipeline(blocks, VarianceThreshold(MIN_VARIANCE))
    try:
        _ignoring_unknown_categories(pipeline.fit, train)
    except ValueError as error:
        if "variance threshold" not in str(error):
            raise
        raise DataError(
            "No column differs between the training rows.",
            "Equal rows stay in one part, so with few different rows all of one part can be equal; what is "
            "the same in every row cannot separate the classes.",
            "Check how the file was read, use columns with more different values, or change the role of a "
            "column that was left out.",
            "data.roles",
        ) from error
    varies = pipeline[-1].get_support()
    centre, scale = _scaling(blocks)
    return FittedFeatures(
        pipeline,
        tuple(name.split("__", 1)[1] for name in blocks.get_feature_names_out()[varies]),
        centre[varies],
        scale[varies],
    )


def _numbers_of(parts: Callable[[pd.DataFrame], Floats], names: Callable[..., Names]) -> Pipeline:
    """Return the steps for columns of which each gives several numbers."""
    return make_pipeline(
        FunctionTransformer(parts, feature_names_out=names), _imputer("median"), StandardScaler()
    )


def _imputer(strategy: str) -> SimpleImputer:
    return SimpleImputer(strategy=strategy, keep_empty_features=True)


def _scaling(blocks: ColumnTransformer) -> tuple[Floats, Floats]:
    """Return the centre and scale of each feature, 0 and 1 for features that are not scaled."""
    n_features = len(blocks.get_feature_names_out())
    centre, scale = np.zeros(n_features), np.ones(n_features)
    for name, step, columns in blocks.transformers_:
        if isinstance(step, Pipeline) and columns:
            positions = blocks.output_indices_[name]
            centre[positions], scale[positions] = step[-1].mean_, step[-1].scale_
    return centre, scale


def _pair_parts(pairs: pd.DataFrame) -> Floats:
    return np.column_stack([split_pairs(pairs[name]) for name in pairs])


def _pair_names(_: FunctionTransformer, names: Names) -> Names:
    return np.array([f"{name} ({part})" for name in names for part in ("first", "second")], dtype=object)


def _date_parts(dates: pd.DataFrame) -> Floats:
    parts = []
    for name in dates:
        days = (dates[name].to_numpy("datetime64[us]") - UNIX_EPOCH) / DAY
        angle = 2 * np.pi * dates[name].dt.day_of_year.to_numpy(dtype=np.float64) / 365.25
        parts += [days, np.sin(angle), np.cos(angle)]
    return np.column_stack(parts)


def _date_names(_: FunctionTransformer, names: Names) -> Names:
    parts = ("days", "time of year, sine", "time of year, cosine")
    return np.array([f"{name} ({part})" for name in names for part in parts], dtype=object)


def _gap_names(_: FunctionTransformer, names: Names) -> Names:
    return np.array([f"{name} is missing" for name in names], dtype=object)


def _category_name(column: str, value: str) -> str:
    return f"{column} = {'other' if value == 'infrequent_sklearn' else value}"


def _ignoring_unknown_categories(method: Callable[[pd.DataFrame], T], frame: pd.DataFrame) -> T:
    with warnings.catch_warnings():
        # Categories that occur only in held-out rows are expected; `fit_features` documents their treatment.
        warnings.filterwarnings("ignore", message="Found unknown categories", category=UserWarning)
        return method(frame)


# What a fitted pipeline consists of. Stored models refer to these by name, so do not rename the functions.
FEATURE_PARTS = (
    *(ColumnTransformer, FunctionTransformer, OneHotEncoder, Pipeline, SimpleImputer, StandardScaler),
    *(VarianceThreshold, _pair_parts, _pair_names, _date_parts, _date_names, _gap_names, _category_name),
)
