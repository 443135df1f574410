"""What a run has reported, apart from its epochs: the part of it that is stored as a whole."""

from __future__ import annotations

import json

from pydantic import BaseModel, ConfigDict
from pydantic_core import to_json

from qenn_core.analysis import DecisionMap, MapFrame, MapPoint
from qenn_core.comparison import Comparison, ModelResult
from qenn_core.training import Finished, Started


class RunReport(BaseModel):
    """What a run has reported so far.

    Parameters
    ----------
    class_names : tuple of str
        Names of the classes, by class number.
    notes : tuple of str
        What was done to the data, in plain sentences.
    baselines : tuple of ModelResult
        The classical models on the same split.
    started : Started or None
        The first record of the training.
    map_version : int
        Number of the latest decision map; 0 before the first.
    decision_map, map_points
        The latest decision map, and the rows of the data on it.
    map_frames : tuple of MapFrame
        Decision maps of some epochs, in order.
    finished : Finished or None
        The last record of the training.
    comparison : Comparison or None
        The QENN next to the baselines.
    """

    # Reports of earlier versions hold more fields.
    model_config = ConfigDict(frozen=True, extra="ignore")

    class_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    baselines: tuple[ModelResult, ...] = ()
    started: Started | None = None
    map_version: int = 0
    decision_map: DecisionMap | None = None
    map_points: tuple[MapPoint, ...] | None = None
    map_frames: tuple[MapFrame, ...] = ()
    finished: Finished | None = None
    comparison: Comparison | None = None

    @property
    def reference_accuracy(self) -> float | None:
        """Validation accuracy of the first baseline on the circuit's inputs, 0 to 1."""
        return self.baselines[0].validation.accuracy if self.baselines else None

    def without_outcome(self) -> RunReport:
        """Return the report of a run that trains on."""
        return self.model_copy(update={"finished": None, "comparison": None})

    def without_map(self) -> RunReport:
        """Return the report for a reader that has the latest map already."""
        return self.model_copy(update={"decision_map": None, "map_points": None})

    def with_frames_up_to(self, epoch: int) -> RunReport:
        """Return the report of a run that trains on after `epoch`."""
        return self.model_copy(update={"map_frames": tuple(f for f in self.map_frames if f.epoch <= epoch)})

    def with_frames_after(self, epoch: int) -> RunReport:
        """Return the report for a reader that has the frames up to `epoch` already."""
        return self.model_copy(update={"map_frames": tuple(f for f in self.map_frames if f.epoch > epoch)})

    def to_bytes(self) -> bytes:
        """Write the report as JSON, in which NaN and infinity stay what they are."""
        return to_json(self.model_dump(), inf_nan_mode="constants")

    @classmethod
    def from_bytes(cls, content: bytes) -> RunReport:
        """Read what `to_bytes` wrote, in this version or an earlier one."""
        return cls.model_validate(json.loads(content))
