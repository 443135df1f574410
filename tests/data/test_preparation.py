"""Preparation: from a table to the numbers that models are trained on."""

import pickle
from itertools import cycle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_examples import examples

from qenn_core import limits
from qenn_core.data.builtin import load_builtin
from qenn_core.data.labeling import LabeledTable, label_table
from qenn_core.data.preparation import prepare, prepare_labeled
from qenn_core.data.prepared import PreparedData
from qenn_core.data.reduction import CONSTANT
from qenn_core.data.table import Table
from qenn_core.encodings.amplitude import pad_and_normalise
from qenn_core.errors import DataError
from qenn_core.experiment import ExperimentSpec, choices
from qenn_core.registry import DATASETS, ENCODINGS
from tests.data.tables import csv_spec, fit, measured, mixed, table

every_encoding = pytest.mark.parametrize("encoding", ENCODINGS.keys())
REDUCTIONS = choices("encoding.reduction")
every_reduction = pytest.mark.parametrize("reduction", REDUCTIONS)


@pytest.fixture(scope="module")
def labeled_mixed() -> LabeledTable:
    return label_table(csv_spec(), mixed())


@pytest.fixture(scope="module")
def mixed_data(labeled_mixed: LabeledTable) -> PreparedData:
    return prepare_labeled(csv_spec(), labeled_mixed).data


@every_encoding
@every_reduction
def test_inputs_fit_the_circuit(encoding, reduction, labeled_mixed):
    spec = csv_spec(encoding__kind=encoding, encoding__reduction=reduction, circuit__n_qubits=2)
    data = prepare_labeled(spec, labeled_mixed).data
    entry = ENCODINGS[encoding]
    assert data.n_features == 15
    if reduction == "linear":
        assert data.input_names == data.feature_names
    else:
        assert data.n_inputs == min(entry.capacity(2), data.n_features)
    for part in data.parts.values():
        assert part.features.shape == (len(part.labels), data.n_features)
        assert part.inputs.shape == (len(part.labels), data.n_inputs)
        assert part.features.dtype == part.inputs.dtype == np.float64
        assert np.isfinite(part.features).all()
        assert (data.to_inputs(part.features) == part.inputs).all()
        if entry.input_range and reduction != "linear":
            assert part.inputs.min() >= entry.input_range[0]
            assert part.inputs.max() <= entry.input_range[1]
    if entry.input_range and reduction != "linear":
        assert np.allclose(data.train.inputs.min(axis=0), entry.input_range[0])
        assert np.allclose(data.train.inputs.max(axis=0), entry.input_range[1])


def test_columns_of_every_role_become_named_features(mixed_data):
    assert mixed_data.feature_names == (
        "weight",
        "a",
        "b",
        "pressure (first)",
        "pressure (second)",
        "joined (days)",
        "joined (time of year, sine)",
        "joined (time of year, cosine)",
        "member",
        "colour = (missing)",
        "colour = blue",
        "colour = green",
        "colour = red",
        "size = small",
        "weight is missing",
    )


@pytest.mark.parametrize(("key", "reduction"), list(zip(DATASETS.keys(), cycle(REDUCTIONS), strict=False)))
def test_built_in_sets_can_be_prepared(key, reduction):
    spec = ExperimentSpec().with_(**{"data.source": key, "encoding.reduction": reduction})
    rows = load_builtin(spec.data)
    data = prepare(spec, rows)
    assert np.isfinite(data.train.inputs).all()
    assert sum(len(part.labels) for part in data.parts.values()) == len(rows.frame)


def altered(rows: Table, positions) -> Table:
    """Return the table with every cell but the target changed in the rows at `positions`."""
    other = {"yes": "no", "no": "yes", "red": "purple", "small": "huge"}
    frame = rows.frame.copy()
    for name in frame.columns.drop("kind"):
        cells = frame[name].iloc[positions]
        numbers = pd.to_numeric(cells, errors="coerce")
        changed = (1000 - 7 * numbers).astype("str") if numbers.notna().any() else cells.replace(other)
        frame.loc[frame.index[positions], name] = changed
    return Table(frame=frame, name=rows.name)


