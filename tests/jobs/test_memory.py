"""The memory that a run may take."""

from __future__ import annotations

import errno
import os
import sys

import numpy as np
import pytest
import torch

from qenn_core.errors import JobError, QennError
from qenn_core.jobs.memory import memory_limited

MIB = 2**20
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems leave it to the nanny")


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
def test_more_than_the_budget_is_refused_in_words(allocate: object) -> None:
    assert callable(allocate)
    with pytest.raises(QennError, match="memory") as raised, memory_limited(150 * MIB):
        allocate()
    assert raised.value.remedy
    assert np.ones(40 * MIB).size, "it holds for the run only"


def test_what_fits_is_computed() -> None:
    with memory_limited(300 * MIB):
        assert float(torch.ones(10 * MIB).sum()) == 10 * MIB


@pytest.mark.parametrize("error", [RuntimeError("shapes differ"), OSError(errno.ENOENT, "gone")], ids=repr)
def test_other_errors_stay_what_they_are(error: Exception) -> None:
    with pytest.raises(type(error)) as raised, memory_limited(300 * MIB):
        raise error
    assert raised.value is error


def test_no_more_memory_for_a_file_mapping_is_such_a_refusal() -> None:
    with pytest.raises(JobError), memory_limited(300 * MIB):
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
