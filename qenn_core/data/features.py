"""Columns of every kind as plain numbers, by a pipeline that learns from the training rows only."""

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

from qenn_core.data.columns import USABLE_ROLES, Column
from qenn_core.data.prepared import Floats
from qenn_core.errors import DataError

# A category beyond the commonest ones, or with a single row, tells nothing that would hold for new rows.
MAX_CATEGORIES = 12
MIN_CATEGORY_ROWS = 2
# A standardised feature varies by 1, and a category of one row in 20,000 by 5e-5; less is rounding.
LEAST_VARIANCE = 1e-9
# Gaps rarer than this are filled and forgotten: a feature for them would be nearly constant.
SHARE_OF_GAPS = 0.05
EPOCH = np.datetime64(0, "us")
DAY = np.timedelta64(1, "D")


T = TypeVar("T")
Names = NDArray[np.object_]


@dataclass(frozen=True)
class FittedFeatures:
    """The fitted way from columns to features.

    Parameters
    ----------
    pipeline : sklearn.pipeline.Pipeline
        Takes a frame of columns to features (rows, n_features).
    names : tuple of str
        One name a feature.
    centre, scale : array (n_features,)
        What undoes the standardising: a feature times its scale plus its centre is in the unit of its column.
    """

    pipeline: Pipeline
    names: tuple[str, ...]
    centre: Floats
    scale: Floats

    def __call__(self, frame: pd.DataFrame) -> Floats:
        """Return the features (rows, n_features) of the rows of `frame`."""
        return np.asarray(_quietly(self.pipeline.transform, frame), dtype=np.float64)

    def in_units(self, features: Floats) -> Floats:
        """Return features (rows, n_features) in the units of their columns."""
        return np.asarray(features * self.scale + self.centre)


def frame_of(columns: Sequence[Column]) -> pd.DataFrame:
    """Return the values of columns as one frame, by name."""
    return pd.DataFrame({column.name: column.values for column in columns})


def fit_features(columns: Sequence[Column], train: pd.DataFrame) -> FittedFeatures:
    """Fit the pipeline on the training rows.

    Numbers and dates: gaps get the median, then mean 0 and variance 1; a date gives its days since 1970 and
    its place in the year as sine and cosine. Yes/no: 0 or 1, gaps get the commoner answer. A category gives
    one 0/1 feature a value (one in all for two values); rare values are joined, and values not seen in
    training count as those. A column with more than the odd gap gives one more 0/1 feature, "is missing".

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
    of_role = {role: [column.name for column in columns if column.role == role] for role in USABLE_ROLES}
    with_gaps = [name for name in train if train[name].isna().mean() >= SHARE_OF_GAPS]
    blocks = ColumnTransformer(
        [
            ("number", make_pipeline(_filled("median"), StandardScaler()), of_role["numeric"]),
            (
                "date",
                make_pipeline(
                    FunctionTransformer(_date_parts, feature_names_out=_date_names),
                    _filled("median"),
                    StandardScaler(),
                ),
                of_role["date"],
            ),
            ("truth", _filled("most_frequent"), of_role["boolean"]),
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
                of_role["category"],
            ),
            ("gaps", FunctionTransformer(pd.isna, feature_names_out=_gap_names), with_gaps),
        ]
    )
    pipeline = make_pipeline(blocks, VarianceThreshold(LEAST_VARIANCE))
    try:
        _quietly(pipeline.fit, train)
    except ValueError as error:
        if "variance threshold" not in str(error):
            raise
        raise DataError(
            "No column differs between the training rows.",
            "What is the same in every row cannot tell classes apart.",
            "Use more rows, or change the role of a column that was left out.",
            "data.roles",
        ) from error
    varies = pipeline[-1].get_support()
    centre, scale = _units(blocks)
    return FittedFeatures(
        pipeline,
        tuple(name.split("__", 1)[1] for name in blocks.get_feature_names_out()[varies]),
        centre[varies],
        scale[varies],
    )


def _filled(strategy: str) -> SimpleImputer:
    return SimpleImputer(strategy=strategy, keep_empty_features=True)


def _units(blocks: ColumnTransformer) -> tuple[Floats, Floats]:
    """Return centre and scale of each feature, 0 and 1 where nothing was scaled."""
    n_features = len(blocks.get_feature_names_out())
    centre, scale = np.zeros(n_features), np.ones(n_features)
    for name, step, columns in blocks.transformers_:
        if isinstance(step, Pipeline) and columns:
            place = blocks.output_indices_[name]
            centre[place], scale[place] = step[-1].mean_, step[-1].scale_
    return centre, scale


def _date_parts(dates: pd.DataFrame) -> Floats:
    parts = []
    for name in dates:
        days = (dates[name].to_numpy("datetime64[us]") - EPOCH) / DAY
        turn = 2 * np.pi * dates[name].dt.day_of_year.to_numpy(dtype=np.float64) / 365.25
        parts += [days, np.sin(turn), np.cos(turn)]
    return np.column_stack(parts)


def _date_names(_: FunctionTransformer, names: Names) -> Names:
    parts = ("days", "time of year, sine", "time of year, cosine")
    return np.array([f"{name} ({part})" for name in names for part in parts], dtype=object)


def _gap_names(_: FunctionTransformer, names: Names) -> Names:
    return np.array([f"{name} is missing" for name in names], dtype=object)


def _category_name(column: str, value: str) -> str:
    return f"{column} = {'other' if value == 'infrequent_sklearn' else value}"


def _quietly(work: Callable[[pd.DataFrame], T], frame: pd.DataFrame) -> T:
    with warnings.catch_warnings():
        # Categories that only held-out rows have are expected, and their treatment is documented above.
        warnings.filterwarnings("ignore", message="Found unknown categories", category=UserWarning)
        return work(frame)


# The functions that a fitted pipeline calls. A model that was kept names them, so their names must stay.
PIPELINE_FUNCTIONS = (_date_parts, _date_names, _gap_names, _category_name)
