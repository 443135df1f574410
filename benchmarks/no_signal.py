"""Count how often the verdict claims a lead on data from which nothing can be learnt, and write the table.

Run it in the parent folder; it takes some minutes: ``python -m benchmarks.no_signal``.
"""

from __future__ import annotations

import argparse
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.automatic import automatic_settings
from benchmarks.document import DOCUMENT, table, write
from qenn_core.comparison import Comparison, compare_models, fit_baselines, quantum_result
from qenn_core.data import PreparedData, Table, prepare
from qenn_core.experiment import ExperimentSpec
from qenn_core.training import Finished, Record, Replicate, Started, train_replicates

SECTION = "no signal"
N_PER_KIND = 40
N_FEATURES = 6
TARGET, GROUP = "coin", "patient"
SETTINGS = ("fixed", "automatic")

logger = logging.getLogger(__name__)


def plain(rng: np.random.Generator) -> pd.DataFrame:
    """Two hundred rows of noise, with as many heads as tails."""
    return _frame(rng.normal(size=(200, N_FEATURES)), _coins(rng, 200, 100))


def imbalanced(rng: np.random.Generator) -> pd.DataFrame:
    """Two hundred rows of noise, of which 15% are heads."""
    return _frame(rng.normal(size=(200, N_FEATURES)), _coins(rng, 200, 30))


def sixty_rows(rng: np.random.Generator) -> pd.DataFrame:
    """Sixty rows of noise."""
    return _frame(rng.normal(size=(60, N_FEATURES)), _coins(rng, 60, 30))


def repeated_rows(rng: np.random.Generator) -> pd.DataFrame:
    """Twenty-four rows of noise, each ten times."""
    once = _frame(rng.normal(size=(24, N_FEATURES)), _coins(rng, 24, 12))
    return once.loc[once.index.repeat(10)].reset_index(drop=True)


def near_copies(rng: np.random.Generator) -> pd.DataFrame:
    """Twenty-four patients with ten nearly equal rows each, and a column that names the patient."""
    patients = np.repeat(np.arange(24), 10)
    centres, coins = rng.normal(size=(24, N_FEATURES)), _coins(rng, 24, 12)
    features = centres[patients] + rng.normal(0, 0.05, (240, N_FEATURES))
    return _frame(features, coins[patients]).assign(**{GROUP: patients.astype(str)})


KINDS: dict[str, Callable[[np.random.Generator], pd.DataFrame]] = {
    "plain": plain,
    "imbalanced": imbalanced,
    "sixty rows": sixty_rows,
    "repeated rows": repeated_rows,
    "near-copies": near_copies,
}


class Tally(NamedTuple):
    """Numbers of data sets, and of those with a verdict that claims a lead of one of the models."""

    data_sets: int
    quantum: int
    classical: int

    @property
    def share(self) -> float:
        """The share of data sets with a claim, 0 to 1."""
        return (self.quantum + self.classical) / self.data_sets


def count_claims(kind: str, n_data_sets: int, *, automatic: bool = False) -> Tally:
    """Make data sets of one kind, train on each, and count the claims.

    Parameters
    ----------
    kind : str
        A key of `KINDS`.
    n_data_sets : int
        How many data sets.
    automatic : bool
        Whether the settings are those of a new session, or else those of a link that names none.
    """
    comparisons = list(_comparisons(KINDS[kind], range(n_data_sets), automatic))
    ahead = [{verdict.ahead for verdict in comparison.verdicts} for comparison in comparisons]
    return Tally(
        len(comparisons),
        sum("quantum" in leaders for leaders in ahead),
        sum("classical" in leaders for leaders in ahead),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with command-line options, print the table, and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data-sets", type=int, default=N_PER_KIND, help="data sets of each kind")
    parser.add_argument(
        "--output", type=Path, help=f"write the table into this file, such as {DOCUMENT.name}"
    )
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    options = parser.parse_args(arguments)
    sections = []
    for settings in options.settings:
        tallies = {}
        for kind in KINDS:
            tallies[kind] = count_claims(kind, options.data_sets, automatic=settings == "automatic")
            logger.info("%s settings, %s: %s", settings, kind, tallies[kind])
        sections.append(f"With {settings} settings:\n\n{report(tallies)}")
    text = "\n\n".join(sections)
    print(text)
    if options.output is not None:
        write(options.output, text, SECTION)


def report(tallies: Mapping[str, Tally]) -> str:
    """Return the table of claims, in Markdown."""
    total = Tally(*map(sum, zip(*tallies.values(), strict=True)))
    lines = [
        [kind, f"{tally.data_sets}", f"{tally.quantum}", f"{tally.classical}", f"{tally.share:.1%}"]
        for kind, tally in (*tallies.items(), ("**all**", total))
    ]
    head = ("data", "data sets", "“QENN ahead”", "“classical ahead”", "share")
    return table(head, lines)


def _frame(features: np.ndarray, coins: np.ndarray) -> pd.DataFrame:
    columns = {f"noise {k}": column for k, column in enumerate(features.T, 1)}
    return pd.DataFrame({**columns, TARGET: np.where(coins, "heads", "tails")})


def _coins(rng: np.random.Generator, n: int, n_heads: int) -> np.ndarray:
    return rng.permutation(np.arange(n) < n_heads)


def _comparisons(
    make: Callable[[np.random.Generator], pd.DataFrame], seeds: Sequence[int], automatic: bool
) -> Iterator[Comparison]:
    """Yield the comparison of each data set; models of the same shape are trained together."""
    together: dict[tuple[ExperimentSpec, int], list[Replicate]] = defaultdict(list)
    for seed in seeds:
        frame = make(np.random.default_rng(seed))
        spec, rows = _spec(frame, seed), Table(frame, "noise")
        data = prepare(spec, rows)
        if automatic:
            spec = automatic_settings(spec, data)
            data = prepare(spec, rows)
        together[spec.with_(seed=0), data.n_inputs].append(Replicate(seed, data))
    for (spec, _), replicates in together.items():
        rounds = list(train_replicates(spec, replicates))
        for (seed, data), records in zip(replicates, zip(*rounds, strict=True), strict=True):
            yield _compare(seed, data, records)


def _spec(frame: pd.DataFrame, seed: int) -> ExperimentSpec:
    roles = {GROUP: "group"} if GROUP in frame else {}
    return ExperimentSpec().with_(
        **{"data.source": "csv", "data.target": TARGET, "data.roles": roles, "seed": seed}
    )


def _compare(seed: int, data: PreparedData, records: Sequence[Record | None]) -> Comparison:
    [started] = (record for record in records if isinstance(record, Started))
    [finished] = (record for record in records if isinstance(record, Finished))
    return compare_models(quantum_result(started, finished), fit_baselines(data, seed), data)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    main()
