"""A link opens the same settings for everybody."""

from __future__ import annotations

from browser.studio import Studio, Visit
from playwright.sync_api import expect

SETTINGS = {
    "data": "iris",
    "q": "5",
    "l": "2",
    "enc": "iqp",
    "ent": "none",
    "noise": "bit_flip",
    "p": "0.01",
    "seed": "7",
    "view": "all",
}


def expect_settings(studio: Studio) -> None:
    """Check that the Train page shows `SETTINGS`."""
    studio.expect_data("Iris flowers")
    for section in ("Encoding", "Circuit", "Noise", "Training"):
        studio.unfold(section)
    expect(studio.menu("Encoding")).to_have_value("IQP feature map")
    expect(studio.menu("Entanglement")).to_have_value("None (no entanglement)")
    expect(studio.slider("Qubits")).to_have_value("5")
    expect(studio.slider("Layers")).to_have_value("2")
    expect(studio.slider("Noise level")).to_have_value("0.01")
    expect(studio.page.get_by_role("spinbutton", name="Training seed")).to_have_value("7")
    expect(studio.circuit.locator("text", has_text="q4")).to_be_visible()


def test_settings_of_one_visitor_open_for_another(visit: Visit) -> None:
    first = visit().open(auto="")
    first.choose_data("Iris flowers")
    with first.redrawn():
        first.page.get_by_text("All settings", exact=True).click()
    for section in ("Encoding", "Circuit", "Noise", "Training"):
        first.unfold(section)
    first.choose("Encoding", "IQP feature map")
    first.slide("Qubits", "ArrowRight")
    first.slide("Layers", "ArrowLeft")
    first.choose("Entanglement", "None (no entanglement)")
    first.choose("Quantum noise", "Bit flip")
    first.slide("Noise level", "ArrowRight", 2)
    seed = first.page.get_by_role("spinbutton", name="Training seed")
    seed.fill("7")
    seed.press("Enter")
    first.expect_link(**SETTINGS)
    second = visit().open(**first.link)
    expect_settings(second)
    second.expect_link(**SETTINGS)


def test_link_names_a_missing_file_and_a_bad_value(studio: Studio) -> None:
    studio.open(data="csv", file="trees.csv", sha="0" * 64, target="Baumart", q="3")
    expect(studio.page.get_by_test_id("stAlert")).to_contain_text("trees.csv")
    expect(studio.button("Upload your CSV")).to_be_visible()
    expect(studio.slider("Qubits")).to_have_value("3")

    studio.open(data="iris", q="99", l="2")
    expect(studio.errors).to_contain_text("Qubits is 99")
    studio.expect_data("Iris flowers")
    studio.expect_link(data="iris", l="2")


def test_file_name_in_a_link_is_text(studio: Studio) -> None:
    name = "a https://example.org/b www.example.org :material/home: :smile:\n===\n# c"
    studio.open("/data", data="csv", file=name, sha="0" * 64)
    alert = studio.page.get_by_test_id("stAlert").filter(has_text="This link uses the file")
    shown = alert.inner_text().replace("\u2060", "")
    assert "a https://example.org/b www.example.org :material/home: :smile: === # c" in shown
    expect(studio.page.locator("a[href*='example.org']")).to_have_count(0)
    expect(alert.locator("h1, h2")).to_have_count(0)
    expect(alert.get_by_role("img", name="home icon")).to_have_count(0)