@every_reduction
def test_held_out_rows_have_no_influence(reduction, labeled_mixed):
    spec = csv_spec(encoding__reduction=reduction, circuit__n_qubits=3)
    honest = prepare_labeled(spec, labeled_mixed)
    other = fit(spec, altered(mixed(), np.concatenate([honest.split.validation, honest.split.test])))
    assert (honest.split.train == other.split.train).all()
    assert not np.array_equal(honest.data.test.features, other.data.test.features)
    assert honest.data.feature_names == other.data.feature_names
    assert honest.data.input_names == other.data.input_names
    assert (honest.fitted.centre == other.fitted.centre).all()
    assert (honest.fitted.scale == other.fitted.scale).all()
    assert (honest.data.train.features == other.data.train.features).all()
    assert (honest.data.train.inputs == other.data.train.inputs).all()
    probe = np.random.default_rng(1).normal(size=(50, honest.data.n_features))
    assert (honest.data.to_inputs(probe) == other.data.to_inputs(probe)).all()
    assert (honest.data.plane.to_plane(probe) == other.data.plane.to_plane(probe)).all()


def test_training_rows_have_an_influence(labeled_mixed):
    # The counterpart of the test above, which would pass if nothing were fitted at all.
    honest = prepare_labeled(csv_spec(), labeled_mixed)
    other = fit(csv_spec(), altered(mixed(), honest.split.train))
    assert not np.array_equal(honest.fitted.centre, other.fitted.centre)


def test_features_are_standardised_on_the_training_rows():
    preparation = fit(csv_spec(), measured())
    train = preparation.data.train.features
    assert np.allclose(train.mean(axis=0), 0)
    assert np.allclose(train.std(axis=0), 1)
    raw = measured().frame[["a", "b"]].astype(float).to_numpy()
    assert np.allclose(preparation.fitted.in_units(train), raw[preparation.split.train])


def test_labels_follow_their_rows():
    # The only feature encodes the class, so a row with the label of another row is detected.
    kinds = np.random.default_rng(5).choice(["p", "q", "r"], 90)
    code = pd.Series(kinds).map({"p": 1.0, "q": 2.5, "r": 7.0}) + np.linspace(0, 0.1, 90)
    preparation = fit(csv_spec(), table(code=code, kind=kinds))
    assert preparation.data.class_names == ("p", "q", "r")
    for part in preparation.data.parts.values():
        codes = preparation.fitted.in_units(part.features)[:, 0]
        assert (np.digitize(codes, [2, 5]) == part.labels).all()


def test_labels_follow_their_rows_when_rows_are_left_out():
    code = np.arange(60) % 3 + np.linspace(0, 0.1, 60)
    kinds = [None if k % 7 == 0 else "pqr"[k % 3] for k in range(60)]
    preparation = fit(csv_spec(), table(code=code, kind=kinds))
    assert "Left out 9 rows without a value in ‘kind’." in preparation.data.notes
    for part in preparation.data.parts.values():
        codes = preparation.fitted.in_units(part.features)[:, 0]
        assert (codes.astype(int) == part.labels).all()


def test_preparation_is_deterministic():
    spec = csv_spec(seed=1, circuit__n_qubits=3)
    first, again = prepare(spec, mixed()), prepare(spec, mixed())
    for part, same in zip(first.parts.values(), again.parts.values(), strict=True):
        assert all((a == b).all() for a, b in zip(part, same, strict=True))
    assert first.notes == again.notes


def test_another_seed_gives_another_split(labeled_mixed, mixed_data):
    other = prepare_labeled(csv_spec(seed=1), labeled_mixed).data
    assert not np.array_equal(mixed_data.test.features, other.test.features)


@every_reduction
def test_prepared_data_can_be_pickled(reduction, labeled_mixed):
    data = prepare_labeled(csv_spec(encoding__reduction=reduction), labeled_mixed).data
    copy = pickle.loads(pickle.dumps(data))
    assert (copy.to_inputs(data.test.features) == data.test.inputs).all()
    assert np.allclose(copy.plane.to_plane(data.test.features), data.plane.to_plane(data.test.features))


