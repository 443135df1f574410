"""What every page wears: the mark, and the style with the palette's colours."""

from pathlib import Path

from qenn_core.plots import css_variables

_ASSETS = Path(__file__).parent / "assets"
MARK = str(_ASSETS / "mark.svg")
LOGO = str(_ASSETS / "logo.svg")
STYLE = f"<style>{css_variables()}\n{(_ASSETS / 'style.css').read_text(encoding='utf-8')}</style>"
