"""What a QENN is, how to read the Train page, and a glossary fed by the catalogues."""

from __future__ import annotations

import streamlit as st

from pages._shared import form, markup
from qenn_core.registry import ANSATZE, ENCODINGS, NOISE_CHANNELS, Entry, Registry

GLOSSARY = {
    "Qubit": "The unit of a quantum computer. A bit is 0 or 1; a qubit can be in a mix of both, described by "
    "two complex numbers. Together, n qubits are described by 2ⁿ numbers.",
    "Encoding": "The recipe that writes a row of ordinary numbers into qubits, for example as angles by which "
    "each qubit is turned.",
    "Variational circuit": "A fixed pattern of gates whose angles are not fixed: training finds them, as it "
    "finds the weights of an ordinary neural network.",
    "Layer": "One repetition of the pattern. More layers can express more, and are harder to train.",
    "Entanglement": "A link between qubits that makes their results depend on each other. Train the same circuit "
    "without it to see whether it helps on your data: often it does not.",
    "Expectation value ⟨Z⟩": "The average that a qubit shows when it is measured again and again: +1 if it is "
    "always 0, −1 if it is always 1, and anything between.",
    "Shots": "How often the circuit is run and measured to estimate an average. A simulator can also compute "
    "it exactly, which no real device can.",
    "Parameter-shift rule": "How a quantum computer finds out which way to turn an angle: it runs the circuit with "
    "the angle a quarter turn further, and a quarter turn back, and compares. A simulator can calculate it.",
    "Noise": "Errors of real devices. The app simulates them exactly, so that you can see what they do to "
    "learning.",
    "Loss": "How wrong the network is, as one number: the cross-entropy between its probabilities and the true "
    "classes. Training tries to make it small.",
    "Epoch": "One pass through all training rows.",
    "Training, validation and test rows": "The weights are found on the training rows; the validation rows "
    "decide when to stop; the test rows are used once, at the very end, for the score.",
    "Logistic regression": "The classical model that draws the best straight border between classes. It is "
    "fast and hard to beat on simple data, so it is the fair thing to compare with first.",
    "Balanced accuracy, F1, AUC": "Other views of being right, which are not fooled when one class has most "
    "of the rows. All are 1 for a perfect model.",
    "95 % interval": "The range in which the true difference between two models plausibly lies. If it "
    "contains 0, these test rows cannot tell which model is better.",
}


def catalogue(title: str, registry: Registry[Entry]) -> None:
    st.subheader(title)
    st.html(markup.rows_table(("Name", "What it does"), [(entry.label, entry.help) for entry in registry]))


st.title("What is a QENN?")
st.markdown(
    "A **quantum-enhanced neural network** is a small quantum circuit with trainable angles between ordinary "
    "data and ordinary neural layers. The whole chain is trained at once, by following the gradient of the loss."
)
st.html(
    markup.stages(
        [
            ("", "1 · Data", "A row of numbers, scaled"),
            ("encoding", "2 · Encoding", "The numbers turn qubits"),
            ("quantum", "3 · Variational circuit", "Trainable turns and links"),
            ("quantum", "4 · Measurement", "One average ⟨Z⟩ a qubit"),
            ("classical", "5 · Classical layers", "Weights, as in any network"),
            ("", "6 · Prediction", "A probability a class"),
        ]
    )
)
st.caption("The pipeline of “Quantum-Enhanced Neural Networks for Faster Training”, its figure 1.")

left, right = st.columns(2, gap="large")
with left:
    st.subheader("What happens in training")
    st.markdown(
        "1. The data are **split** first: training, validation and test rows. Whatever is fitted, from scaling "
        "to principal components, sees the training rows only.\n"
        "2. For each small batch of rows the network predicts, the **loss** says how wrong it was, and the "
        "**optimizer** (Adam) changes every angle and weight a little.\n"
        "3. After each epoch the loss on the **validation rows** is noted. If it no longer falls, training stops, "
        "and the best weights so far are kept.\n"
        "4. Only then are the **test rows** used, once, for the QENN and for logistic regression alike."
    )
with right:
    st.subheader("Is it faster? Is it better?")
    st.markdown(
        "The paper reports 86 % for a QENN and 82 % for logistic regression, on data that it does not name. Here "
        "you can ask the question on your own data, and get an honest answer:\n"
        "- *Faster* is counted in **epochs and parameters**. A quantum circuit that is simulated on an ordinary "
        "computer is slower in seconds than a classical model, always.\n"
        "- A few points more on sixty test rows can be **chance**. The verdict below the table says when it is.\n"
        "- Studies that compare many models find that small classical models are hard to beat, and that circuits "
        "**without entanglement** often do as well. Try it: set *Entanglement* to *None*."
    )

st.divider()
catalogue("Encodings", ENCODINGS)  # type: ignore[arg-type]
catalogue("Ansätze: patterns of trainable gates", ANSATZE)  # type: ignore[arg-type]
catalogue("Noise", NOISE_CHANNELS)  # type: ignore[arg-type]
st.subheader("Glossary")
st.html(markup.rows_table(("Word", "Meaning"), list(GLOSSARY.items())))
st.caption(
    form.plain(
        "Reading: Bowles, Ahmed and Schuld, “Better than classical? The subtle art of benchmarking quantum machine "
        "learning models” (2024)."
    )
)
