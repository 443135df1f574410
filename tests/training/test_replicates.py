"""Models trained together give the records that each gives alone."""

from dataclasses import replace
from itertools import cycle, zip_longest

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
    """Return another random split of the rows."""
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


def train_alone(spec: ExperimentSpec, replicate: Replicate) -> list[Record]:
    return list(train(spec.with_(seed=replicate.seed), replicate.data))


def assert_same(records: list[Record], expected_records: list[Record]) -> None:
    assert [record.kind for record in records] == [record.kind for record in expected_records]
    for record, expected_record in zip(records, expected_records, strict=True):
        values, expected = (r.model_dump(exclude={"seconds"}) for r in (record, expected_record))
        assert values.keys() == expected.keys()
        for name, value in values.items():
            is_float = isinstance(value, float)
            wanted = pytest.approx(expected[name], rel=1e-3, abs=1e-5) if is_float else expected[name]
            assert value == wanted, name


def assert_each_equals_training_alone(
    spec: ExperimentSpec, replicates: list[Replicate]
) -> list[list[Record]]:
    rounds = list(train_replicates(spec, replicates))
    separate = [train_alone(spec, replicate) for replicate in replicates]
    # A model that has finished gives None, and only then.
    assert [[record and record.kind for record in records] for records in rounds] == [
        [record and record.kind for record in records] for records in zip_longest(*separate)
    ]
    for number, expected in enumerate(separate):
        assert_same([records[number] for records in rounds if records[number]], expected)
    return separate


@pytest.mark.parametrize(
    "changes",
    [
        *(
            {"encoding.kind": key, "training.optimizer": optimizer}
            for key, optimizer in zip(
                choices("encoding.kind"), cycle(choices("training.optimizer")), strict=False
            )
        ),
        {"noise.level": 0.05},
        {"noise.level": 0.05, "encoding.kind": "reuploading", "circuit.n_layers": 2},
        {"noise.level": 0.05, "noise.channel": "readout", "noise.placement": "layer"},
        {"encoding.reduction": "linear", "head.hidden": (4, 3)},
        {"encoding.reduction": "linear", "encoding.kind": "amplitude", "head.activation": "tanh"},
        {"circuit.entanglement": "none", "circuit.ansatz": "hardware_efficient"},
    ],
    ids=str,
)
def test_each_equals_training_alone(replicates, changes) -> None:
    assert_each_equals_training_alone(SMALL.with_(**changes), replicates)


@pytest.mark.parametrize(
    ("optimizer", "sizes"),
    [
        # Some folds need one step more per epoch than others, or no step where others have one.
        ("adam", (39, 40, 41)),
        ("adam", (60, 20, 1)),
        ("sgd", (41, 40, 50)),
        ("rmsprop", (39, 40, 41)),
    ],
)
def test_folds_may_differ_in_rows(separable, optimizer, sizes) -> None:
    replicates = [
        Replicate(5, own_split(separable, number, n_train, 10 + 2 * number))
        for number, n_train in enumerate(sizes)
    ]
    assert_each_equals_training_alone(SMALL.with_(**{"training.optimizer": optimizer}), replicates)


def test_each_stops_early_independently(separable) -> None:
    def with_wrong_labels(seed: int, every: int) -> Replicate:
        data = own_split(separable, seed)
        labels = data.validation.labels.copy()
        labels[::every] = 1 - labels[::every]  # fitting the training part soon increases this loss
        return Replicate(seed, replace(data, validation=data.validation._replace(labels=labels)))

    spec = SMALL.with_(**{"training.epochs": 12, "training.patience": 3, "training.learning_rate": 0.2})
    replicates = [with_wrong_labels(1, 5), with_wrong_labels(3, 5), Replicate(4, own_split(separable, 4))]
    separate = assert_each_equals_training_alone(spec, replicates)
    assert len({records[-1].epochs for records in separate}) == 3, "each stops at a different epoch"
    assert [records[-1].reason for records in separate] == ["patience", "patience", "epochs"]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_do_not_affect_other_replicates(replicates, value) -> None:
    model = build_replicates(SMALL, [replicate.seed for replicate in replicates], 2, 2)
    rounds = []
    for records in train_replicates(SMALL, replicates, model):
        rounds.append(records)
        if len(rounds) == 2:
            before = [weight[1].detach().clone() for weight in model.parameters()]
            with torch.no_grad():
                for weight in model.parameters():
                    weight[1].fill_(value)
    stopped = [records[1] for records in rounds]
    assert [record and record.kind for record in stopped] == ["started", "epoch", "finished", None, None]
    assert (stopped[2].reason, stopped[2].epochs, stopped[2].best_epoch) == ("not_finite", 1, 1)
    for weight, best in zip(model.parameters(), before, strict=True):
        assert torch.equal(weight[1], best), "its best weights do not change while the others train"
    for number in (0, 2):
        assert_same([records[number] for records in rounds], train_alone(SMALL, replicates[number]))


def test_same_replicates_give_same_records(replicates) -> None:
    def run() -> list[list[dict]]:
        return [
            [record.model_dump(exclude={"seconds"}) for record in records]
            for records in train_replicates(SMALL.with_(**{"noise.shots": 20}), replicates)
        ]

    assert run() == run()


def test_stop_ends_all_replicates(replicates) -> None:
    reasons = iter([None] * 6 + ["user"] * 4)  # an epoch is three steps and two evaluations
    *_, last = train_replicates(SMALL, replicates, should_stop=lambda: next(reasons))
    assert [(record.reason, record.epochs) for record in last] == [("user", 1)] * 3


def test_best_weights_are_those_of_each_replicates_own_best_epoch(replicates) -> None:
    spec = SMALL.with_(**{"training.epochs": 8, "training.learning_rate": 1.0})
    model = build_replicates(spec, [replicate.seed for replicate in replicates], 2, 2)
    weights, losses = [], []
    for records in train_replicates(spec, replicates, model):
        if records[0].kind == "epoch":
            weights.append([weight.detach().clone() for weight in model.parameters()])
            losses.append([record.validation_loss for record in records])
    best = np.argmin(losses, axis=0)
    assert len(set(best.tolist())) > 1
    assert [record.best_epoch for record in records] == (best + 1).tolist()
    for number, epoch in enumerate(best):
        for weight, best_weight in zip(model.parameters(), weights[epoch], strict=True):
            assert torch.equal(weight[number], best_weight[number])


def test_replicates_of_different_shapes_raise(separable, prepared) -> None:
    wider = prepared(np.random.default_rng(0).normal(size=(50, 3)), np.arange(50) % 2)
    with pytest.raises(TrainingError, match="trained together"):
        next(train_replicates(SMALL, [Replicate(0, separable), Replicate(1, wider)]))
