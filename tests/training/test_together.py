"""Models that train side by side learn what each learns alone."""

from dataclasses import replace
from itertools import zip_longest

import numpy as np
import pytest
import torch

from qenn_core.data.prepared import Part, PreparedData
from qenn_core.errors import TrainingError
from qenn_core.experiment import ExperimentSpec, choices
from qenn_core.model.network import build_replicates
from qenn_core.training.loop import train, train_replicates
from qenn_core.training.records import Record
from qenn_core.training.trainer import Replicate

SMALL = ExperimentSpec().with_(
    **{
        "circuit.n_qubits": 2,
        "circuit.n_layers": 1,
        "training.epochs": 3,
        "training.patience": 0,
        "training.batch_size": 20,
    }
)


def own_split(data: PreparedData, seed: int, n_train: int = 50, n_validation: int = 15) -> PreparedData:
    """Share the rows out anew, as another seed or fold would."""
    rows = np.random.default_rng(seed).permutation(
        np.concatenate([part.inputs for part in data.parts.values()])
    )
    labels = (rows.sum(axis=1) > 0).astype(np.int64)
    ends = [n_train, n_train + n_validation, n_train + n_validation + 15]
    train, validation, test = (
        Part(rows[a:b], rows[a:b], labels[a:b]) for a, b in zip([0, *ends[:-1]], ends, strict=True)
    )
    return replace(data, train=train, validation=validation, test=test)


@pytest.fixture
def replicates(separable: PreparedData) -> list[Replicate]:
    return [Replicate(seed, own_split(separable, seed)) for seed in (3, 0, 8)]


def alone(spec: ExperimentSpec, replicate: Replicate) -> list[Record]:
    return list(train(spec.with_(seed=replicate.seed), replicate.data))


def assert_same(together: list[Record], separate: list[Record]) -> None:
    assert [record.kind for record in together] == [record.kind for record in separate]
    for a, b in zip(together, separate, strict=True):
        a, b = (record.model_dump(exclude={"seconds"}) for record in (a, b))
        assert a.keys() == b.keys()
        for name, value in a.items():
            expected = pytest.approx(b[name], rel=1e-3, abs=1e-5) if isinstance(value, float) else b[name]
            assert value == expected, name


def assert_each_learns_as_alone(spec: ExperimentSpec, replicates: list[Replicate]) -> list[list[Record]]:
    rounds = list(train_replicates(spec, replicates))
    separate = [alone(spec, replicate) for replicate in replicates]
    # What has ended is None, and only at the end.
    assert [[record and record.kind for record in told] for told in rounds] == [
        [record and record.kind for record in told] for told in zip_longest(*separate)
    ]
    for number, records in enumerate(separate):
        assert_same([told[number] for told in rounds if told[number]], records)
    return separate


@pytest.mark.parametrize(
    "changes",
    [
        *({"encoding.kind": key} for key in choices("encoding.kind")),
        *({"training.optimizer": name} for name in choices("training.optimizer")),
        {"noise.level": 0.05},
        {"noise.level": 0.05, "encoding.kind": "reuploading", "circuit.n_layers": 2},
        {"noise.level": 0.05, "noise.channel": "readout", "noise.placement": "layer"},
        {"encoding.reduction": "linear", "head.hidden": (4, 3)},
        {"encoding.reduction": "linear", "encoding.kind": "amplitude", "head.activation": "tanh"},
        {"circuit.entanglement": "none", "circuit.ansatz": "hardware_efficient"},
    ],
    ids=str,
)
def test_each_learns_as_alone(replicates, changes) -> None:
    assert_each_learns_as_alone(SMALL.with_(**changes), replicates)


