"""The Learn page: what a QENN is, what happens in a training, all catalogue entries, and a glossary."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from pages._shared import html
from pages._shared.glossary import GLOSSARY
from pages._shared.html import Stage
from pages._shared.markdown import escape_markdown
from qenn_core.registry import ANSATZE, ENCODINGS, NOISE_CHANNELS, Entry

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
        st.markdown(f"No word or explanation on this page contains ‘{escape_markdown(wanted)}’.")


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
st.caption("The pipeline of ‘Quantum-Enhanced Neural Networks for Faster Training’, figure 1.")

wanted = st.text_input("Find a word", placeholder="such as shots, noise or AUC", width=400)
if wanted.strip():
    draw_found(wanted.strip())
else:
    draw_sections()
st.caption(
    escape_markdown(
        "Further reading: Bowles, Ahmed and Schuld, ‘Better than classical? The subtle art of benchmarking quantum "
        "machine learning models’ (2024)."
    )
)
