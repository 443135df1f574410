"""The Streamlit theme has the colours of the palette."""

import tomllib
from pathlib import Path

import pytest

from qenn_core.plots.palette import ROLES, colour

CONFIG = Path(__file__).parents[2] / ".streamlit" / "config.toml"
SETTINGS = {
    "primaryColor": "quantum",
    "backgroundColor": "background",
    "secondaryBackgroundColor": "surface",
    "textColor": "text",
    "borderColor": "line",
}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_theme_has_the_colours_of_the_palette(theme):
    configured = tomllib.loads(CONFIG.read_text())["theme"][theme]
    assert configured == {setting: colour(role, theme) for setting, role in SETTINGS.items()}


def test_unknown_role_is_refused():
    with pytest.raises(KeyError):
        colour("colourful", "light")
    assert "colourful" not in ROLES