@pytest.mark.parametrize(
    ("optimizer", "sizes"),
    [
        *((optimizer, (39, 40, 41)) for optimizer in choices("training.optimizer")),
        ("adam", (41, 40, 50)),
        ("adam", (60, 20, 1)),
    ],
)
def test_folds_may_differ_in_rows(separable, optimizer, sizes) -> None:
    replicates = [
        Replicate(5, own_split(separable, number, n_train, 10 + 2 * number))
        for number, n_train in enumerate(sizes)
    ]
    # Some of them need a step more than others in each epoch.
    assert_each_learns_as_alone(SMALL.with_(**{"training.optimizer": optimizer}), replicates)


def test_each_stops_early_by_itself(separable) -> None:
    def misled(seed: int, share: int) -> Replicate:
        data = own_split(separable, seed)
        labels = data.validation.labels.copy()
        labels[::share] = 1 - labels[::share]  # what helps on the training part soon hurts here
        return Replicate(seed, replace(data, validation=data.validation._replace(labels=labels)))

    spec = SMALL.with_(**{"training.epochs": 12, "training.patience": 3, "training.learning_rate": 0.2})
    replicates = [misled(1, 5), misled(3, 5), Replicate(4, own_split(separable, 4))]
    separate = assert_each_learns_as_alone(spec, replicates)
    assert len({records[-1].epochs for records in separate}) == 3, "each at another time"
    assert [records[-1].reason for records in separate] == ["patience", "patience", "epochs"]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_run_away_leave_the_others_alone(replicates, bad) -> None:
    model = build_replicates(SMALL, [replicate.seed for replicate in replicates], 2, 2)
    rounds = []
    for told in train_replicates(SMALL, replicates, model):
        rounds.append(told)
        if len(rounds) == 2:
            before = [weight[1].detach().clone() for weight in model.parameters()]
            with torch.no_grad():
                for weight in model.parameters():
                    weight[1].fill_(bad)
    ran_away = [told[1] for told in rounds]
    assert [record and record.kind for record in ran_away] == ["started", "epoch", "finished", None, None]
    assert (ran_away[2].reason, ran_away[2].epochs, ran_away[2].best_epoch) == ("not_finite", 1, 1)
    for weight, kept in zip(model.parameters(), before, strict=True):
        assert torch.equal(weight[1], kept), "it stays at its best weights while the others go on"
    for number in (0, 2):
        assert_same([told[number] for told in rounds], alone(SMALL, replicates[number]))


def test_same_entries_same_numbers(replicates) -> None:
    def numbers() -> list[list[dict]]:
        return [
            [record.model_dump(exclude={"seconds"}) for record in told]
            for told in train_replicates(SMALL.with_(**{"noise.shots": 20}), replicates)
        ]

    assert numbers() == numbers()


def test_stop_ends_all_that_are_learning(replicates) -> None:
    asked = iter([None] * 6 + ["user"] * 4)  # three steps and two evaluations make an epoch
    *_, last = train_replicates(SMALL, replicates, stop=lambda: next(asked))
    assert [(record.reason, record.epochs) for record in last] == [("user", 1)] * 3


def test_kept_weights_are_those_of_each_models_own_best_epoch(replicates) -> None:
    spec = SMALL.with_(**{"training.epochs": 8, "training.learning_rate": 1.0})
    model = build_replicates(spec, [replicate.seed for replicate in replicates], 2, 2)
    weights, losses = [], []
    for told in train_replicates(spec, replicates, model):
        if told[0].kind == "epoch":
            weights.append([weight.detach().clone() for weight in model.parameters()])
            losses.append([record.validation_loss for record in told])
    best = np.argmin(losses, axis=0)
    assert len(set(best.tolist())) > 1
    assert [record.best_epoch for record in told] == (best + 1).tolist()
    for number, epoch in enumerate(best):
        for weight, then in zip(model.parameters(), weights[epoch], strict=True):
            assert torch.equal(weight[number], then[number])


def test_data_of_different_shapes_are_refused(separable, prepared) -> None:
    wider = prepared(np.random.default_rng(0).normal(size=(50, 3)), np.arange(50) % 2)
    with pytest.raises(TrainingError, match="side by side"):
        next(train_replicates(SMALL, [Replicate(0, separable), Replicate(1, wider)]))
