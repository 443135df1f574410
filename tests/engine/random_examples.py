"""The number of random circuits to test: many in the profile ``thorough``, which CI runs, else few."""

from __future__ import annotations

from hypothesis import settings

IS_THOROUGH = settings.get_current_profile_name() == "thorough"


def examples(few: int, thorough: int) -> settings:
    """Return settings for a test of random circuits."""
    return settings(max_examples=thorough if IS_THOROUGH else few)
