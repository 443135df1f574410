"""The hybrid model of a spec: its circuit, its shape, its cost and its torch module."""

import lazy_loader

# Names are imported from their modules on first use, because some modules are slow to import.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
