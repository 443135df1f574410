"""Descriptions of data, circuits and trained models, predictions, and trained models as files."""

import lazy_loader

# Names are imported on first use: some modules are slow to import or need torch.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
