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


def without_seconds(records):
    return [record.model_dump(exclude={"seconds"}) for record in records]


def with_part(data: PreparedData, name: str, **changes) -> PreparedData:
    return replace(data, **{name: data.parts[name]._replace(**changes)})


def test_yields_records_in_order_with_shapes_and_sizes(separable):
    started, epochs, finished = run(SMALL, separable)
    assert started.rows == {"train": 90, "validation": 30, "test": 30}
    assert (started.n_inputs, started.n_qubits, started.n_classes) == (2, 2, 2)
    assert started.n_parameters == sum(started.parameters.values()) == 2 * 3 + 2 * 2 + 2
    assert [epoch.epoch for epoch in epochs] == [1, 2, 3, 4]
    assert (finished.reason, finished.epochs) == ("epochs", 4)
    assert finished.seconds == pytest.approx(sum(epoch.seconds for epoch in epochs))


def test_classifies_linearly_separable_data(separable):
    spec = SMALL.with_(**{"circuit.n_layers": 2, "training.epochs": 25, "training.batch_size": 16})
    _, epochs, finished = run(spec, separable)
    assert epochs[-1].train_loss < 0.5 * epochs[0].train_loss
    assert finished.test.accuracy > 0.95


@pytest.mark.parametrize("changes", [{}, {"noise.shots": 20}, {"noise.level": 0.05}])
def test_same_spec_gives_same_records(separable, changes):
    spec = SMALL.with_(**changes)
    assert without_seconds(train(spec, separable)) == without_seconds(train(spec, separable))
    assert without_seconds(train(spec.with_(seed=1), separable)) != without_seconds(train(spec, separable))


def test_evaluating_the_model_between_records_changes_nothing(separable):
    spec = SMALL.with_(**{"noise.shots": 20})
    model = build_model(spec, 2, 2)
    watched = []
    for record in train(spec, separable, model):
        compute_decision_map(model, separable, 3)
        watched.append(record)
    assert without_seconds(watched) == without_seconds(train(spec, separable))


def test_global_random_states_do_not_change(separable):
    torch_state, numpy_state = torch.get_rng_state(), pickle.dumps(np.random.get_state())
    run(SMALL, separable)
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert pickle.dumps(np.random.get_state()) == numpy_state


def test_both_curves_use_the_weights_at_the_end_of_the_epoch(separable):
    model = build_model(SMALL, 2, 2)
    for record in train(SMALL, separable, model):
        if record.kind != "epoch":
            continue
        for part, loss, accuracy in (
            (separable.train, record.train_loss, record.train_accuracy),
            (separable.validation, record.validation_loss, record.validation_accuracy),
        ):
            probabilities = predict(model, part.inputs)
            true_class = probabilities[np.arange(len(part.labels)), part.labels]
            assert loss == pytest.approx(-np.log(true_class).mean())
            assert accuracy == pytest.approx((probabilities.argmax(axis=1) == part.labels).mean())


def test_gradient_norm_of_a_single_step(separable):
    spec = SMALL.with_(**{"training.batch_size": 1024, "training.epochs": 1})
    model = build_model(spec, 2, 2)
    labels = torch.tensor(separable.train.labels)
    cross_entropy(model(torch.tensor(separable.train.inputs)), labels).backward()
    expected = np.sqrt(sum(float((weight.grad**2).sum()) for weight in model.parameters()))
    _, [epoch], _ = run(spec, separable)
    assert epoch.gradient_norm == pytest.approx(expected)


def test_last_batch_may_have_one_row(separable):
    _, epochs, _ = run(SMALL.with_(**{"training.batch_size": 89}), separable)
    assert all(np.isfinite(epoch.train_loss) for epoch in epochs)


def test_early_stopping_restores_the_best_validation_epoch(separable):
    flipped = separable.validation.labels.copy()
    flipped[::3] = 1 - flipped[::3]  # fitting the training part soon increases this loss
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


def test_without_patience_never_stops_early(separable):
    spec = SMALL.with_(**{"training.learning_rate": 1.0, "training.epochs": 12})
    assert run(spec, separable)[2].epochs == 12


@pytest.mark.parametrize(("epochs", "sentence"), [(1, "The epoch is done."), (2, "All 2 epochs are done.")])
def test_message_of_a_completed_training(separable, epochs, sentence):
    assert run(SMALL.with_(**{"training.epochs": epochs}), separable)[2].message.startswith(sentence)


