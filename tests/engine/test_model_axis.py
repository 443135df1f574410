"""Several models in one set of tensors give the results of each model alone."""

import pennylane as qml
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from random_examples import examples

from qenn_core.engine import FallbackWarning, FusedTorchLayer
from tests.engine.circuits import N_INPUTS, WEIGHT_SHAPES, Circuit, circuits
from tests.engine.parity import DOUBLE, SINGLE, assert_close, draw_inputs, in_double, node, observe
from tests.engine.reference import reference_of

N_MODELS = 3


def side_by_side(layer: FusedTorchLayer, alone: torch.nn.Module, inputs: torch.Tensor) -> None:
    """Fail unless each model of `layer` is `alone` with that model's weights.

    `inputs` are one set for all models, ``(batch, n_features)``, or one set each.
    """
    shared = inputs.ndim == 2
    n_models = len(next(layer.parameters()))
    together = observe_models(layer, inputs)
    for model in range(n_models):
        with torch.no_grad():
            for name, weight in layer.named_parameters():
                alone.get_parameter(name).copy_(weight[model])
        expected = observe(alone, inputs if shared else inputs[model])
        assert_close({name: values[model] for name, values in together.items()}, expected, **DOUBLE)


def observe_models(layer: FusedTorchLayer, inputs: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return outputs and gradients of all models, each with the mixture that `observe` makes of one."""
    n_models = len(next(layer.parameters()))
    inputs = inputs.detach().clone().requires_grad_()
    output = layer(inputs)
    assert len(output) == n_models
    leaves = {"inputs": inputs, **dict(layer.named_parameters())}
    mixture = torch.arange(output[0].numel()).cos().reshape(output[0].shape)
    gradients = {name: [] for name in leaves}
    for model in range(n_models):
        # An output that depends on nothing has no gradient.
        gradient = (
            torch.autograd.grad(
                (output[model] * mixture).sum(),
                list(leaves.values()),
                materialize_grads=True,
                retain_graph=True,
            )
            if output.requires_grad
            else [torch.zeros_like(leaf) for leaf in leaves.values()]
        )
        for (name, leaf), of_leaf in zip(leaves.items(), gradient, strict=True):
            by_model = leaf is not inputs or inputs.ndim == 3
            if by_model:
                others = torch.cat([of_leaf[:model], of_leaf[model + 1 :]])
                assert not others.any(), "a model depends on another one"
            gradients[name].append(of_leaf[model] if by_model else of_leaf)
    return {
        "output": output.detach(),
        **{f"gradient of {name}": torch.stack(of_models) for name, of_models in gradients.items()},
    }


@st.composite
def small_circuits(draw) -> Circuit:
    mixed = draw(st.booleans())
    return draw(circuits(n_wires=draw(st.integers(1, 4)), n_gates=6, mixed=mixed))


@examples(12, thorough=40)
@given(small_circuits().filter(lambda circuit: circuit.uses_inputs), st.booleans())
def test_random_circuits(circuit: Circuit, shared: bool) -> None:
    layer = in_double(FusedTorchLayer, circuit.node(), WEIGHT_SHAPES, n_models=N_MODELS)
    inputs = draw_inputs(4, N_INPUTS) if shared else draw_inputs(N_MODELS, 4, N_INPUTS)
    side_by_side(layer, reference_of(circuit), inputs)
    assert layer.fallback_cause is None


def reuploading(inputs, weights):
    for weight in weights:
        qml.AngleEmbedding(inputs, wires=range(2))
        qml.Rot(*weight, wires=0)
        qml.CNOT((0, 1))
    return [qml.expval(qml.Z(0)), qml.expval(qml.X(1))]


@pytest.mark.parametrize("batch", [0, 1, 5])
def test_shapes(batch: int) -> None:
    layer = FusedTorchLayer(node(reuploading, 2), {"weights": (2, 3)}, n_models=N_MODELS)
    assert layer.weights.shape == (N_MODELS, 2, 3)
    assert layer(torch.rand(batch, 2)).shape == (N_MODELS, batch, 2)
    assert layer(torch.rand(N_MODELS, batch, 2)).shape == (N_MODELS, batch, 2)


def test_single_model_keeps_its_axis() -> None:
    layer = FusedTorchLayer(node(reuploading, 2), {"weights": (2, 3)}, n_models=1)
    assert layer.weights.shape == (1, 2, 3)
    assert layer(torch.rand(4, 2)).shape == (1, 4, 2)


def test_single_precision() -> None:
    layer = FusedTorchLayer(node(reuploading, 2), {"weights": (2, 3)}, n_models=N_MODELS)
    inputs = draw_inputs(4, 2)
    output = layer(inputs.float())
    assert output.dtype == torch.float32
    torch.testing.assert_close(output.double(), layer(inputs), **SINGLE)


def test_number_of_input_sets_must_match_models() -> None:
    layer = FusedTorchLayer(node(reuploading, 2), {"weights": (2, 3)}, n_models=N_MODELS)
    with pytest.raises(ValueError, match="3"):
        layer(torch.rand(N_MODELS + 1, 4, 2))


def test_models_fall_back_one_by_one() -> None:
    def spread(inputs, weights):
        qml.AngleEmbedding(inputs, wires=range(2))
        qml.Rot(*weights, wires=0)
        qml.CNOT((0, 1))
        return [qml.purity([0]), qml.var(qml.X(1))]

    layer = in_double(FusedTorchLayer, node(spread, 2), {"weights": 3}, n_models=N_MODELS)
    alone = in_double(qml.qnn.TorchLayer, node(spread, 2), {"weights": 3})
    with pytest.warns(FallbackWarning, match="purity"):
        layer(draw_inputs(4, 2))
    for inputs in (draw_inputs(4, 2), draw_inputs(N_MODELS, 4, 2)):
        side_by_side(layer, alone, inputs)