def test_a_category_of_held_out_rows_only_counts_as_a_rare_one():
    spec = csv_spec()
    rows = mixed()
    test_rows = fit(spec, rows).split.test[:2]
    rows.frame.loc[test_rows, "colour"] = "ultraviolet"
    data = prepare(spec, rows)
    assert not any("ultraviolet" in name for name in data.feature_names)
    colours = [k for k, name in enumerate(data.feature_names) if name.startswith("colour")]
    assert (data.test.features[:, colours].sum(axis=1) == 0).sum() == 2


def test_rare_categories_are_grouped():
    colours = ["red"] * 50 + ["green"] * 50 + [f"c{k}" for k in range(20)]
    rows = measured(120, colour=np.random.default_rng(0).permutation(colours))
    names = prepare(csv_spec(data__roles={"colour": "category"}), rows).feature_names
    assert {n for n in names if n.startswith("colour")} == {
        f"colour = {c}" for c in ("green", "red", "other")
    }


def test_a_chosen_role_changes_the_features():
    names = prepare(csv_spec(data__roles={"a": "ignore", "b": "numeric"}), measured()).feature_names
    assert names == ("b",)


def test_bands_divide_a_number_into_classes():
    data = prepare(csv_spec(data__target="a", data__bands=2), measured())
    assert data.n_classes == 2
    assert data.class_names[0].startswith("low")
    assert "b" in data.feature_names


def test_a_sample_keeps_the_classes_in_proportion():
    kinds = ["p"] * 300 + ["q"] * 100
    rows = table(x=np.random.default_rng(0).normal(size=400), kind=kinds)
    data = prepare(csv_spec(data__sample_rows=80), rows)
    labels = np.concatenate([part.labels for part in data.parts.values()])
    assert np.bincount(labels).tolist() == [60, 20]
    assert "A random sample of 80 of 400 rows is used." in data.notes


def test_notes_describe_the_preparation(labeled_mixed):
    notes = prepare_labeled(csv_spec(circuit__n_qubits=4), labeled_mixed).data.notes
    for text in (
        "‘kind’ is the column to predict",
        "Left out 1 column because the cells are free text or row names: ‘remark’.",
        "72 rows for training, 24 for validation and 24 for testing",
        "8 columns gave 15 numbers per row",
        "Principal component analysis reduced 15 features to 4 and kept",
    ):
        assert any(text in note for note in notes), (text, notes)


def test_k_best_selects_the_informative_feature(labeled_mixed):
    spec = csv_spec(encoding__reduction="kbest", circuit__n_qubits=2)
    data = prepare_labeled(spec, labeled_mixed).data
    assert "a" in data.input_names
    assert set(data.input_names) < set(data.feature_names)


def test_k_best_selects_a_perfect_feature_without_a_warning():
    kinds = np.tile(["p", "q"], 40)
    perfect = np.where(kinds == "p", 1.5, 3.0)
    noise = np.random.default_rng(0).normal(size=(3, 80))
    rows = table(x=noise[0], y=noise[1], z=noise[2], perfect=perfect, kind=kinds)
    data = prepare(csv_spec(encoding__reduction="kbest", circuit__n_qubits=1, data__target="kind"), rows)
    assert data.input_names == ("perfect",)


# --- plane -----------------------------------------------------------------------------------


def test_two_features_span_the_plane_in_their_units():
    data = prepare(csv_spec(), measured())
    raw = measured().frame[["a", "b"]].astype(float).to_numpy()
    assert data.plane.axes == ("a", "b")
    assert data.plane.exact
    points = np.concatenate([data.plane.to_plane(part.features) for part in data.parts.values()])
    assert np.allclose(np.sort(points, axis=0), np.sort(raw, axis=0))
    assert np.allclose(data.plane.to_features(data.plane.to_plane(data.test.features)), data.test.features)
    margin = 0.08 * (raw.max(axis=0) - raw.min(axis=0))
    assert np.allclose(data.plane.low, raw.min(axis=0) - margin)
    assert np.allclose(data.plane.high, raw.max(axis=0) + margin)


