"""Where and when runs are trained.

The modules of this folder run in the server, those of ``worker/`` in the worker processes; ``cluster/``
starts the processes of the scheduler and the workers and talks to them.
"""

import lazy_loader

# Names are imported from their modules on first use: workers and the scheduler need few of them.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
