"""Logo, icon and style sheet of every page."""

from pages._server.assets import ASSETS
from qenn_core.plots import css_variables

ICON = str(ASSETS / "mark.svg")
LOGO = str(ASSETS / "logo.svg")
STYLE = f"<style>{css_variables()}\n{(ASSETS / 'style.css').read_text(encoding='utf-8')}</style>"