def test_more_features_are_projected_onto_principal_components(mixed_data):
    data = mixed_data
    assert not data.plane.exact
    assert data.plane.axes[0].startswith("component 1 (")
    points = np.array([[0.5, -1.0], [2.0, 0.3]])
    assert data.plane.to_features(points).shape == (2, data.n_features)
    assert np.allclose(data.plane.to_plane(data.plane.to_features(points)), points)


def test_one_feature_has_no_plane():
    assert prepare(csv_spec(data__roles={"b": "ignore"}), measured()).plane is None


# --- bad data ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "what", "place"),
    [
        (table(kind=["p", "q"] * 20), "No column is left", "data.roles"),
        (table(x=["1"] * 40, kind=["p", "q"] * 20), "No column is left", "data.roles"),
        (table(x=[None] * 40, kind=["p", "q"] * 20), "No column is left", "data.roles"),
        (table(x=["inf"] * 40, kind=["p", "q"] * 20), "No column is left", "data.roles"),
        (table(x=[1, 2, 1, 4] * 4, kind=["p", "q"] * 8), "16 rows can be used", "data.target"),
        (table(x=[1, 2, 1, 4] * 10, kind=["p"] * 40), "only one class", "data.target"),
        (table(x=[1, 2, 1, 4] * 10, kind=["p"] * 39 + ["q"]), "fewer than two", "data.target"),
        (table(x=[], kind=[]), "no values", "data.target"),
        (Table(frame=pd.DataFrame(), name="empty"), "no columns", ""),
    ],
)
def test_unusable_tables_are_errors_with_a_remedy(rows, what, place):
    spec = csv_spec(data__target="kind" if len(rows.frame.columns) else None)
    with pytest.raises(DataError, match=what) as caught:
        prepare(spec, rows)
    assert caught.value.remedy
    assert caught.value.place == place


def test_a_column_that_varies_only_in_held_out_rows_is_not_used():
    spec = csv_spec()
    rows = measured(60, odd=["0"] * 60)
    rows.frame.loc[fit(spec, measured()).split.test[0], "odd"] = "5"
    assert prepare(spec, rows).feature_names == ("a", "b")


def test_identical_training_rows_are_an_error():
    spec = csv_spec(data__roles={"a": "ignore", "b": "ignore"})
    rows = measured(60, odd=["0"] * 60)
    rows.frame.loc[fit(csv_spec(), measured()).split.test[0], "odd"] = "5"
    with pytest.raises(DataError, match="No column differs"):
        prepare(spec, rows)


def test_a_class_with_a_single_row_is_left_out():
    rows = measured()
    rows.frame.loc[0, "kind"] = "sideways"
    data = prepare(csv_spec(), rows)
    assert data.class_names == ("down", "up")
    assert any("‘sideways’" in note for note in data.notes)


def test_useless_columns_are_left_out():
    rows = measured(60, same=["x"] * 60, empty=[None] * 60, boundless=["inf", "-inf"] * 30)
    rows.frame["again"] = rows.frame["a"]
    assert prepare(csv_spec(data__target="kind"), rows).feature_names == ("a", "b")


def test_names_may_contain_markup_formulas_and_emoji():
    names = {"a": "<img src=x onerror=alert(1)>", "b": "=HYPERLINK(1)", "kind": "🎯"}
    rows = Table(frame=measured().frame.rename(columns=names), name="odd names")
    data = prepare(csv_spec(), rows)
    assert data.feature_names == ("<img src=x onerror=alert(1)>", "=HYPERLINK(1)")


def test_wide_tables_are_reduced_to_the_circuit():
    numbers = np.random.default_rng(0).normal(size=(limits.MAX_COLUMNS - 1, 40)).round(3)
    rows = table(**{f"c{k}": cells for k, cells in enumerate(numbers)}, kind=["p", "q"] * 20)
    labeled = label_table(csv_spec(), rows)
    data = prepare_labeled(csv_spec(circuit__n_qubits=4), labeled).data
    assert (data.n_features, data.n_inputs) == (limits.MAX_COLUMNS - 1, 4)
    # There are at most as many components as training rows.
    amplitude = csv_spec(encoding__kind="amplitude", circuit__n_qubits=8)
    assert prepare_labeled(amplitude, labeled).data.n_inputs == 24 + 1, "and a constant"


