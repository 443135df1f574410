"""skops, imported without the estimators of scikit-learn that our models do not contain."""

from __future__ import annotations

from unittest.mock import patch

# On its import, skops 0.16 asks for the names of all estimators, in order to trust them. For this,
# scikit-learn imports all of itself: 1.5 s of the 10 s in which a worker starts. Our models contain a few
# types, which `model_archive` lists. Can go when skops collects the names on first use.
with patch("sklearn.utils.all_estimators", lambda: []):
    import skops.io as skops

__all__ = ["skops"]
