"""How many random examples a test runs."""

from hypothesis import settings


def share_of_examples(share: float) -> settings:
    """Return settings for a share of the examples that the hypothesis profile in use asks for."""
    return settings(max_examples=max(1, round(share * settings().max_examples)))
