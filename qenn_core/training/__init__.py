"""Training as an iterator of records, of one model or of several in one set of tensors."""

import lazy_loader

# Names are imported from their modules on first use, because some modules are slow to import.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
