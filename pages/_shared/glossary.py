"""The words of the field, explained once for all pages."""

from __future__ import annotations

from collections.abc import Mapping

from qenn_core.experiment import field_of

# Settings whose description explains the term itself.
_SETTINGS = ("circuit.ansatz", "training.learning_rate", "training.batch_size", "training.patience")

_TERMS = {
    "Qubit": "The basic unit of a quantum computer. A bit is either 0 or 1; a qubit can be in a combination of both, "
    "described by two complex numbers. A system of n qubits is described by 2ⁿ numbers.",
    "Encoding": "The way a row of ordinary numbers is written into qubits, for example as the angles by which the "
    "qubits are rotated.",
    "Variational circuit": "A pattern of gates whose angles are adjustable. Training finds good angles, just as it "
    "finds the weights of an ordinary neural network.",
    "Layer": "One repetition of the pattern. More layers can represent more complex data, but are harder to train.",
    "Entanglement": "A link between qubits that makes their measurement results depend on each other. Train the same "
    "circuit without it to see whether it helps with your data: often it does not.",
    "Expectation value ⟨Z⟩": "The average result when a qubit is measured many times: +1 if it is always 0, −1 if it "
    "is always 1, and otherwise a value in between.",
    "Shots": "How many times the circuit is run and measured to estimate an average. A simulator can also calculate "
    "the average exactly, which no real device can.",
    "Parameter-shift rule": "How a quantum computer finds out in which direction to change an angle: it runs the "
    "circuit with the angle a quarter turn forward and a quarter turn back, and compares the results. A simulator can "
    "calculate the direction instead.",
    "Noise": "Errors of real quantum devices. The app simulates their average effect exactly, so that you can see how "
    "they affect training.",
    "Loss": "A number for how wrong the network is: the cross-entropy between the predicted probabilities and the "
    "true classes. Training tries to make it small.",
    "Epoch": "One pass through all training rows.",
    "Training, validation and test rows": "The training rows are used to find the weights. The validation rows decide "
    "when to stop. The test rows are used only once, at the very end, to calculate the score.",
    "Logistic regression": "The classical model that draws the best straight boundary between classes. It is fast and "
    "hard to beat on simple data, which makes it a fair first comparison.",
    "Accuracy": "The share of rows that are classified correctly.",
    "F1": "A score that is not misleading when most rows belong to one class: for each class, it combines how many "
    "of its rows were found with how many of the rows assigned to it are right. A perfect model scores 1.",
    "AUC": "How often a row of a class gets a higher probability for it than a row of another class, if one of each is "
    "drawn at random: 0.5 is guessing, 1 is perfect.",
    "Parameters": "The numbers that training adjusts: the angles of the circuit and the weights of the classical "
    "layers.",
    "Principal components": "New features, each a mixture of the old ones, chosen so that a few of them keep as much "
    "of the differences between rows as possible.",
    "95% interval": "The range that plausibly contains the true difference between two models. If it contains 0, the "
    "test rows cannot show which model is better.",
}

GLOSSARY: Mapping[str, str] = _TERMS | {
    str(field_of(path).title): str(field_of(path).description) for path in _SETTINGS
}


def meaning_of(name: str) -> str:
    """Return the meaning of a setting's name, if its description does not give it; otherwise empty."""
    return _TERMS.get(name) or _TERMS.get(name.removesuffix("s"), "")
