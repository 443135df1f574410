"""The number of random examples of a test: more in the hypothesis profile ``thorough``, which CI runs."""

from __future__ import annotations

from hypothesis import settings

IS_THOROUGH = settings.get_current_profile_name() == "thorough"


def examples(default: int, thorough: int | None = None) -> settings:
    """Return settings for a number of examples, and perhaps another one in the profile ``thorough``."""
    return settings(max_examples=thorough if IS_THOROUGH and thorough else default)
