"""The overview shows what the preparation does, and explains a refusal without losing the table."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from qenn_core import limits
from qenn_core.analysis.overview import SAMPLE_ROWS, describe_table
from qenn_core.analysis.overview_data import Overview
from qenn_core.data.builtin import load_builtin
from qenn_core.data.labeling import label_table
from qenn_core.data.preparation import prepare, prepare_labeled
from qenn_core.data.table import Table
from qenn_core.errors import DataError
from qenn_core.experiment import ExperimentSpec
from qenn_core.registry import DATASETS
from tests.data.tables import csv_spec, measured, table


def built_in(key: str, **changes) -> tuple[ExperimentSpec, Table]:
    spec = ExperimentSpec().with_(**{"data.source": key}, **changes)
    return spec, load_builtin(spec.data)


@pytest.mark.parametrize("key", DATASETS.keys())
def test_an_overview_travels_as_json(key):
    overview = describe_table(*built_in(key))
    assert Overview.model_validate_json(overview.model_dump_json()) == overview
    assert overview.error is None


def test_an_overview_says_what_the_preparation_says():
    spec, penguins = built_in("penguins")
    ready, data = describe_table(spec, penguins).prepared, prepare(spec, penguins)
    assert ready.notes == data.notes
    assert (ready.n_features, ready.n_inputs, ready.n_classes) == (
        data.n_features,
        data.n_inputs,
        data.n_classes,
    )
    assert ready.feature_names == data.feature_names
    assert ready.class_names == ("Adelie", "Chinstrap", "Gentoo")
    assert ready.rows == {name: len(part.labels) for name, part in data.parts.items()}
    assert [count.rows for count in ready.classes] == [152, 68, 124]
    assert [count.test for count in ready.classes] == np.bincount(data.test.labels).tolist()


def test_columns_are_summed_up():
    overview = describe_table(*built_in("penguins"))
    columns = {column.name: column for column in overview.columns}
    assert (overview.target, overview.n_rows) == ("species", 344)
    assert "species" not in columns
    sex = columns["sex"]
    assert (sex.role, sex.missing, sex.distinct, sex.examples) == ("category", 11, 2, ("male", "female"))
    assert columns["year"].role == "numeric"


def test_the_preview_shows_the_first_rows_as_text():
    preview = describe_table(*built_in("penguins")).preview
    assert preview.columns[:3] == ("species", "island", "bill length (mm)")
    assert len(preview.rows) == 20
    assert preview.rows[3][:4] == ("Adelie", "Torgersen", "", "")


def test_long_cells_are_cut_in_the_preview_only():
    rows = measured(60, note=[f"{k} " + "x" * 500 for k in range(60)])
    assert all(len(row[0]) == 80 for row in describe_table(csv_spec(), rows).preview.rows)


def test_a_column_left_out_says_why():
    overview = describe_table(csv_spec(), measured(60, same=["x"] * 60))
    assert overview.columns[0].left_out == "every cell holds the same value"


def test_points_labels_and_parts_belong_together():
    # In two features the plane is in the units of the columns, so that each point finds its row.
    rows = measured()
    sample = describe_table(csv_spec(), rows).prepared.sample
    kinds = rows.frame.astype({"a": float, "b": float}).set_index(["a", "b"])["kind"]
    assert sample.projection.exact
    assert sample.projection.explained_variance == 1
    assert len(sample.projection.points) == len(sample.labels) == len(sample.parts) == 60
    for (a, b), label in zip(sample.projection.points, sample.labels, strict=True):
        assert kinds[round(a, 3), round(b, 3)] == ("down", "up")[label]
    assert {part: sample.parts.count(part) for part in set(sample.parts)} == describe_table(
        csv_spec(), rows
    ).prepared.rows


def test_large_tables_are_shown_by_a_fair_sample():
    sample = describe_table(*built_in("moons", **{"data.params": {"n_samples": 2000}})).prepared.sample
    assert len(sample.labels) == SAMPLE_ROWS
    assert sample.parts.count("train") == round(0.6 * SAMPLE_ROWS)


def test_telling_features_are_in_their_units_and_the_best_first():
    sample = describe_table(*built_in("iris")).prepared.sample
    assert sample.best_features.names[0] == "petal length (cm)"
    values = np.array(sample.best_features.values)
    iris = load_builtin(ExperimentSpec().with_(**{"data.source": "iris"}).data).frame
    assert np.allclose(np.sort(values[:, 0]), np.sort(iris["petal length (cm)"]))


def test_telling_features_are_chosen_by_the_training_part_only():
    rng = np.random.default_rng(0)
    kinds = np.tile(["p", "q"], 100)
    rows = table(noise=rng.normal(size=200), hint=(kinds == "q") + rng.normal(0, 1, 200), kind=kinds)
    spec = csv_spec(data__target="kind")
    before = describe_table(spec, rows).prepared.sample
    split = prepare_labeled(spec, label_table(spec, rows)).split
    held_out = np.concatenate([split.validation, split.test])
    rows.frame.loc[held_out, "noise"] = np.where(kinds == "q", "50", "-50")[held_out]
    after = describe_table(spec, rows).prepared.sample
    assert before.best_features.names == after.best_features.names == ("hint", "noise")


def test_one_feature_has_no_plane_but_can_be_shown():
    sample = describe_table(csv_spec(data__roles={"b": "ignore"}), measured()).prepared.sample
    assert sample.projection is None
    assert sample.best_features.names == ("a",)


def test_the_view_of_many_features_states_what_it_keeps():
    projection = describe_table(*built_in("wine")).prepared.sample.projection
    assert projection.explained_variance == pytest.approx(0.553, abs=0.001)
    assert "%" in projection.axes[0]


@pytest.mark.parametrize(
    ("spec", "place"),
    [
        (csv_spec(data__target="a"), "data.bands"),
        (csv_spec(data__target="nowhere"), "data.target"),
        (csv_spec(data__roles={"a": "ignore", "b": "ignore"}), "data.roles"),
    ],
)
def test_a_refusal_is_told_beside_the_table(spec, place):
    overview = describe_table(spec, measured())
    assert overview.prepared is None
    assert overview.error.place == place
    assert overview.error.remedy
    assert len(overview.preview.rows) == 20
    assert {column.name for column in overview.columns} | {overview.target} == {"a", "b", "kind"}
    assert Overview.model_validate_json(overview.model_dump_json()) == overview


def test_a_table_without_rows_is_refused_and_shown():
    overview = describe_table(csv_spec(), table(a=[], kind=[]))
    assert overview.error.what
    assert overview.preview.columns == ("a", "kind")


def test_a_table_without_columns_cannot_be_described():
    with pytest.raises(DataError):
        describe_table(csv_spec(), Table(frame=pd.DataFrame(), name="empty"))


def test_the_widest_table_is_described():
    cells = np.random.default_rng(0).normal(size=(limits.MAX_COLUMNS - 1, 30)).round(3)
    rows = table(**{f"c{k}": c for k, c in enumerate(cells)}, kind=["p", "q"] * 15)
    assert len(describe_table(csv_spec(), rows).columns) == limits.MAX_COLUMNS - 1


def test_a_reader_of_overviews_needs_no_heavy_library():
    code = (
        "import sys, qenn_core.analysis.overview_data, qenn_core.registry as r; list(r.DATASETS);"
        "print(*sorted({'sklearn', 'torch', 'pennylane', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
