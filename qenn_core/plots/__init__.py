"""Figures, as pure functions of plain data."""

import lazy_loader

# Names are imported on first use, because plotly is slow to import.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
