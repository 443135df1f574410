"""Libraries of compiled functions, in the user's cache folder.

numba takes a minute or two to compile native execution, and a fraction of a second to load it. So it is
compiled by a process of its own, in a folder that is taken over when it is complete. Until then, and wherever
that fails, everything runs without numba.
"""

from __future__ import annotations

import hashlib
import logging
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import platformdirs

logger = logging.getLogger(__name__)

Function = TypeVar("Function", bound=Callable[..., Any])

# Sums may be reordered, so that they are vectorised. Infinity and NaN stay what they are.
_OPTIONS = {"fastmath": {"reassoc", "contract", "arcp", "nsz"}, "error_model": "numpy"}
# The environment variable that allows native execution.
SWITCH = "QENN_NATIVE"
# In the process that compiles a library, names the folder to compile into.
_FOLDER = "QENN_NATIVE_{}"


class NotCompiledError(Exception):
    """A function would have to be compiled, which is not done while somebody waits for it."""


def jit(function: Function) -> Function:
    """Compile a function that only other compiled functions call."""
    import numba

    compiled: Function = numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **_OPTIONS)(function)
    return compiled


class Library:
    """Functions that Python calls, compiled for a few types of arrays.

    Parameters
    ----------
    name : str
        The name of its folder.
    module : str
        The module that contains the functions as a tuple ``ENTRIES``, and a function ``call_entries`` that
        calls each with all types of arguments that are ever used. Importing it requires numba.
    sources : iterable of Path
        The files that the functions are compiled from.
    """

    def __init__(self, name: str, module: str, sources: Iterable[Path]) -> None:
        self.name = name
        self._module = module
        self._sources = tuple(sources)

    @cached_property
    def folder(self) -> Path:
        """The folder for these sources, this processor and the installed version of numba."""
        import llvmlite
        import numba
        from llvmlite import binding

        processor = (
            platform.machine(),
            binding.get_host_cpu_name(),
            binding.get_host_cpu_features().flatten(),
        )
        key = hashlib.sha256(repr((numba.__version__, llvmlite.__version__, sys.version, processor)).encode())
        for source in self._sources:
            # numba finds its files by the path of a source.
            key.update(str(source).encode() + source.read_bytes())
        cache = platformdirs.user_cache_path("qenn-studio", appauthor=False)
        return cache / "native" / f"{self.name}-{key.hexdigest()[:16]}"

    def entry(self, function: Function) -> Function:
        """Compile a function of the library at its first call, or load what was compiled."""
        import numba

        own = os.environ.get(_FOLDER.format(self.name.upper()))
        folder = own or (str(self.folder) if self.is_prepared else None)
        before = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = folder or before
        try:
            compiled: Function = numba.njit(cache=folder is not None, **_OPTIONS)(function)
        finally:
            numba.config.CACHE_DIR = before
        return compiled

    @property
    def is_prepared(self) -> bool:
        """Whether the library has been compiled on this machine."""
        return find_spec("numba") is not None and self.folder.is_dir()

    @cached_property
    def _is_loaded(self) -> bool:
        try:
            with _no_compilation():
                module = __import__(self._module, fromlist=["ENTRIES"])
                module.call_entries()
            for function in module.ENTRIES:
                function.disable_compile()
        except Exception as error:
            # Damaged files, or those of another system: what prepares the library next compiles it again.
            logger.warning("Native execution is not available: %s: %s", type(error).__name__, error)
            shutil.rmtree(self.folder, ignore_errors=True)
            return False
        return True

    @property
    def is_wanted(self) -> bool:
        """Whether this process may use the library, which the environment variable QENN_NATIVE=1 allows."""
        return os.environ.get(SWITCH) == "1"

    def load(self) -> bool:
        """Load the functions, unless it has been done; return whether they can and may be called.

        From then on, none is compiled for other types of arrays.
        """
        return self.is_wanted and self.is_prepared and self._is_loaded

    def prepare(self) -> bool:
        """Compile the functions, unless it has been done; return whether they are compiled now.

        This takes a minute or two. Several processes may do it at once: each compiles into a folder of its
        own, and the first to finish renames it.
        """
        if find_spec("numba") is None:
            logger.info("numba is not installed, so circuits are executed without native code.")
            return False
        if self.is_prepared:
            return True
        own = self.folder.with_name(f"{self.folder.name}.{os.getpid()}")
        command = [sys.executable, "-c", f"import {self._module} as module; module.call_entries()"]
        environment = {**os.environ, _FOLDER.format(self.name.upper()): str(own)}
        try:
            own.mkdir(parents=True, mode=0o700)
            subprocess.run(command, env=environment, check=True, stdin=subprocess.DEVNULL)
            own.rename(self.folder)
        except (OSError, subprocess.CalledProcessError) as error:
            if not self.is_prepared:
                logger.warning("Native code could not be compiled into %s: %s", self.folder, error)
        finally:
            shutil.rmtree(own, ignore_errors=True)
        return self.is_prepared


@contextmanager
def _no_compilation() -> Any:
    """Raise `NotCompiledError` where numba would compile a function."""
    from numba.core import event

    class Refuse(event.Listener):  # type: ignore[misc]
        def on_start(self, event: Any) -> None:
            raise NotCompiledError(f"{event.data['dispatcher'].__name__} is not compiled")

        def on_end(self, event: Any) -> None:
            pass

    with event.install_listener("numba:compile", Refuse()):
        yield


_SOURCES = [Path(__file__).with_name(name) for name in ("arrays.py", "circuit_loops.py", "network_loops.py")]
NATIVE = Library("engine", f"{__package__}.entries", _SOURCES)
