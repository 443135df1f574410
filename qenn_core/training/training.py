"""A training that can be broken off, and gone on with elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256

from qenn_core.data import PreparedData
from qenn_core.errors import TrainingError
from qenn_core.experiment import ExperimentSpec
from qenn_core.model import HybridModel, build_model
from qenn_core.training.records import Epoch, Record
from qenn_core.training.serialization import Contents, pack, unpack
from qenn_core.training.trainer import Replicate, Stop, Trainer
from qenn_core.training.weights import pack_weights

_CHECKPOINT, _BELONGS_TO = "checkpoint", "belongs_to"


class Training(Iterator[Record]):
    """A training, whose records come by iterating: one `Started`, an `Epoch` for each, one `Finished`.

    The caller owns the loop: to pause is not to ask for the next record, to step is to ask for one, and to
    abandon it is to ask no more. The same spec and data give the same records bit for bit, but for the
    seconds; also if it is broken off and gone on with from a checkpoint, in another process, as often as one
    likes.

    Losses and accuracies of an epoch are measured after its last step, on the whole training and
    validation part, with the same weights: so that the two curves can be laid over each other, as they
    could not with an average over weights that move through the epoch.

    Parameters
    ----------
    spec : ExperimentSpec
        What to train, and how.
    data : PreparedData
        Steps see its training part; the validation part chooses the weights that are kept and decides
        about stopping early; the test part is only scored, after the last step.
    model : HybridModel, optional
        The model, freshly built from `spec`, for a caller who wants to look into it between two records.
        With the record of an epoch it holds that epoch's weights, with the last record the weights kept.
    stop : callable, optional
        Asked before each step, and before each portion of rows that is evaluated after the steps; once it
        gives a reason the training ends, and tells its scores. It is called while these are worked out, too,
        where only an exception that it raises makes a difference.
    checkpoint : bytes, optional
        Where to go on from: what `checkpoint` returned in a training of the same spec and data. After the
        first record come the epochs that were left to do.

    Raises
    ------
    TrainingError
        If the model does not fit, or the checkpoint is damaged or belongs to another training; while
        iterating, if not even the untrained model gives numbers.
    """

    def __init__(
        self,
        spec: ExperimentSpec,
        data: PreparedData,
        model: HybridModel | None = None,
        stop: Stop = lambda: None,
        checkpoint: bytes | None = None,
    ) -> None:
        self.model = build_model(spec, data.n_inputs, data.n_classes) if model is None else model
        self._belongs_to = _fingerprint(spec, data)
        self._cohort = Trainer(spec.training, [Replicate(spec.seed, data)], self.model)
        if checkpoint is not None:
            self._cohort.resume(self._unpacked(checkpoint))
        self._reached = self._cohort.state()
        self._rounds = self._cohort.rounds(stop)

    def __next__(self) -> Record:
        [record] = next(self._rounds)
        assert record is not None, "a model that trains alone tells something in each round"
        if isinstance(record, Epoch):
            self._reached = self._cohort.state()
        return record

    def checkpoint(self) -> bytes:
        """Return all that the epochs after the last complete one need, as a safetensors file.

        To be asked for between two records, or after the end: there, too, it is of the last complete epoch,
        so that a training that was stopped can go on.
        """
        facts, tensors = self._reached
        return pack(_CHECKPOINT, Contents({**facts, _BELONGS_TO: self._belongs_to}, tensors))

    def weights(self) -> bytes:
        """Return the weights kept, those with the lowest validation loss so far, for `load_weights`."""
        return pack_weights(self._cohort.kept())

    def _unpacked(self, checkpoint: bytes) -> Contents:
        contents = unpack(_CHECKPOINT, checkpoint)
        if contents.facts[_BELONGS_TO] != self._belongs_to:
            raise TrainingError(
                "This checkpoint belongs to another training.",
                "It was made with other settings, or from other data.",
                "Train again.",
            )
        return contents


def _fingerprint(spec: ExperimentSpec, data: PreparedData) -> str:
    """Return what tells apart trainings that cannot go on from each other's checkpoints."""
    rows = {name: len(part.labels) for name, part in data.parts.items()}
    of = [spec.to_query(), rows, data.n_inputs, data.n_classes]
    return sha256(json.dumps(of, sort_keys=True).encode()).hexdigest()
