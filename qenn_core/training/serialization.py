"""Tensors, with what has to be known of them, as bytes that hold no code: a safetensors file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

import safetensors.torch
import torch
from safetensors import SafetensorError

from qenn_core.errors import TrainingError

# To be raised when what is packed changes its meaning: what was packed before is then refused in words.
FORMAT = 1
# One entry, since the library writes several in an order that is never the same.
_LABEL = "qenn"


class Contents(NamedTuple):
    """What is packed: plain values, whose floats come back bit for bit, and contiguous tensors."""

    facts: Mapping[str, Any]
    tensors: Mapping[str, torch.Tensor]


def pack(kind: str, contents: Contents) -> bytes:
    """Return a safetensors file, whose metadata hold the facts.

    Parameters
    ----------
    kind : str
        What it is, as it is called in a sentence: ``"checkpoint"``.
    contents : Contents
        What to pack.
    """
    facts = json.dumps(contents.facts)
    label = {"kind": kind, "format": FORMAT, "facts": facts, "digest": _digest(facts, contents.tensors)}
    return safetensors.torch.save(dict(contents.tensors), {_LABEL: json.dumps(label)})


def unpack(kind: str, content: bytes) -> Contents:
    """Return what `pack` packed as a `kind`.

    Raises
    ------
    TrainingError
        If it is something else, of another version, or damaged.
    """
    try:
        tensors = safetensors.torch.load(content)
        label = _label(content)
        is_of_kind, version = label["kind"] == kind, label["format"]
        is_whole = version != FORMAT or label["digest"] == _digest(label["facts"], tensors)
    except (SafetensorError, ValueError, LookupError, TypeError, AttributeError, RuntimeError) as error:
        raise _unreadable(kind, f"It is damaged, or no {kind}.") from error
    if not (is_of_kind and is_whole):
        raise _unreadable(kind, f"It is damaged, or no {kind}.")
    if version != FORMAT:
        raise _unreadable(kind, "It was written by another version of the app.")
    return Contents(json.loads(label["facts"]), tensors)


def _label(content: bytes) -> dict[str, Any]:
    """Return the metadata, which the library reads from files only, out of a header that it has checked."""
    length = int.from_bytes(content[:8], "little")
    label: dict[str, Any] = json.loads(json.loads(content[8 : 8 + length])["__metadata__"][_LABEL])
    return label


def _unreadable(kind: str, why: str) -> TrainingError:
    return TrainingError(f"This {kind} cannot be read.", why, "Train again.")


def _digest(facts: str, tensors: Mapping[str, torch.Tensor]) -> str:
    digest = sha256(facts.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"\n{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()
