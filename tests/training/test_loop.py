import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from qenn_core.analysis.decision_map import compute_decision_map
from qenn_core.data.prepared import PreparedData
from qenn_core.errors import TrainingError
from qenn_core.experiment import ExperimentSpec, choices
from qenn_core.model.network import build_model
from qenn_core.training.inference import predict
from qenn_core.training.loop import train
from qenn_core.training.optimizers import OPTIMIZERS, build_optimizer
from qenn_core.training.training import Training

SMALL = ExperimentSpec().with_(
    **{"circuit.n_qubits": 2, "circuit.n_layers": 1, "training.epochs": 4, "training.patience": 0}
)


def run(spec, data, **options):
    started, *epochs, finished = train(spec, data, **options)
    return started, epochs, finished


def numbers(records):
    return [record.model_dump(exclude={"seconds"}) for record in records]


def with_part(data: PreparedData, name: str, **changes) -> PreparedData:
    return replace(data, **{name: data.parts[name]._replace(**changes)})


def test_records_come_in_order_with_shapes_and_sizes(separable):
    started, epochs, finished = run(SMALL, separable)
    assert started.rows == {"train": 90, "validation": 30, "test": 30}
    assert (started.n_inputs, started.n_qubits, started.n_classes) == (2, 2, 2)
    assert started.n_parameters == sum(started.parameters.values()) == 2 * 3 + 2 * 2 + 2
    assert [epoch.epoch for epoch in epochs] == [1, 2, 3, 4]
    assert (finished.reason, finished.epochs) == ("epochs", 4)
    assert finished.seconds == pytest.approx(sum(epoch.seconds for epoch in epochs))


def test_learns_what_a_line_can_separate(separable):
    spec = SMALL.with_(**{"circuit.n_layers": 2, "training.epochs": 25, "training.batch_size": 16})
    _, epochs, finished = run(spec, separable)
    assert epochs[-1].train_loss < 0.5 * epochs[0].train_loss
    assert finished.test.accuracy > 0.95


@pytest.mark.parametrize("changes", [{}, {"noise.shots": 20}, {"noise.level": 0.05}])
def test_same_spec_same_numbers(separable, changes):
    spec = SMALL.with_(**changes)
    assert numbers(train(spec, separable)) == numbers(train(spec, separable))
    assert numbers(train(spec.with_(seed=1), separable)) != numbers(train(spec, separable))


def test_looking_at_the_model_between_records_changes_nothing(separable):
    spec = SMALL.with_(**{"noise.shots": 20})
    model = build_model(spec, 2, 2)
    watched = []
    for record in train(spec, separable, model):
        compute_decision_map(model, separable, 3)
        watched.append(record)
    assert numbers(watched) == numbers(train(spec, separable))


def test_global_random_states_are_left_alone(separable):
    of_torch, of_numpy = torch.get_rng_state(), pickle.dumps(np.random.get_state())
    run(SMALL, separable)
    assert torch.equal(torch.get_rng_state(), of_torch)
    assert pickle.dumps(np.random.get_state()) == of_numpy


def test_both_curves_are_measured_with_the_weights_of_the_epoch(separable):
    model = build_model(SMALL, 2, 2)
    for record in train(SMALL, separable, model):
        if record.kind != "epoch":
            continue
        for part, loss, accuracy in (
            (separable.train, record.train_loss, record.train_accuracy),
            (separable.validation, record.validation_loss, record.validation_accuracy),
        ):
            probabilities = predict(model, part.inputs)
            of_truth = probabilities[np.arange(len(part.labels)), part.labels]
            assert loss == pytest.approx(-np.log(of_truth).mean())
            assert accuracy == pytest.approx((probabilities.argmax(axis=1) == part.labels).mean())


def test_gradient_norm_is_that_of_the_step(separable):
    spec = SMALL.with_(**{"training.batch_size": 1024, "training.epochs": 1})
    model = build_model(spec, 2, 2)
    labels = torch.tensor(separable.train.labels)
    cross_entropy(model(torch.tensor(separable.train.inputs)), labels).backward()
    expected = np.sqrt(sum(float((weight.grad**2).sum()) for weight in model.parameters()))
    _, [epoch], _ = run(spec, separable)
    assert epoch.gradient_norm == pytest.approx(expected)


def test_a_last_batch_of_one_row_is_learnt_too(separable):
    _, epochs, _ = run(SMALL.with_(**{"training.batch_size": 89}), separable)
    assert all(np.isfinite(epoch.train_loss) for epoch in epochs)


def test_early_stopping_keeps_the_best_validation_epoch(separable):
    flipped = separable.validation.labels.copy()
    flipped[::3] = 1 - flipped[::3]  # what helps on the training part soon hurts here
    data = with_part(separable, "validation", labels=flipped)
    spec = SMALL.with_(**{"training.epochs": 60, "training.patience": 3, "training.learning_rate": 0.3})
    model = build_model(spec, 2, 2)
    weights, losses = [], []
    for record in train(spec, data, model):
        if record.kind == "epoch":
            weights.append([weight.detach().clone() for weight in model.parameters()])
            losses.append(record.validation_loss)
    best = int(np.argmin(losses))
    assert record.reason == "patience"
    assert record.best_epoch == best + 1
    assert record.epochs == record.best_epoch + 3 < 60
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), weights[best], strict=True))
    expected = predict(model, data.test.inputs).argmax(axis=1)
    assert record.predictions == tuple(expected.tolist())
    assert record.test.accuracy == pytest.approx(np.mean(expected == data.test.labels))


