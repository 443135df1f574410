"""A training that can be interrupted and resumed from a checkpoint, also in another process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256

from qenn_core.data import CONSTANT, PreparedData
from qenn_core.errors import TrainingError
from qenn_core.experiment import ExperimentSpec
from qenn_core.model import HybridModel, build_model
from qenn_core.training.records import Epoch, Record
from qenn_core.training.serialization import Payload, pack, unpack
from qenn_core.training.trainer import Replicate, ShouldStop, Trainer
from qenn_core.training.weights import pack_weights

# Names in stored checkpoints.
_CHECKPOINT, _FINGERPRINT = "checkpoint", "belongs_to"


class Training(Iterator[Record]):
    """A training of one model, as an iterator: one `Started`, an `Epoch` per epoch, one `Finished`.

    The caller drives the loop: each call of ``next`` trains for one epoch; to pause or abandon the training,
    do not call it. The same spec and data give the same records bit for bit, except for durations, even if
    the training is interrupted and resumed from checkpoints, in other processes, any number of times.

    The losses and accuracies of an epoch are measured after its last step, on the whole training and
    validation parts, with the same weights. So the two curves are comparable; averages over weights that
    change during the epoch would not be.

    Parameters
    ----------
    spec : ExperimentSpec
        What to train, and how.
    data : PreparedData
        The training part is used for steps, the validation part to choose the best weights and to stop early;
        the test part is only scored, after the last step.
    model : HybridModel, optional
        The model, freshly built from `spec`, for a caller that inspects it between records. With the record
        of an epoch it has that epoch's weights, with the last record the best weights.
    should_stop : callable, optional
        Called before each step, and before each batch of rows that is evaluated. If it returns a reason, the
        training stops and its scores are computed. It is also called while they are computed, but its result
        is then ignored; only an exception that it raises ends the computation.
    checkpoint : bytes, optional
        The result of `checkpoint` of a training with the same spec and data, to resume from. The first record
        is followed by the remaining epochs.

    Raises
    ------
    TrainingError
        If the model does not fit, or the checkpoint is damaged or belongs to another training; while
        iterating, if the output of the untrained model is not finite.
    """

    def __init__(
        self,
        spec: ExperimentSpec,
        data: PreparedData,
        model: HybridModel | None = None,
        should_stop: ShouldStop = lambda: None,
        checkpoint: bytes | None = None,
    ) -> None:
        self.model = build_model(spec, data.n_inputs, data.n_classes) if model is None else model
        self._training_digest = _training_digest(spec, data)
        self._trainer = Trainer(spec.training, [Replicate(spec.seed, data)], self.model, should_stop)
        if checkpoint is not None:
            self._trainer.load_state_dict(self._unpack(checkpoint))
        self._last_state = self._trainer.state_dict()
        self._records = self._trainer.run()

    def __next__(self) -> Record:
        [record] = next(self._records)
        assert record is not None, "a single replicate yields a record in every round"
        if isinstance(record, Epoch):
            self._last_state = self._trainer.state_dict()
        return record

    def checkpoint(self) -> bytes:
        """Return the state after the last completed epoch, as a safetensors file to resume from.

        Call it between two records or after the last one. A training that was stopped in the middle of an
        epoch resumes at the beginning of that epoch.
        """
        metadata, tensors = self._last_state
        return pack(_CHECKPOINT, Payload({**metadata, _FINGERPRINT: self._training_digest}, tensors))

    def weights(self) -> bytes:
        """Return the best weights so far, those with the lowest validation loss, for `load_weights`."""
        return pack_weights(self._trainer.best_weights())

    def _unpack(self, checkpoint: bytes) -> Payload:
        payload = unpack(_CHECKPOINT, checkpoint)
        if payload.metadata[_FINGERPRINT] != self._training_digest:
            raise TrainingError(
                "This checkpoint belongs to another training.",
                "It was made with different settings or different data.",
                "Train again.",
            )
        return payload


def _training_digest(spec: ExperimentSpec, data: PreparedData) -> str:
    """Return a digest that differs between trainings that cannot resume from each other's checkpoints."""
    content = [spec.to_query(), data.part_sizes, data.n_inputs, data.n_classes]
    if data.test_groups is not None:  # earlier versions split groups of rows differently
        content.append("groups")
    if spec.encoding.appends_constant:
        # Earlier versions prepared the same number of inputs without a constant.
        content.append(CONSTANT)
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
