"""Data re-uploading (Pérez-Salinas et al. 2020, arXiv:1907.02085): angle Y before every layer."""

from __future__ import annotations

from qenn_core.encodings import angle_y
from qenn_core.encodings._angles import QUARTER_TURNS, one_per_qubit
from qenn_core.registry import ENCODINGS, Encoding

ENCODINGS.add(
    Encoding(
        key="reuploading",
        label="Data re-uploading",
        help="Angle Y, repeated before every layer: more layers can draw finer boundaries.",
        order=60,
        apply=angle_y.apply,
        capacity=one_per_qubit,
        # The same range as Angle Y, so that the two encodings differ only in the repetition.
        input_range=QUARTER_TURNS,
        n_angles=one_per_qubit,
        repeated=True,
    )
)
