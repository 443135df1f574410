"""The circuit diagram follows the settings."""

from __future__ import annotations

from browser.studio import Studio
from playwright.sync_api import Locator, expect


def gates(studio: Studio, description: str) -> Locator:
    """Return the gates whose description contains a text."""
    return studio.circuit.locator("g > title", has_text=description)


def test_settings_change_the_drawing(studio: Studio) -> None:
    studio.open(view="all")
    for section in ("Encoding", "Circuit", "Noise"):
        studio.unfold(section)
    wires = studio.circuit.locator("text", has_text="q")
    expect(wires).to_have_count(4)
    expect(gates(studio, "Rot(")).to_have_count(4 * 3)
    expect(gates(studio, "CNOT")).to_have_count(4 * 3)
    expect(gates(studio, "Depolarizing")).to_have_count(0)

    studio.slide("Qubits", "ArrowRight")
    expect(wires).to_have_count(5)
    expect(gates(studio, "Rot(")).to_have_count(5 * 3)
    studio.slide("Layers", "ArrowLeft")
    expect(gates(studio, "Rot(")).to_have_count(5 * 2)
    studio.choose("Entanglement", "None (no entanglement)")
    expect(gates(studio, "CNOT")).to_have_count(0)
    studio.slide("Noise level", "ArrowRight")
    expect(gates(studio, "Depolarizing")).not_to_have_count(0)
    studio.choose("Encoding", "Amplitude")
    expect(studio.circuit.get_by_text("|ψ⟩", exact=True)).to_be_visible()

    # No wait between the key presses: none of them may be lost.
    for _ in range(11):
        studio.slider("Noise level").press("ArrowRight")
    studio.expect_in_link(p="0.06")
    expect(studio.slider("Noise level")).to_have_value("0.06")
