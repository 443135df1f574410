"""The memory limit of a run."""

from __future__ import annotations

import errno
import os
import sys

import numpy as np
import pytest
import torch

from qenn_core.errors import JobError, QennError
from qenn_core.jobs.worker.memory_limit import memory_limited

MIB = 2**20
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="on other systems the nanny limits memory")


@on_linux
@pytest.mark.parametrize(
    "allocate",
    [
        lambda: np.ones(40 * MIB),
        lambda: torch.ones(40 * MIB),
        lambda: [torch.ones(MIB) for _ in range(80)],
        lambda: [bytes(MIB) for _ in range(320)],
    ],
    ids=["an array", "a tensor", "many tensors", "many objects"],
)
def test_exceeding_the_budget_raises_a_message(allocate: object) -> None:
    assert callable(allocate)
    with pytest.raises(QennError, match="memory") as raised, memory_limited(150 * MIB):
        allocate()
    assert raised.value.remedy
    assert np.ones(40 * MIB).size, "the limit ends with the block"


def test_work_within_the_budget_is_unaffected() -> None:
    with memory_limited(300 * MIB):
        assert float(torch.ones(10 * MIB).sum()) == 10 * MIB


@pytest.mark.parametrize("error", [RuntimeError("shapes differ"), OSError(errno.ENOENT, "gone")], ids=repr)
def test_other_errors_pass_through(error: Exception) -> None:
    with pytest.raises(type(error)) as raised, memory_limited(300 * MIB):
        raise error
    assert raised.value is error


def test_failed_file_mapping_counts_as_out_of_memory() -> None:
    with pytest.raises(JobError), memory_limited(300 * MIB):
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
