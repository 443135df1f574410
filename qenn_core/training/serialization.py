"""Tensors and metadata as a safetensors file, which holds no code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

import safetensors.torch
import torch
from safetensors import SafetensorError

from qenn_core.errors import TrainingError

# Increase it when the meaning of packed content changes: older content is then refused with an explanation.
FORMAT = 1
# A single metadata entry, since the library writes several in random order.
_HEADER = "qenn"


class Payload(NamedTuple):
    """What is packed: JSON values, whose floats are restored bit for bit, and contiguous tensors."""

    metadata: Mapping[str, Any]
    tensors: Mapping[str, torch.Tensor]


def pack(kind: str, payload: Payload) -> bytes:
    """Return `payload` as a safetensors file.

    Parameters
    ----------
    kind : str
        What it contains, as a word for error messages: ``"checkpoint"``.
    payload : Payload
        The content.
    """
    metadata = json.dumps(payload.metadata)
    header = {
        "kind": kind,
        "format": FORMAT,
        "facts": metadata,  # the name in stored files
        "digest": _digest(metadata, payload.tensors),
    }
    return safetensors.torch.save(dict(payload.tensors), {_HEADER: json.dumps(header)})


def unpack(kind: str, content: bytes) -> Payload:
    """Return what `pack` packed as the given `kind`.

    Raises
    ------
    TrainingError
        If `content` is damaged, of another kind, or of another format version.
    """
    try:
        tensors = safetensors.torch.load(content)
        header = _read_header(content)
        same_kind, version = header["kind"] == kind, header["format"]
        intact = version != FORMAT or header["digest"] == _digest(header["facts"], tensors)
    except (SafetensorError, ValueError, LookupError, TypeError, AttributeError, RuntimeError) as error:
        raise _unreadable(kind, f"It is damaged, or it is not a {kind}.") from error
    if not (same_kind and intact):
        raise _unreadable(kind, f"It is damaged, or it is not a {kind}.")
    if version != FORMAT:
        raise _unreadable(kind, "It was written by another version of the app.")
    return Payload(json.loads(header["facts"]), tensors)


def _read_header(content: bytes) -> dict[str, Any]:
    """Return the metadata entry of a file that the library has loaded; it reads metadata from paths only."""
    length = int.from_bytes(content[:8], "little")
    header: dict[str, Any] = json.loads(json.loads(content[8 : 8 + length])["__metadata__"][_HEADER])
    return header


def _unreadable(kind: str, why: str) -> TrainingError:
    return TrainingError(f"This {kind} cannot be read.", why, "Train again.")


def _digest(metadata: str, tensors: Mapping[str, torch.Tensor]) -> str:
    digest = sha256(metadata.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"\n{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()
