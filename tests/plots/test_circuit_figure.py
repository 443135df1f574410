"""The circuit as SVG: well-formed, complete, with escaped names."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from xml.etree import ElementTree

import pytest

from qenn_core.analysis.drawing import draw_circuit
from qenn_core.experiment import ExperimentSpec, choices
from qenn_core.model.drawing import Drawing, DrawnGate, DrawnSection
from qenn_core.plots.circuit import circuit_svg
from qenn_core.plots.palette import ROLES
from qenn_core.registry import ANSATZE, ENCODINGS, NOISE_CHANNELS

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '"><script>alert(1)</script>&<img src=x onerror=alert(1)>'


def drawing(n_inputs: int = 2, **changes: object) -> Drawing:
    return draw_circuit(ExperimentSpec().with_(**{"circuit.n_layers": 2} | changes), n_inputs)


def texts(svg: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in svg.iter(f"{SVG}text")]


def combinations() -> Iterator[tuple[str, str, str | None]]:
    """Yield every encoding with every ansatz, with noise channels so that each meets every ansatz."""
    channels = (None, *NOISE_CHANNELS.keys())
    for row, encoding in enumerate(ENCODINGS.keys()):
        for column, ansatz in enumerate(ANSATZE.keys()):
            yield encoding, ansatz, channels[(row + column) % len(channels)]


def test_combinations_cover_pairs() -> None:
    pairs = {(ansatz, channel) for _, ansatz, channel in combinations()}
    assert pairs == set(product(ANSATZE.keys(), (None, *NOISE_CHANNELS.keys())))


@pytest.mark.parametrize(("encoding", "ansatz", "channel"), list(combinations()))
def test_every_gate_is_drawn_within_the_figure(encoding: str, ansatz: str, channel: str | None) -> None:
    changes: dict[str, object] = {"encoding.kind": encoding, "circuit.ansatz": ansatz}
    if channel:
        changes |= {"noise.channel": channel, "noise.level": 0.02}
    circuit = drawing(**changes)
    svg = ElementTree.fromstring(circuit_svg(circuit))
    assert svg.tag == f"{SVG}svg"
    assert [title.text for title in svg.iter(f"{SVG}title")] == [gate.text for gate in circuit.gates]
    assert set(texts(svg)) >= {f"q{wire}" for wire in range(circuit.n_wires)}
    _, _, width, height = (float(number) for number in svg.attrib["viewBox"].split())
    for element in svg.iter():
        for name, most in (("x", width), ("x1", width), ("cx", width), ("y", height), ("cy", height)):
            assert 0 <= float(element.attrib.get(name, 0)) <= most
        if element.tag == f"{SVG}rect":
            assert float(element.attrib["x"]) + float(element.attrib["width"]) <= width


@pytest.mark.parametrize(
    "changes", [{}, {"noise.level": 0.02}, {"noise.level": 0.02, "noise.placement": "layer"}]
)
def test_sections_have_the_colours_of_their_roles(changes: dict[str, object]) -> None:
    svg = circuit_svg(drawing(**changes))
    used = {part.split(")")[0] for part in svg.split("var(--qenn-")[1:]}
    assert {"encoding", "quantum", "classical", "quantum-soft"} <= used <= set(ROLES)
    assert ("noise" in used) == bool(changes)


@pytest.mark.parametrize("n_qubits", [1, 2, 10])
def test_height_is_limited(n_qubits: int) -> None:
    svg = ElementTree.fromstring(circuit_svg(drawing(1, **{"circuit.n_qubits": n_qubits})))
    height = float(svg.attrib["viewBox"].split()[3])
    assert height < 340, "half a laptop's screen"
    assert texts(svg).count("⟨Z⟩") == n_qubits


@pytest.mark.parametrize("entanglement", choices("circuit.entanglement"))
def test_entanglement_adds_cnot_gates(entanglement: str) -> None:
    svg = circuit_svg(drawing(**{"circuit.entanglement": entanglement}))
    assert ("CNOT" in svg) == (entanglement != "none")


def test_figure_has_a_text_alternative() -> None:
    svg = ElementTree.fromstring(circuit_svg(drawing()))
    assert svg.attrib["role"] == "img"
    assert svg.attrib["aria-label"].startswith("Circuit of 4 qubits")
    for caption in ("Encoding", "Layer 1", "Layer 2", "Measurement"):
        assert caption in svg.attrib["aria-label"]


def test_names_are_escaped() -> None:
    gate = DrawnGate(
        name=HOSTILE,
        symbol="box",
        wires=(0,),
        controls=(),
        column=0,
        section="layer",
        layer=0,
        text=HOSTILE,
    )
    section = DrawnSection(kind="layer", layer=0, caption=HOSTILE, first_column=0, last_column=0)
    svg = ElementTree.fromstring(
        circuit_svg(Drawing(n_wires=1, n_columns=1, gates=(gate,), sections=(section,)))
    )
    assert {element.tag.removeprefix(SVG) for element in svg.iter()} <= {
        *("svg", "g", "rect", "line", "circle", "text", "title")
    }
    assert HOSTILE in texts(svg)
    assert HOSTILE in svg.attrib["aria-label"]
