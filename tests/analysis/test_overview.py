"""An overview describes a table and its preparation; if the data cannot be used, the table and an error."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from qenn_core.analysis.overview import BEST_FEATURES, SAMPLE_ROWS, describe_table
from qenn_core.analysis.overview_data import Overview
from qenn_core.data.builtin import load_builtin
from qenn_core.data.labeling import label_table
from qenn_core.data.preparation import prepare, prepare_labeled
from qenn_core.data.table import Table
from qenn_core.errors import DataError
from qenn_core.experiment import ExperimentSpec
from tests.data.tables import csv_spec, measured, table


def built_in(key: str, **changes) -> tuple[ExperimentSpec, Table]:
    spec = ExperimentSpec().with_(**{"data.source": key}, **changes)
    return spec, load_builtin(spec.data)


@pytest.mark.parametrize("key", ["moons", "iris", "penguins", "digits_all"])
def test_overview_survives_json(key):
    overview = describe_table(*built_in(key))
    assert Overview.model_validate_json(overview.model_dump_json()) == overview
    assert overview.error is None


def test_overview_agrees_with_preparation():
    spec, penguins = built_in("penguins")
    summary, data = describe_table(spec, penguins).prepared, prepare(spec, penguins)
    assert summary.notes == data.notes
    assert (summary.n_features, summary.n_inputs, summary.n_classes) == (
        data.n_features,
        data.n_inputs,
        data.n_classes,
    )
    assert summary.feature_names == data.feature_names
    assert summary.class_names == ("Adelie", "Chinstrap", "Gentoo")
    assert summary.rows == {name: len(part.labels) for name, part in data.parts.items()}
    assert [count.rows for count in summary.classes] == [152, 68, 124]
    assert [count.test for count in summary.classes] == np.bincount(data.test.labels).tolist()


def test_columns_are_summarised():
    overview = describe_table(*built_in("penguins"))
    columns = {column.name: column for column in overview.columns}
    assert (overview.target, overview.n_rows) == ("species", 344)
    assert "species" not in columns
    sex = columns["sex"]
    assert (sex.role, sex.missing, sex.distinct, sex.examples) == ("category", 11, 2, ("male", "female"))
    assert columns["year"].role == "numeric"


def test_preview_holds_the_first_rows_as_text():
    preview = describe_table(*built_in("penguins")).preview
    assert preview.columns[:3] == ("species", "island", "bill length (mm)")
    assert len(preview.rows) == 20
    assert preview.rows[3][:4] == ("Adelie", "Torgersen", "", "")


def test_long_cells_are_cut_in_the_preview():
    rows = measured(60, note=[f"{k} " + "x" * 500 for k in range(60)])
    assert all(len(row[0]) == 80 for row in describe_table(csv_spec(), rows).preview.rows)


def test_first_rows_are_images_whatever_is_cut_from_their_text():
    spec, table = built_in("bars_and_stripes")
    overview = describe_table(spec, table)
    assert any("…" in cell for cell in overview.preview.rows[0])
    [*_, last] = overview.preview.images
    pixels = table.frame[list(overview.image.pixels)].iloc[len(overview.preview.images) - 1].to_numpy(float)
    assert list(last) == np.rint(255 * np.clip((pixels + 1) / 2, 0, 1)).astype(int).tolist()
    assert not describe_table(*built_in("penguins")).preview.images


def test_long_fractions_are_cut_in_the_preview():
    cells = {
        "0.1234567890123456": "0.123456…",
        "-12,3456789012": "-12,345678…",
        "1.23456789012e-05": "1.234567…e-05",
        "0.000123456789": "0.000123456…",
        "5.000000000000001": "5.000000…",
        "12345678901234": "12345678901234",
    }
    written, shown = list(cells), list(cells.values())
    rows = measured(60, long=written * 10)
    assert [row[0] for row in describe_table(csv_spec(), rows).preview.rows[:6]] == shown


def test_reason_for_leaving_out_a_column():
    overview = describe_table(csv_spec(), measured(60, same=["x"] * 60))
    assert overview.columns[0].left_out == "every cell holds the same value"


def test_points_labels_and_parts_are_aligned():
    # With two features the plane is in the units of the columns, so points can be matched to rows.
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


def test_large_tables_are_sampled_in_proportion():
    sample = describe_table(*built_in("moons", **{"data.params": {"n_samples": 2000}})).prepared.sample
    assert len(sample.labels) == SAMPLE_ROWS
    assert sample.parts.count("train") == round(0.6 * SAMPLE_ROWS)


def test_best_features_are_ordered_and_in_the_units_of_their_columns():
    sample = describe_table(*built_in("iris")).prepared.sample
    assert sample.best_features.names[0] == "petal length (cm)"
    values = np.array(sample.best_features.values)
    iris = load_builtin(ExperimentSpec().with_(**{"data.source": "iris"}).data).frame
    assert np.allclose(np.sort(values[:, 0]), np.sort(iris["petal length (cm)"]))


def test_best_features_are_chosen_using_training_rows_only():
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


def test_single_feature_has_no_projection():
    sample = describe_table(csv_spec(data__roles={"b": "ignore"}), measured()).prepared.sample
    assert sample.projection is None
    assert sample.best_features.names == ("a",)


def test_projection_states_its_explained_variance():
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
def test_data_that_cannot_be_used_are_described_with_an_error(spec, place):
    overview = describe_table(spec, measured())
    assert overview.prepared is None
    assert overview.error.place == place
    assert overview.error.remedy
    assert len(overview.preview.rows) == 20
    assert {column.name for column in overview.columns} | {overview.target} == {"a", "b", "kind"}
    assert Overview.model_validate_json(overview.model_dump_json()) == overview


def test_table_without_rows_is_described_with_an_error():
    overview = describe_table(csv_spec(), table(a=[], kind=[]))
    assert overview.error.what
    assert overview.preview.columns == ("a", "kind")


def test_table_without_columns_is_refused():
    with pytest.raises(DataError):
        describe_table(csv_spec(), Table(frame=pd.DataFrame(), name="empty"))


def test_wide_table_is_described():
    cells = np.random.default_rng(0).normal(size=(60, 30)).round(3)
    rows = table(**{f"c{k}": c for k, c in enumerate(cells)}, kind=["p", "q"] * 15)
    overview = describe_table(csv_spec(), rows)
    assert len(overview.columns) == 60
    assert len(overview.prepared.sample.best_features.names) == BEST_FEATURES


def test_records_import_no_heavy_library():
    code = (
        "import sys, qenn_core.analysis.overview_data, qenn_core.registry as r; list(r.DATASETS);"
        "print(*sorted({'sklearn', 'torch', 'pennylane', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
