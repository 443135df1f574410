"""Native training takes the same steps as PyTorch, and either continues what the other began."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from native_code import COMPILE_TIMEOUT, native_code, without_native_code

from qenn_core.data.builtin import load_builtin
from qenn_core.data.preparation import prepare
from qenn_core.data.prepared import PreparedData
from qenn_core.experiment import ExperimentSpec, choices
from qenn_core.model.network import build_model
from qenn_core.training.native_executor import NativeExecutor
from qenn_core.training.records import Epoch, Record
from qenn_core.training.trainer import Replicate, Trainer
from qenn_core.training.training import Training
from tests.covering import covering_array

SMALL = ExperimentSpec().with_(
    **{"data.params": {"n_samples": 60}, "training.batch_size": 16, "training.patience": 0}
)
FACTORS = {
    "encoding.kind": choices("encoding.kind"),
    "encoding.reduction": ["pca", "linear"],
    "circuit.ansatz": choices("circuit.ansatz"),
    "circuit.entanglement": choices("circuit.entanglement"),
    "circuit.n_qubits": [1, 2, 3],
    "circuit.n_layers": [1, 2],
    "head.hidden": [(), (5,), (4, 3)],
    "head.activation": choices("head.activation"),
    "training.optimizer": choices("training.optimizer"),
}


pytestmark = pytest.mark.timeout(COMPILE_TIMEOUT)


@pytest.fixture(autouse=True)
def _natively() -> Iterator[None]:
    with native_code():
        yield


def data_of(spec: ExperimentSpec) -> PreparedData:
    return prepare(spec, load_builtin(spec.data))


def trainer(spec: ExperimentSpec, data: PreparedData, dtype: torch.dtype) -> Trainer:
    model = build_model(spec, data.n_inputs, data.n_classes, dtype)
    return Trainer(spec.training, [Replicate(spec.seed, data)], model, lambda: None)


def weights_after(
    spec: ExperimentSpec, data: PreparedData, dtype: torch.dtype
) -> tuple[dict[str, Any], bool]:
    """Return the weights after all epochs, and whether they were trained natively."""
    own = trainer(spec, data, dtype)
    for _ in own.run():
        pass
    is_native = isinstance(own._executor, NativeExecutor)
    return own.state_dict().tensors, is_native


def influential(state: dict[str, Any], like: dict[str, Any] | None = None) -> dict[str, torch.Tensor]:
    """Return the weights that have a gradient.

    The last rotations about the measured axis have none but rounding errors, which an optimizer that
    divides by their size turns into steps of any size.
    """
    names = [name for name in state if name.startswith("weights.")]
    found = {}
    for index, name in enumerate(names):
        squares = [(like or state).get(f"optimizer.{index}.{kind}") for kind in ("exp_avg_sq", "square_avg")]
        has_gradient = [square > 1e-14 for square in squares if square is not None]
        found[name] = state[name].flatten()[has_gradient[0]] if has_gradient else state[name]
    return found


@pytest.mark.parametrize("case", covering_array(FACTORS), ids=lambda case: "-".join(map(str, case.values())))
def test_weights_are_those_of_pytorch(case: dict[str, Any]) -> None:
    """In double precision, where nothing but rounding differs; RMSprop amplifies that more than others."""
    epochs = 8 if case["training.optimizer"] == "rmsprop" else 30
    spec = SMALL.with_(**case, **{"training.epochs": epochs})
    data = data_of(spec)
    native, is_native = weights_after(spec, data, torch.float64)
    with without_native_code():
        expected, is_also_native = weights_after(spec, data, torch.float64)
    is_computed = case["encoding.reduction"] == "linear" and case["encoding.kind"] in ("iqp", "zz")
    assert is_native or is_computed or case["encoding.kind"] == "amplitude"
    assert not is_also_native
    assert native.keys() == expected.keys()
    for name, values in influential(expected).items():
        torch.testing.assert_close(
            influential(native, like=expected)[name], values, rtol=1e-9, atol=1e-9, msg=name
        )


@pytest.mark.parametrize("optimizer", choices("training.optimizer"))
def test_single_precision_stays_close(optimizer: str) -> None:
    spec = ExperimentSpec().with_(**{"training.optimizer": optimizer, "training.patience": 0})
    data = data_of(spec)
    native, is_native = weights_after(spec, data, torch.float32)
    with without_native_code():
        expected, _ = weights_after(spec, data, torch.float32)
    assert is_native
    for name, values in influential(expected).items():
        torch.testing.assert_close(
            influential(native, like=expected)[name], values, rtol=0, atol=1e-4, msg=name
        )


def records_of(training: Training, n_epochs: int) -> list[Record]:
    records = []
    while sum(isinstance(record, Epoch) for record in records) < n_epochs:
        records.append(next(training))
    return records


@pytest.mark.parametrize("optimizer", choices("training.optimizer"))
@pytest.mark.parametrize("begins_natively", [True, False])
def test_checkpoints_are_interchangeable(optimizer: str, begins_natively: bool) -> None:
    spec = SMALL.with_(**{"training.optimizer": optimizer, "training.epochs": 8})
    data = data_of(spec)
    expected = [record for record in Training(spec, data) if isinstance(record, Epoch)]

    def begin() -> bytes:
        training = Training(spec, data)
        records_of(training, 3)
        return training.checkpoint()

    def go_on(checkpoint: bytes) -> list[Epoch]:
        return [r for r in Training(spec, data, checkpoint=checkpoint) if isinstance(r, Epoch)]

    if begins_natively:
        checkpoint = begin()
        with without_native_code():
            later = go_on(checkpoint)
    else:
        with without_native_code():
            checkpoint = begin()
        later = go_on(checkpoint)
    assert [record.epoch for record in later] == [4, 5, 6, 7, 8]
    np.testing.assert_allclose(
        [record.train_loss for record in later], [r.train_loss for r in expected[3:]], rtol=1e-4
    )


def test_repeats_are_identical() -> None:
    data = data_of(SMALL)
    first, second = (
        [record.model_dump(exclude={"seconds"}) for record in Training(SMALL, data)] for _ in range(2)
    )
    assert first == second


def test_stop_between_steps_of_an_epoch() -> None:
    """An epoch that takes long is cut into portions, so that a stop need not wait for its end."""
    spec = SMALL.with_(**{"data.params": {"n_samples": 2000}, "circuit.n_qubits": 8, "training.epochs": 100})
    calls: list[None] = []

    def should_stop() -> Any:
        calls.append(None)
        return "user" if len(calls) > 3 else None

    records = list(Training(spec, data_of(spec), should_stop=should_stop))
    assert records[-1].kind == "finished"
    assert records[-1].reason == "user"
    assert records[-1].epochs == 0


def test_divergence_ends_the_training() -> None:
    spec = SMALL.with_(**{"training.optimizer": "sgd", "training.epochs": 9})
    data = data_of(spec)

    def last_record() -> Record:
        model = build_model(spec, data.n_inputs, data.n_classes)
        with torch.no_grad():
            model.classical[0].weight.mul_(1e30)
        *_, last = Training(spec, data, model)
        return last

    native = last_record()
    with without_native_code():
        expected = last_record()
    assert native.kind == expected.kind == "finished"
    assert native.reason == expected.reason == "not_finite"
    assert native.epochs == expected.epochs


def test_models_that_are_not_supported_train_with_pytorch() -> None:
    for settings in ({"noise.level": 0.05}, {"noise.shots": 20}, {"engine.kind": "pennylane"}):
        spec = SMALL.with_(**settings, **{"training.epochs": 1, "data.params": {"n_samples": 40}})
        _, is_native = weights_after(spec, data_of(spec), torch.float32)
        assert not is_native, settings
