"""Without a signal, the verdict claims no lead; `benchmarks/no_signal.py` tries more data."""

import numpy as np
import pytest

from benchmarks.no_signal import KINDS, Tally, count_claims, report
from qenn_core.data import preparation


def test_no_lead_is_claimed_without_a_signal():
    tallies = [count_claims(kind, 2) for kind in KINDS]
    assert sum(tally.data_sets for tally in tallies) == 10
    assert sum(tally.quantum + tally.classical for tally in tallies) == 0


def test_leads_are_claimed_if_parts_share_rows(monkeypatch: pytest.MonkeyPatch):
    # The counterpart of the test above, which would pass if no lead were ever claimed.
    for name in ("number_rows", "number_features"):
        monkeypatch.setattr(preparation, name, lambda rows: np.arange(len(rows)))
    assert count_claims("repeated rows", 4).quantum > 0


def test_report_adds_up_the_kinds():
    text = report({"plain": Tally(40, 1, 2), "repeated rows": Tally(40, 0, 1)})
    assert "| plain | 40 | 1 | 2 | 7.5% |" in text
    assert "| **all** | 80 | 1 | 3 | 5.0% |" in text
