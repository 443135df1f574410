"""PennyLane's templates, each as lines of source code."""

from __future__ import annotations

PREPARED = "qml.AngleEmbedding(inputs, wires=[0, 1, 2], rotation='Y')"
BLOCK = "lambda weights, wires: [qml.RY(weights[0], wires[0]), qml.CNOT(wires)]"

TEMPLATES: dict[str, list[str]] = {
    "AngleEmbedding": [
        "qml.AngleEmbedding(inputs, wires=[2, 0, 1], rotation='X')",
        "qml.AngleEmbedding(inputs, wires=[0, 1, 2], rotation='Y')",
        "qml.Hadamard(0); qml.Hadamard(1); qml.AngleEmbedding(inputs, wires=[0, 1, 2], rotation='Z')",
        "qml.AngleEmbedding(weights[:2] * inputs[..., :2], wires=[0, 1, 2])",
    ],
    "AmplitudeEmbedding": [
        "qml.AmplitudeEmbedding(inputs, wires=[2, 0], pad_with=0.3, normalize=True)",
        "qml.AmplitudeEmbedding(inputs, wires=[0, 1, 2], pad_with=0.0, normalize=True)",
        "qml.AmplitudeEmbedding(torch.cat([inputs, inputs[..., :1]], -1), wires=[1, 2], normalize=True)",
        "qml.AmplitudeEmbedding(torch.nn.functional.normalize(inputs[..., :2], dim=-1), wires=[1])",
    ],
    "BasisEmbedding": [
        "qml.BasisEmbedding(5, wires=[2, 0, 1]); qml.RX(inputs[..., 0], wires=0)",
        "qml.BasisEmbedding([1, 0, 1], wires=[2, 0, 1]); qml.RX(inputs[..., 0], wires=0)",
    ],
    "IQPEmbedding": [
        "qml.IQPEmbedding(inputs, wires=[0, 1, 2])",
        "qml.IQPEmbedding(inputs, wires=[2, 1, 0], n_repeats=2, pattern=[[0, 1], [0, 2]])",
    ],
    "QAOAEmbedding": [
        "qml.QAOAEmbedding(inputs, weights=spread(weights, 2, 6), wires=[0, 1, 2])",
        "qml.QAOAEmbedding(inputs, weights=spread(weights, 1, 6), wires=[0, 1, 2], local_field='X')",
    ],
    "StronglyEntanglingLayers": [
        f"{PREPARED}; qml.StronglyEntanglingLayers(spread(weights, 3, 4, 3), wires=[0, 1, 2, 3])",
        f"{PREPARED}; qml.StronglyEntanglingLayers(spread(weights, 2, 3, 3), wires=[2, 0, 1], "
        "imprimitive=qml.CZ)",
    ],
    "BasicEntanglerLayers": [
        f"{PREPARED}; qml.BasicEntanglerLayers(spread(weights, 2, 3), wires=[0, 1, 2])",
        f"{PREPARED}; qml.BasicEntanglerLayers(spread(weights, 2, 2), wires=[0, 1], rotation=qml.RZ)",
    ],
    "RandomLayers": [f"{PREPARED}; qml.RandomLayers(spread(weights, 2, 4), wires=[0, 1, 2], seed=1)"],
    "SimplifiedTwoDesign": [
        f"{PREPARED}; qml.SimplifiedTwoDesign(spread(weights, 3), spread(weights, 2, 2, 2), wires=[0, 1, 2])"
    ],
    "GateFabric": [
        f"{PREPARED}; qml.GateFabric(spread(weights, 2, 1, 2), wires=[0, 1, 2, 3], init_state=[1, 1, 0, 0])",
    ],
    "ParticleConservingU1": [
        "qml.ParticleConservingU1(spread(weights, 2, 2, 2), wires=[0, 1, 2], init_state=[1, 1, 0]);"
        "qml.RX(inputs[..., 1], wires=1)"
    ],
    "ParticleConservingU2": [
        "qml.ParticleConservingU2(spread(weights, 2, 5), wires=[0, 1, 2], init_state=[1, 1, 0]);"
        "qml.RX(inputs[..., 1], wires=1)"
    ],
    "TwoLocalSwapNetwork": [
        f"{PREPARED}; qml.TwoLocalSwapNetwork([0, 1, 2], "
        "acquaintances=lambda index, wires, param: qml.CRY(param, wires=index), weights=spread(weights, 3))"
    ],
    "MERA": [f"{PREPARED}; qml.MERA(range(4), 2, {BLOCK}, 1, spread(weights, 5, 1))"],
    "MPS": [f"{PREPARED}; qml.MPS(range(4), 2, {BLOCK}, 1, spread(weights, 3, 1))"],
    "TTN": [f"{PREPARED}; qml.TTN(range(4), 2, {BLOCK}, 1, spread(weights, 3, 1))"],
    "ArbitraryStatePreparation": [
        "qml.ArbitraryStatePreparation(spread(weights, 6), wires=[0, 1]); qml.RX(inputs[..., 0], wires=0)"
    ],
    "CosineWindow": ["qml.CosineWindow(wires=[0, 1, 2]); qml.RX(inputs[..., 0], wires=0)"],
    "MottonenStatePreparation": [
        "qml.MottonenStatePreparation(UNITARY_2[0], wires=[2, 1]); qml.RX(inputs[..., 0], wires=1)"
    ],
    "MultiplexerStatePreparation": [
        "qml.MultiplexerStatePreparation(UNITARY_2[0], wires=[2, 1]); qml.RX(inputs[..., 0], wires=1)"
    ],
    "QFT": [f"{PREPARED}; qml.QFT(wires=[2, 0, 1])", f"{PREPARED}; qml.adjoint(qml.QFT(wires=[0, 1, 3]))"],
    "AQFT": [f"{PREPARED}; qml.AQFT(order=1, wires=[2, 0, 1])"],
    "GroverOperator": [f"{PREPARED}; qml.GroverOperator(wires=[2, 0, 1])"],
    "FlipSign": [f"{PREPARED}; qml.FlipSign([1, 0], wires=[2, 0])"],
    "Permute": [f"{PREPARED}; qml.Permute([2, 0, 1], wires=[0, 1, 2])"],
    "Reflection": [f"{PREPARED}; qml.Reflection(qml.Hadamard(0) @ qml.RX(shift, 1), 0.4)"],
    "AllSinglesDoubles": [
        f"qml.AllSinglesDoubles(spread(weights, 3), wires=[0, 1, 2, 3], hf_state=np.array([1, 1, 0, 0]), "
        f"singles=[[0, 2], [1, 3]], doubles=[[0, 1, 2, 3]]); {PREPARED}"
    ],
    "UCCSD": [
        f"qml.UCCSD(spread(weights, 2), wires=[0, 1, 2, 3], s_wires=[[0, 1, 2]], "
        f"d_wires=[[[0, 1], [2, 3]]], init_state=np.array([1, 1, 0, 0])); {PREPARED}"
    ],
    "kUpCCGSD": [
        f"qml.kUpCCGSD(spread(weights, 1, 6), wires=[0, 1, 2, 3], k=1, delta_sz=0, "
        f"init_state=np.array([1, 1, 0, 0])); {PREPARED}"
    ],
    "FermionicSingleExcitation": [f"{PREPARED}; qml.FermionicSingleExcitation(shift, wires=[0, 1, 2])"],
    "FermionicDoubleExcitation": [
        f"{PREPARED}; qml.FermionicDoubleExcitation(shift, wires1=[0, 1], wires2=[2, 3])"
    ],
    "BasisRotation": [f"{PREPARED}; qml.BasisRotation(wires=[0, 1], unitary_matrix=UNITARY_1)"],
    "ArbitraryUnitary": [f"{PREPARED}; qml.ArbitraryUnitary(spread(weights, 15), wires=[2, 0])"],
    "ControlledSequence": [f"{PREPARED}; qml.ControlledSequence(qml.RX(shift, wires=3), control=[0, 1])"],
    "QuantumPhaseEstimation": [
        f"{PREPARED}; qml.QuantumPhaseEstimation(qml.RX(shift, wires=0), estimation_wires=[1, 2])"
    ],
    "HilbertSchmidt": [f"{PREPARED}; qml.HilbertSchmidt(V=[qml.RZ(0.3, wires=1)], U=[qml.Hadamard(0)])"],
    "LocalHilbertSchmidt": [
        f"{PREPARED}; qml.LocalHilbertSchmidt(V=[qml.RZ(0.3, wires=1)], U=[qml.Hadamard(0)])"
    ],
    "FABLE": [f"{PREPARED}; qml.FABLE(np.array([[0.1, 0.2], [0.3, -0.4]]), wires=[0, 1, 2], tol=0)"],
    "QSVT": [
        f"{PREPARED}; qml.QSVT(qml.BlockEncode([[0.1, 0.2], [0.3, 0.4]], wires=[0, 1]), "
        "[qml.PCPhase(weights[0], dim=2, wires=[0, 1]), qml.PCPhase(weights[1], dim=2, wires=[0, 1])])"
    ],
    "GQSP": [f"{PREPARED}; qml.GQSP(qml.RX(0.3, wires=1), spread(weights, 3, 3), control=3)"],
    "Qubitization": [f"{PREPARED}; qml.Qubitization(0.3 * qml.Z(0) + 0.4 * qml.X(1), control=[3])"],
    "PrepSelPrep": [f"{PREPARED}; qml.PrepSelPrep(0.3 * qml.Z(0) + 0.4 * qml.X(1), control=[3])"],
    "Select": [f"{PREPARED}; qml.Select([qml.X(1), qml.RY(shift, 1)], control=[0])"],
    # About other axes, PennyLane's decomposition for torch parameters loses an imaginary part.
    "SelectPauliRot": [
        f"{PREPARED}; qml.SelectPauliRot(spread(weights, 4), control_wires=[0, 1], "
        "target_wire=2, rot_axis='Z')"
    ],
    "AmplitudeAmplification": [
        f"{PREPARED}; qml.AmplitudeAmplification(qml.Hadamard(0), qml.FlipSign([1], wires=[0]), iters=2)"
    ],
    "ApproxTimeEvolution": [
        f"{PREPARED}; qml.ApproxTimeEvolution(qml.dot([0.5, 1.2], [qml.X(0), qml.Z(0) @ qml.Y(1)]), shift, 2)"
    ],
    "CommutingEvolution": [
        f"{PREPARED}; qml.CommutingEvolution(qml.dot([0.5, 1.2], [qml.X(0), qml.X(0) @ qml.X(1)]), shift)"
    ],
    "TrotterProduct": [
        f"{PREPARED}; qml.TrotterProduct(qml.dot([0.5, 1.2], [qml.X(0), qml.Z(0) @ qml.Y(1)]), 0.3, order=2)"
    ],
    "QDrift": [f"{PREPARED}; qml.QDrift(qml.dot([0.5, 1.2], [qml.X(0), qml.Z(1)]), 0.3, n=3, seed=1)"],
    "Adder": [f"{PREPARED}; qml.Adder(1, x_wires=[0, 1])"],
    "PhaseAdder": [f"{PREPARED}; qml.PhaseAdder(1, x_wires=[0, 1])"],
    "OutAdder": [f"{PREPARED}; qml.OutAdder(x_wires=[0], y_wires=[1], output_wires=[2, 3])"],
    "OutMultiplier": [f"{PREPARED}; qml.OutMultiplier(x_wires=[0], y_wires=[1], output_wires=[2, 3])"],
    "OutPoly": [
        f"{PREPARED}; qml.OutPoly(lambda x, y: x + 2 * y, input_registers=[[0], [1]], output_wires=[2, 3])"
    ],
    "SemiAdder": [f"{PREPARED}; qml.SemiAdder(x_wires=[0, 1], y_wires=[2, 3], work_wires=[4])"],
    "Multiplier": [f"{PREPARED}; qml.Multiplier(3, x_wires=[0, 1], work_wires=[2, 3])"],
    "ModExp": [f"{PREPARED}; qml.ModExp(x_wires=[0], output_wires=[1, 2], base=3, mod=4, work_wires=[3, 4])"],
    "QROM": [f"{PREPARED}; qml.QROM(['01', '10'], control_wires=[0], target_wires=[1, 2], work_wires=None)"],
    "IQP": [f"{PREPARED}; qml.IQP([0.3, 0.7], num_wires=2, pattern=[[[0]], [[0, 1]]])"],
    "Superposition": [
        "qml.Superposition([0.6, 0.8], bases=[[0, 1], [1, 1]], wires=[0, 1], work_wire=2);"
        "qml.RX(inputs[..., 0], wires=0)"
    ],
    "QuantumMonteCarlo": [
        "qml.QuantumMonteCarlo([0.3, 0.7], lambda i: i / 2, target_wires=[0, 1], estimation_wires=[2, 3]);"
        "qml.RX(inputs[..., 0], wires=0)"
    ],
    "SelectOnlyQRAM": [f"{PREPARED}; qml.SelectOnlyQRAM(['1', '0'], control_wires=[0], target_wires=[1])"],
    "BBQRAM": [
        f"{PREPARED}; qml.BBQRAM(['1', '0'], control_wires=[0], target_wires=[1], work_wires=[2, 3, 4, 5])"
    ],
    "QROMStatePreparation": [
        "qml.QROMStatePreparation([0.6, 0.8], wires=[0], precision_wires=[1, 2], work_wires=[3]);"
        "qml.RX(inputs[..., 0], wires=0)"
    ],
    "MPSPrep": [
        "qml.MPSPrep([np.array([[0.0, 0.6], [0.8, 0.0]]), np.eye(2)], wires=[0, 1], work_wires=[2]);"
        "qml.RX(inputs[..., 0], wires=0)"
    ],
    "TemporaryAND": ["qml.RX(inputs[..., 0], wires=0); qml.Hadamard(1); qml.TemporaryAND(wires=[0, 1, 2])"],
    "TrotterizedQfunc": [
        f"{PREPARED}; qml.trotterize(lambda time, angle, wires: [qml.RX(time * angle, wires[0]), "
        "qml.CNOT(wires)], n=2, order=2)(0.3, shift, wires=[0, 1])"
    ],
}

NOT_COMPARED = {
    "CVNeuralNetLayers": "acts on modes of light",
    "DisplacementEmbedding": "acts on modes of light",
    "HybridQRAM": "needs more wires than fit a quick test",
    "Interferometer": "acts on modes of light",
    "QutritBasisStatePreparation": "acts on qutrits",
    "SqueezingEmbedding": "acts on modes of light",
    "SumOfSlatersPrep": "default.qubit refuses it",
}