def test_test_part_only_affects_its_scores(separable):
    scrambled = with_part(
        separable, "test", labels=1 - separable.test.labels, inputs=separable.test.inputs[::-1]
    )
    *before, finished = train(SMALL, separable)
    *before_scrambled, finished_scrambled = train(SMALL, scrambled)
    assert without_seconds(before) == without_seconds(before_scrambled)
    affected = {"seconds", "test", "predictions"}
    assert finished.model_dump(exclude=affected) == finished_scrambled.model_dump(exclude=affected)
    assert finished.test != finished_scrambled.test


def test_validation_part_does_not_affect_the_gradient(separable):
    other = with_part(separable, "validation", labels=1 - separable.validation.labels)
    losses = [[epoch.train_loss for epoch in run(SMALL, data)[1]] for data in (separable, other)]
    assert losses[0] == losses[1]


def test_stop_during_an_epoch(separable):
    reasons = iter([None] * 11 + ["user"] * 4)  # an epoch is three steps and two evaluations
    _, epochs, finished = run(SMALL, separable, should_stop=lambda: next(reasons))
    assert len(epochs) == 2
    assert (finished.reason, finished.epochs) == ("user", 2)
    assert finished.message.startswith("Stopped by you after 2 of 4 epochs.")


def test_stop_during_the_evaluation_of_an_epoch(separable):
    model = build_model(SMALL, 2, 2)
    model.max_evaluation_rows = 20
    calls = []

    def should_stop():
        calls.append(True)
        return "user" if len(calls) > 3 + 2 else None  # three steps, and two of the five training batches

    _, epochs, finished = run(SMALL, separable, model=model, should_stop=should_stop)
    assert epochs == []
    assert (finished.reason, finished.epochs) == ("user", 0)
    assert len(calls) == 6 + 5 + 2 + 2, "also called before each batch of the final scoring"


def test_exception_from_should_stop_aborts_the_scoring(separable):
    class AbandonedError(Exception):
        pass

    calls = []

    def should_stop():
        calls.append(True)
        if len(calls) > 2:
            raise AbandonedError
        return "user"

    training = Training(SMALL, separable, should_stop=should_stop)
    next(training)
    with pytest.raises(AbandonedError):
        next(training)
    assert list(training) == [], "nothing more is computed"
    _, *epochs, _ = Training(SMALL, separable, checkpoint=training.checkpoint())
    assert len(epochs) == SMALL.training.epochs


def test_immediate_stop_scores_the_untrained_network(separable):
    model = build_model(SMALL, 2, 2)
    untrained = predict(model, separable.test.inputs).argmax(axis=1)
    _, epochs, finished = run(SMALL, separable, should_stop=lambda: "user")
    assert epochs == []
    assert (finished.epochs, finished.best_epoch) == (0, 0)
    assert finished.predictions == tuple(untrained.tolist())
    assert "untrained" in finished.message


def test_loss_that_is_not_finite_stops_with_the_best_weights(separable):
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


def test_first_loss_that_is_not_finite_scores_the_untrained_network(separable):
    model = build_model(SMALL, 2, 2)
    steps = 0

    def break_second_step() -> None:
        nonlocal steps
        steps += 1
        if steps == 2:
            with torch.no_grad():
                next(model.classical.parameters()).fill_(torch.nan)

    _, epochs, finished = run(SMALL, separable, model=model, should_stop=break_second_step)
    assert epochs == []
    assert (finished.reason, finished.best_epoch) == ("not_finite", 0)
    assert finished.message.startswith("Stopped in epoch 1:")
    assert "untrained" in finished.message


def test_untrained_network_without_finite_output_raises(separable):
    model = build_model(SMALL, 2, 2)
    with torch.no_grad():
        next(model.classical.parameters()).fill_(torch.nan)
    with pytest.raises(TrainingError, match="not a number") as caught:
        run(SMALL, separable, model=model)
    assert caught.value.remedy


def test_every_optimizer_reduces_the_loss(separable):
    assert set(OPTIMIZERS) == set(choices("training.optimizer"))
    for name in OPTIMIZERS:
        _, epochs, _ = run(SMALL.with_(**{"training.optimizer": name}), separable)
        assert epochs[-1].train_loss < epochs[0].train_loss


def test_unknown_optimizer_raises_with_the_known_ones():
    with pytest.raises(TrainingError, match="adam, sgd, rmsprop"):
        build_optimizer("lion", [torch.nn.Parameter(torch.zeros(1))], 0.1)
