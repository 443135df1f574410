"""What the vertical axes of live charts and of figures have in common."""

from __future__ import annotations

# The least that an axis spans, so that a change too small to matter does not look large; accuracy in %.
LEAST_LOSS_SPAN, LEAST_ACCURACY_SPAN = 0.1, 10.0