def test_no_patience_never_stops_early(separable):
    spec = SMALL.with_(**{"training.learning_rate": 1.0, "training.epochs": 12})
    assert run(spec, separable)[2].epochs == 12


def test_the_test_part_only_gives_the_score(separable):
    scrambled = with_part(
        separable, "test", labels=1 - separable.test.labels, inputs=separable.test.inputs[::-1]
    )
    *before, finished = train(SMALL, separable)
    *before_scrambled, finished_scrambled = train(SMALL, scrambled)
    assert numbers(before) == numbers(before_scrambled)
    untouched = {"seconds", "test", "predictions"}
    assert finished.model_dump(exclude=untouched) == finished_scrambled.model_dump(exclude=untouched)
    assert finished.test != finished_scrambled.test


def test_the_validation_part_gives_no_gradient(separable):
    other = with_part(separable, "validation", labels=1 - separable.validation.labels)
    losses = [[epoch.train_loss for epoch in run(SMALL, data)[1]] for data in (separable, other)]
    assert losses[0] == losses[1]


def test_user_stops_within_an_epoch(separable):
    asked = iter([None] * 11 + ["user"] * 4)  # three steps and two evaluations make an epoch
    _, epochs, finished = run(SMALL, separable, stop=lambda: next(asked))
    assert len(epochs) == 2
    assert (finished.reason, finished.epochs) == ("user", 2)
    assert finished.message.startswith("Stopped by you after 2 of 4 epochs.")


def test_user_stops_within_the_evaluation_of_an_epoch(separable):
    model = build_model(SMALL, 2, 2)
    model.rows_in_time = 20
    asked = []

    def stop():
        asked.append(True)
        return "user" if len(asked) > 3 + 2 else None  # three steps, and two of the five portions of rows

    _, epochs, finished = run(SMALL, separable, model=model, stop=stop)
    assert epochs == []
    assert (finished.reason, finished.epochs) == ("user", 0)
    assert len(asked) == 6 + 5 + 2 + 2, (
        "scoring gives others a turn between its portions, whatever it is told"
    )


def test_who_is_asked_while_scores_are_worked_out_may_abandon_them(separable):
    class AbandonedError(Exception):
        pass

    asked = []

    def stop():
        asked.append(True)
        if len(asked) > 2:
            raise AbandonedError
        return "user"

    training = Training(SMALL, separable, stop=stop)
    next(training)
    with pytest.raises(AbandonedError):
        next(training)
    assert list(training) == [], "nothing more is computed"
    _, *epochs, _ = Training(SMALL, separable, checkpoint=training.checkpoint())
    assert len(epochs) == SMALL.training.epochs


def test_stopped_at_once_scores_the_untrained_network(separable):
    model = build_model(SMALL, 2, 2)
    untrained = predict(model, separable.test.inputs).argmax(axis=1)
    _, epochs, finished = run(SMALL, separable, stop=lambda: "user")
    assert epochs == []
    assert (finished.epochs, finished.best_epoch) == (0, 0)
    assert finished.predictions == tuple(untrained.tolist())
    assert "untrained" in finished.message


def test_loss_that_runs_away_stops_with_the_best_weights_so_far(separable):
    model = build_model(SMALL, 2, 2)
    records = []
    for record in train(SMALL, separable, model):
        records.append(record)
        if record.kind == "epoch" and record.epoch == 2:
            with torch.no_grad():
                next(model.classical.parameters()).fill_(torch.inf)
    finished = records[-1]
    assert (finished.reason, finished.epochs) == ("not_finite", 2)
    assert finished.best_epoch in (1, 2)
    assert np.isfinite(predict(model, separable.test.inputs)).all()
    assert "learning rate below 0.05" in finished.message


def test_loss_that_runs_away_at_once_scores_the_untrained_network(separable):
    model = build_model(SMALL, 2, 2)
    steps = 0

    def run_away() -> None:
        nonlocal steps
        steps += 1
        if steps == 2:
            with torch.no_grad():
                next(model.classical.parameters()).fill_(torch.nan)

    _, epochs, finished = run(SMALL, separable, model=model, stop=run_away)
    assert epochs == []
    assert (finished.reason, finished.best_epoch) == ("not_finite", 0)
    assert finished.message.startswith("Stopped in epoch 1:")
    assert "untrained" in finished.message


def test_a_network_that_never_gave_numbers_is_an_error(separable):
    model = build_model(SMALL, 2, 2)
    with torch.no_grad():
        next(model.classical.parameters()).fill_(torch.nan)
    with pytest.raises(TrainingError, match="not a number") as caught:
        run(SMALL, separable, model=model)
    assert caught.value.remedy


def test_every_optimizer_on_offer_exists_and_learns(separable):
    assert set(OPTIMIZERS) == set(choices("training.optimizer"))
    for name in OPTIMIZERS:
        _, epochs, _ = run(SMALL.with_(**{"training.optimizer": name}), separable)
        assert epochs[-1].train_loss < epochs[0].train_loss


def test_unknown_optimizer_is_refused_with_what_there_is():
    with pytest.raises(TrainingError, match="adam, sgd, rmsprop"):
        build_optimizer("lion", [torch.nn.Parameter(torch.zeros(1))], 0.1)
