"""How numbers stand in sentences."""

import math

import pytest

from qenn_core.text import angle


@pytest.mark.parametrize(
    ("radians", "shown"),
    [
        (-math.pi / 2, "−π/2"),
        (math.pi, "π"),
        (3 * math.pi / 4, "3π/4"),
        (-2 * math.pi, "−2π"),
        (0.0, "0"),
        (1.2, "1.2"),
        (-0.12345, "−0.1235"),
    ],
)
def test_angles_are_fractions_of_pi_where_they_are_simple(radians: float, shown: str) -> None:
    assert angle(radians) == shown
