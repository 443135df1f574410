"""Figures of several runs show each run in its colour, with gaps for missing values and escaped names."""

from __future__ import annotations

import pytest

from qenn_core.plots.palette import RUN_COLOURS, SYMBOL_CHARACTERS, SYMBOLS, Theme, run_colour
from qenn_core.plots.runs import Axis, Curve, overlaid_curves, parallel_coordinates

HOSTILE = '<b onclick="alert(1)">a</b> & co'
ESCAPED = '&lt;b onclick="alert(1)"&gt;a&lt;/b&gt; &amp; co'
CURVES = [Curve("one", [1, 2, 3], [3, 2, 1], [3, 3, 2]), Curve(HOSTILE, [1], [0.5], [0.7])]
AXES = [
    Axis("Qubits", [2, 6, 4], ["2", "6", "4"]),
    Axis("Encoding", ["Angle", HOSTILE, "Angle"], ["Angle", HOSTILE, "Angle"]),
    Axis("Test accuracy", [None, 90.0, 80.0], ["–", "90.0%", "80.0%"]),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_curves_have_the_colour_of_their_run_and_are_dashed_for_validation(theme: Theme) -> None:
    figure = overlaid_curves(CURVES, "loss", theme, least_span=0.1)
    drawn = [(line.line.color, line.line.dash, tuple(line.x), tuple(line.y)) for line in figure.data]
    assert drawn == [
        (run_colour(0, theme), "solid", (1, 2, 3), (3, 2, 1)),
        (run_colour(0, theme), "dash", (1, 2, 3), (3, 3, 2)),
        (run_colour(1, theme), "solid", (1,), (0.5,)),
        (run_colour(1, theme), "dash", (1,), (0.7,)),
    ]
    assert not figure.layout.showlegend, "a legend would cover the data; the page has its own"


def test_small_change_looks_small() -> None:
    figure = overlaid_curves(
        [Curve("one", [1, 2], [0.693, 0.694], [0.693, 0.694])], "loss", "light", least_span=0.1
    )
    low, high = figure.layout.yaxis.range
    assert high - low >= 0.1
    assert low < 0.693 < 0.694 < high


def test_runs_also_differ_in_their_symbols() -> None:
    figure = overlaid_curves(
        [Curve(str(k), [1], [1], [1]) for k in range(len(RUN_COLOURS))], "loss", "light", least_span=1
    )
    assert len({line.marker.symbol for line in figure.data}) == 2 * len(RUN_COLOURS)
    assert len({line.line.color for line in figure.data}) == len(RUN_COLOURS)
    assert len(SYMBOL_CHARACTERS) == len(SYMBOLS) >= len(RUN_COLOURS)
    assert len(RUN_COLOURS) <= len(SYMBOLS)


def test_runs_cross_each_axis_at_their_values() -> None:
    figure = parallel_coordinates(["a", "b", "c"], AXES, "light")
    assert [tuple(line.y) for line in figure.data] == [(0, 1, None), (1, 0, 1), (0.5, 1, 0)]
    assert [line.text[0] for line in figure.data] == ["Qubits: 2", "Qubits: 6", "Qubits: 4"]
    assert figure.data[1].text[2] == "Test accuracy: 90.0%"
    assert not figure.data[0].connectgaps


def test_axis_labels_its_ends_and_all_strings() -> None:
    texts = [note.text for note in parallel_coordinates(["a", "b", "c"], AXES, "light").layout.annotations]
    assert {"2", "6", "Angle", "80.0%", "90.0%"} <= set(texts)
    assert "4" not in texts
    assert "<b>Test accuracy</b>" in texts


def test_equal_values_are_in_the_middle_of_the_axis() -> None:
    figure = parallel_coordinates(
        ["a", "b"], [Axis("Layers", [3, 3], ["3", "3"]), Axis("Noise", [None, None], ["–", "–"])], "dark"
    )
    assert [tuple(line.y) for line in figure.data] == [(0.5, None)] * 2


def test_names_are_escaped() -> None:
    curves = overlaid_curves(CURVES, "loss", "light", least_span=0.1).to_plotly_json()
    assert curves["data"][2]["name"] == f"{ESCAPED}, training"
    lines = parallel_coordinates(["a", HOSTILE, "c"], AXES, "light").to_plotly_json()
    assert lines["data"][1]["name"] == ESCAPED
    assert lines["data"][1]["text"][1] == f"Encoding: {ESCAPED}"
    assert "<b onclick" not in str([note["text"] for note in lines["layout"]["annotations"]])
