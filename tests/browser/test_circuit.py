"""The drawing follows the settings."""

from __future__ import annotations

from browser.studio import Studio
from playwright.sync_api import Locator, expect


def gates(studio: Studio, text: str) -> Locator:
    """Return the gates whose description begins so."""
    return studio.circuit.locator("g > title", has_text=text)


def test_qubits_entanglement_and_noise_change_the_drawing(studio: Studio) -> None:
    studio.open()
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
