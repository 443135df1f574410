"""Figures of data show every row and class in its colour, with escaped names."""

from __future__ import annotations

import pytest

from qenn_core.limits import MAX_CLASSES
from qenn_core.plots.data import class_balance, feature_values, scatter, scatter_matrix
from qenn_core.plots.palette import CLASS_COLOURS, ROLES, SYMBOLS, Theme, class_colour, colour, css_variables

HOSTILE = '<b onclick="alert(1)">a</b> & co'
ESCAPED = '&lt;b onclick="alert(1)"&gt;a&lt;/b&gt; &amp; co'
POINTS = [(0.0, 1.0), (1.0, 0.0), (2.0, 2.0), (3.0, 1.0)]
LABELS = [0, 1, 0, 1]
PARTS = ["train", "train", "validation", "test"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_class_balance_shows_the_rows_of_each_part(theme: Theme) -> None:
    figure = class_balance(["a", "b"], {"training": [30, 10], "validation": [10, 3]}, theme)
    assert [(bar.name, tuple(bar.x), tuple(bar.y)) for bar in figure.data] == [
        ("training", (30, 10), (0, 1)),
        ("validation", (10, 3), (0, 1)),
    ]
    assert figure.layout.yaxis.ticktext == ("a", "b")
    assert figure.data[0].marker.opacity > figure.data[1].marker.opacity
    assert list(figure.data[0].marker.color) == [class_colour(0), class_colour(1)]


def test_scatter_shows_each_row_once_with_held_out_rows_hollow() -> None:
    figure = scatter(POINTS, LABELS, PARTS, ("u", "v"), ("a", "b"), "light")
    drawn = {
        (x, y): trace.marker.symbol for trace in figure.data for x, y in zip(trace.x, trace.y, strict=True)
    }
    assert drawn == {
        (0.0, 1.0): "circle",
        (2.0, 2.0): "circle-open",
        (1.0, 0.0): "square",
        (3.0, 1.0): "square-open",
    }
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("u", "v")


def test_scatter_matrix_shows_all_features_of_all_rows() -> None:
    values = [(row, 10 * row, 100 * row) for row in range(4)]
    figure = scatter_matrix(["u", "v", "w"], values, LABELS, ["a", "b"], "dark")
    assert [dimension.label for dimension in figure.data[0].dimensions] == ["u", "v", "w"]
    assert list(figure.data[0].dimensions[1].values) == [0, 20]
    assert list(figure.data[1].dimensions[2].values) == [100, 300]


def test_long_feature_names_keep_their_ends() -> None:
    names = ["measurement of feature 1", "measurement of feature 2", "w"]
    figure = scatter_matrix(names, [(row, row, row) for row in range(4)], LABELS, ["a", "b"], "light")
    assert [dimension.label for dimension in figure.data[0].dimensions] == [
        "measurement…ture 1",
        "measurement…ture 2",
        "w",
    ]


def test_one_or_two_features_are_shown_class_by_class() -> None:
    for n_features in (1, 2):
        values = [(row, 10 * row)[:n_features] for row in range(4)]
        figure = feature_values(["u", "v"][:n_features], values, LABELS, ["a", "b"], "light")
        drawn = {(box.xaxis, box.y[0]): tuple(box.x) for box in figure.data}
        assert drawn[("x", 0)] == (0, 2)
        assert drawn[(f"x{n_features}" if n_features > 1 else "x", 1)][1] == 3 * 10 ** (n_features - 1)
        assert len(drawn) == 2 * n_features


def test_long_class_names_are_cut_but_not_merged() -> None:
    names = ["a rather long name of a class", "a rather long name of a class too"]
    figure = class_balance(names, {"training": [30, 10]}, "light")
    assert tuple(figure.data[0].x) == (30, 10)
    assert all(len(label) <= 18 and label.endswith("…") for label in figure.layout.yaxis.ticktext)
    assert tuple(figure.data[0].customdata) == tuple(names)


def test_names_are_escaped() -> None:
    figures = (
        class_balance([HOSTILE], {"training": [3]}, "light"),
        scatter(POINTS, [0] * 4, PARTS, (HOSTILE, HOSTILE), (HOSTILE,), "light"),
        scatter_matrix([HOSTILE, "v"], POINTS, [0] * 4, [HOSTILE], "light"),
        feature_values([HOSTILE, "v"], POINTS, [0] * 4, [HOSTILE], "light"),
    )
    for figure in figures:
        texts = _texts(figure.to_plotly_json())
        assert any(ESCAPED in text for text in texts)
        assert not [text for text in texts if "<b" in text]


def _texts(tree: object, name: str = "") -> list[str]:
    if isinstance(tree, dict):
        return [text for key, value in tree.items() for text in _texts(value, key)]
    if isinstance(tree, list | tuple):
        return [text for value in tree for text in _texts(value, name)]
    # `legendgroup` joins the traces of a class; it is not displayed.
    return [tree] if isinstance(tree, str) and name != "legendgroup" else []


def test_every_class_has_its_own_colour_and_symbol() -> None:
    assert len(set(CLASS_COLOURS)) == len(set(SYMBOLS)) == MAX_CLASSES
    assert not {shade for pair in ROLES.values() for shade in pair} & set(CLASS_COLOURS), (
        "a role has the colour of a class"
    )


def test_css_variables_equal_the_palette() -> None:
    css = css_variables()
    for role in ROLES:
        assert f"--qenn-{role}: light-dark({colour(role, 'light')}, {colour(role, 'dark')});" in css
    for number in range(MAX_CLASSES):
        assert f"--qenn-class-{number}: {class_colour(number)};" in css


def luminance(hex_colour: str) -> float:
    """Return the relative luminance of WCAG 2.2, 0 to 1."""
    parts = [int(hex_colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("role", "background"),
    [
        *((role, "background") for role in ("text", "muted", "quantum", "encoding", "classical", "noise")),
        *((role, "surface") for role in ("text", "muted")),
        *(("text", f"{role}-soft") for role in ("quantum", "encoding", "classical")),
        *(("on-colour", role) for role in ("quantum", "encoding", "classical", "noise")),
    ],
)
def test_text_contrast(theme: Theme, role: str, background: str) -> None:
    assert contrast(colour(role, theme), colour(background, theme)) >= 4.5, "WCAG 2.2, 1.4.3"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("role", ["quantum", "encoding", "classical", "noise"])
def test_symbol_contrast(theme: Theme, role: str) -> None:
    assert contrast(colour(role, theme), colour(f"{role}-soft", theme)) >= 3, "WCAG 2.2, 1.4.11"
