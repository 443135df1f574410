"""The Learn page: what a QENN is, what happens in a training, all catalogue entries, and a glossary."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from pages._shared import html
from pages._shared.html import Stage
from pages._shared.markdown import escape_markdown
from qenn_core.registry import ANSATZE, ENCODINGS, NOISE_CHANNELS, Entry

GLOSSARY = {
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
    "Balanced accuracy, F1, AUC": "Other scores for a classifier, which are not misleading when most rows belong to "
    "one class. A perfect model scores 1 in all three.",
    "95% interval": "The range that plausibly contains the true difference between two models. If it contains 0, the "
    "test rows cannot show which model is better.",
}


TRAINING = (
    "1. The data are **split** into training, validation and test rows. Every preparation step, from scaling to "
    "principal components, is fitted to the training rows only.\n"
    "2. For each small batch of rows, the network makes predictions, the **loss** measures how wrong they are, and "
    "the **optimizer** (Adam, for example) adjusts every angle and weight a little.\n"
    "3. After each epoch, the loss on the **validation rows** is calculated. When it stops falling, training stops, "
    "and the best weights so far are used.\n"
    "4. Only then are the **test rows** used, once, for the QENN and for logistic regression alike."
)

COMPARISON = (
    "The paper reports an accuracy of 86% for a QENN and 82% for logistic regression, on data that it does not "
    "name. Here you can ask the same question about your own data, and get an honest answer:\n"
    "- *Faster* is measured in **epochs and parameters**. In seconds, a quantum circuit that is simulated on an "
    "ordinary computer is always slower than a classical model.\n"
    "- A few percentage points on sixty test rows can be **chance**. The verdict below the table says whether "
    "they are.\n"
    "- Studies of many models find that small classical models are hard to beat, and that circuits **without "
    "entanglement** often do just as well. Try it: set *Entanglement* to *None*."
)


def help_of(entries: Iterable[Entry]) -> dict[str, str]:
    """Return the help of each entry of a catalogue, by its name."""
    return {entry.label: entry.help for entry in entries}


WORDS = {
    "Encodings": ("Ways to write the numbers of a row into qubits", help_of(ENCODINGS)),
    "Ansätze": ("Patterns of trainable gates", help_of(ANSATZE)),
    "Noise": ("Errors of real devices that can be simulated", help_of(NOISE_CHANNELS)),
    "Glossary": ("What the words on these pages mean", GLOSSARY),
}


def draw_sections() -> None:
    """Draw the sections, folded; a link can lead to the title of each."""
    for title, summary, text in (
        ("What happens during training", "Four steps, from the rows to the score", TRAINING),
        ("Is it faster? Is it better?", "What can be asked honestly, and how to ask it", COMPARISON),
    ):
        st.subheader(title)
        with st.expander(summary):
            st.markdown(text)
    for title, (summary, words) in WORDS.items():
        st.subheader(title)
        with st.expander(f"{summary} ({len(words)})"):
            st.html(html.definitions(words.items()))


def draw_found(wanted: str) -> None:
    """Draw the words that contain a text, or whose meaning does."""
    found = [
        (word, meaning)
        for _, words in WORDS.values()
        for word, meaning in words.items()
        if wanted.casefold() in f"{word} {meaning}".casefold()
    ]
    if found:
        st.html(html.definitions(found))
    else:
        st.markdown(f"No word or explanation on this page contains “{escape_markdown(wanted)}”.")


st.title("What is a QENN?")
st.markdown(
    "A **quantum-enhanced neural network** places a small quantum circuit with trainable angles between the data and "
    "ordinary neural network layers. All parts are trained together, by following the gradient of the loss."
)
st.html(
    html.stages(
        [
            Stage("", "1 · Data", "A row of scaled numbers"),
            Stage("encoding", "2 · Encoding", "The numbers rotate qubits"),
            Stage("quantum", "3 · Variational circuit", "Trainable rotations, linked qubits"),
            Stage("quantum", "4 · Measurement", "One average ⟨Z⟩ per qubit"),
            Stage("classical", "5 · Classical layers", "Weights, as in any neural network"),
            Stage("", "6 · Prediction", "One probability per class"),
        ]
    )
)
st.caption("The pipeline of “Quantum-Enhanced Neural Networks for Faster Training”, figure 1.")

wanted = st.text_input("Find a word", placeholder="such as shots, noise or AUC", width=400)
if wanted.strip():
    draw_found(wanted.strip())
else:
    draw_sections()
st.caption(
    escape_markdown(
        "Further reading: Bowles, Ahmed and Schuld, “Better than classical? The subtle art of benchmarking quantum "
        "machine learning models” (2024)."
    )
)
