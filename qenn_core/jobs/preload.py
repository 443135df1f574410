"""Preload module of workers: ``dask worker --preload qenn_core.jobs.preload``; see docs/deployment.md."""

from qenn_core.jobs.worker.startup import dask_setup

__all__ = ["dask_setup"]