@every_reduction
def test_amplitudes_keep_the_sign_and_the_length_of_a_row(reduction):
    spec = csv_spec(encoding__kind="amplitude", encoding__reduction=reduction, circuit__n_qubits=2)
    data = prepare(spec, measured())
    if reduction == "linear":
        assert data.input_names == data.feature_names, "the biases of the layer are its constants"
        return
    assert data.input_names == (*data.feature_names, CONSTANT)
    assert np.ptp(data.train.inputs[:, -1]) == 0
    typical = data.train.features[np.abs(data.train.features).max(axis=1) < 1]
    state, opposite, half = (
        pad_and_normalise(data.to_inputs(factor * typical), 4) for factor in (1, -1, 0.5)
    )
    for other in (opposite, half):
        # The same state up to a global phase would have an overlap of 1 or -1.
        assert np.abs((state * other).sum(axis=1)).max() < 0.999
    lengths = np.linalg.norm(data.train.inputs[:, :-1], axis=1)
    assert np.isclose(data.train.inputs[0, -1], np.sqrt(np.mean(lengths**2)))


def test_the_row_index_of_a_table_is_ignored():
    rows = measured()
    moved = Table(frame=rows.frame.set_axis([7] * 60, axis="index"), name="moved")
    assert (prepare(csv_spec(), rows).train.features == prepare(csv_spec(), moved).train.features).all()


cell = st.one_of(
    st.none(),
    st.sampled_from(
        ["", "0", "1", "2", "yes", "no", "red", "blue", "inf", "nan", "2020-01-02", "3.5", "1e308"]
    ),
    st.floats(width=64).map(str),
    st.text(max_size=3),
)
column_cells = st.sampled_from(
    [cell, st.sampled_from("ab"), st.integers(-5, 5).map(str), st.floats(-1e6, 1e6).map(str), st.just("7")]
)


@st.composite
def random_tables(draw):
    n_rows = draw(st.integers(0, 5) | st.integers(20, 40))
    # A file with a NUL is refused, and scikit-learn cannot select a column whose name ends with one.
    name = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=4)
    names = draw(st.lists(name, min_size=1, max_size=5, unique=True))
    frame = pd.DataFrame(
        {name: draw(st.lists(draw(column_cells), min_size=n_rows, max_size=n_rows)) for name in names},
        dtype="str",
    )
    # Few random columns make a usable target; this one always does.
    frame["the class"] = draw(st.lists(st.sampled_from("pqr"), min_size=n_rows, max_size=n_rows))
    return Table(frame=frame, name="random", target=draw(st.sampled_from([None, "the class"])))


def prepared_or_refused(spec: ExperimentSpec, rows: Table) -> PreparedData | DataError:
    try:
        return prepare(spec, rows)
    except DataError as error:
        return error


@examples(60)
@given(
    random_tables(),
    st.sampled_from(ENCODINGS.keys()),
    st.sampled_from(REDUCTIONS),
    st.integers(1, 3),
    st.sampled_from([0, 2, 4]),
    st.dictionaries(st.integers(0, 4), st.sampled_from(["numeric", "category", "date"])),
)
def test_any_table_is_prepared_or_refused(rows, encoding, reduction, n_qubits, bands, roles):
    names = list(rows.frame.columns)
    spec = csv_spec(
        encoding__kind=encoding,
        encoding__reduction=reduction,
        circuit__n_qubits=n_qubits,
        data__bands=bands,
        data__roles={names[k]: role for k, role in roles.items() if k < len(names)},
    )
    data = prepared_or_refused(spec, rows)
    if isinstance(data, DataError):
        assert data.what
        assert data.remedy
        return
    for part in data.parts.values():
        assert part.features.shape == (len(part.labels), data.n_features)
        assert part.inputs.shape == (len(part.labels), data.n_inputs)
        assert np.isfinite(part.features).all()
        assert np.isfinite(part.inputs).all()
        assert set(part.labels) == set(range(data.n_classes))
