"""Figures of several runs: every run in its colour, broken where it has no value, its name as text."""

from __future__ import annotations

import pytest

from qenn_core.plots.palette import RUN_CHARACTERS, RUN_COLOURS, SYMBOLS, Theme, run_colour
from qenn_core.plots.runs import Axis, Curve, overlaid_curves, parallel_coordinates

HOSTILE = '<b onclick="alert(1)">a</b> & co'
ESCAPED = '&lt;b onclick="alert(1)"&gt;a&lt;/b&gt; &amp; co'
CURVES = [Curve("one", [1, 2, 3], [3, 2, 1], [3, 3, 2]), Curve(HOSTILE, [1], [0.5], [0.7])]
AXES = [
    Axis("Qubits", [2, 6, 4]),
    Axis("Encoding", ["Angle", HOSTILE, "Angle"]),
    Axis("Test accuracy", [None, 90.0, 80.0], " %"),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_curves_of_each_run_have_one_hue_and_are_dashed_where_rows_were_held_out(theme: Theme) -> None:
    figure = overlaid_curves(CURVES, "loss", theme)
    drawn = [(line.line.color, line.line.dash, tuple(line.x), tuple(line.y)) for line in figure.data]
    assert drawn == [
        (run_colour(0, theme), "solid", (1, 2, 3), (3, 2, 1)),
        (run_colour(0, theme), "dash", (1, 2, 3), (3, 3, 2)),
        (run_colour(1, theme), "solid", (1,), (0.5,)),
        (run_colour(1, theme), "dash", (1,), (0.7,)),
    ]
    assert not figure.layout.showlegend, "a legend would lie over the data; the page has one"


def test_runs_are_told_apart_by_signs_as_well() -> None:
    figure = overlaid_curves([Curve(str(k), [1], [1], [1]) for k in range(len(RUN_COLOURS))], "loss", "light")
    assert len({line.marker.symbol for line in figure.data}) == 2 * len(RUN_COLOURS)
    assert len({line.line.color for line in figure.data}) == len(RUN_COLOURS) == len(RUN_CHARACTERS)
    assert len(RUN_COLOURS) <= len(SYMBOLS)


def test_a_run_passes_each_axis_at_its_value() -> None:
    figure = parallel_coordinates(["a", "b", "c"], AXES, "light")
    assert [tuple(line.y) for line in figure.data] == [(0, 1, None), (1, 0, 1), (0.5, 1, 0)]
    assert [line.text[0] for line in figure.data] == ["Qubits: 2", "Qubits: 6", "Qubits: 4"]
    assert figure.data[1].text[2] == "Test accuracy: 90 %"
    assert not figure.data[0].connectgaps


def test_an_axis_tells_its_ends_and_every_word() -> None:
    texts = [note.text for note in parallel_coordinates(["a", "b", "c"], AXES, "light").layout.annotations]
    assert {"2", "6", "Angle", "80 %", "90 %"} <= set(texts)
    assert "4" not in texts
    assert "<b>Test accuracy</b>" in texts


def test_an_axis_on_which_all_are_alike_has_them_in_its_middle() -> None:
    figure = parallel_coordinates(["a", "b"], [Axis("Layers", [3, 3]), Axis("Noise", [None, None])], "dark")
    assert [tuple(line.y) for line in figure.data] == [(0.5, None)] * 2


def test_names_are_shown_as_they_are() -> None:
    curves = overlaid_curves(CURVES, "loss", "light").to_plotly_json()
    assert curves["data"][2]["name"] == f"{ESCAPED}, training"
    lines = parallel_coordinates(["a", HOSTILE, "c"], AXES, "light").to_plotly_json()
    assert lines["data"][1]["name"] == ESCAPED
    assert lines["data"][1]["text"][1] == f"Encoding: {ESCAPED}"
    assert "<b onclick" not in str([note["text"] for note in lines["layout"]["annotations"]])
