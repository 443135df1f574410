"""HTML of the pipeline, the tables and the bars. Every text from outside is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from pages._shared.glossary import GLOSSARY
from qenn_core.comparison import Comparison, ModelResult
from qenn_core.experiment import ExperimentSpec, label_of
from qenn_core.plots import SYMBOL_CHARACTERS
from qenn_core.registry import ENCODINGS
from qenn_core.text import count

if TYPE_CHECKING:
    from qenn_core.model import ModelShape

_PARTS = "Training, validation and test rows"
_ACCURACIES = ("Train", "Validation", "Test")
_MODEL_COLUMNS = (*_ACCURACIES, "F1", "AUC", "Parameters", "Epochs", "Seconds")
_REDUCTIONS = {"pca": "PCA", "kbest": "best", "linear": "linear layer"}


class Stage(NamedTuple):
    """One stage of the pipeline."""

    role: str
    """CSS class that colours it: ``"encoding"``, ``"quantum"``, ``"classical"`` or empty."""
    title: str
    detail: str
    meaning: str = ""
    """Explanation of the title."""


class TableRow(NamedTuple):
    """A row of a table with a heading."""

    heading: str
    cells: Sequence[str]


def term(text: str, meaning: str = "") -> str:
    """Return a word that explains itself when it is pointed at, focused or tapped; see ``terms.js``.

    Parameters
    ----------
    text : str
        The word as it stands.
    meaning : str
        Its explanation; by default that of the glossary.
    """
    explanation = escape(meaning or GLOSSARY[text], quote=True)
    return f'<button type="button" class="qenn-term" data-meaning="{explanation}">{escape(text)}</button>'


def round_to_two_digits(number: int) -> str:
    """Return a number rounded to two digits: ``8,900``, ``1.9 million``."""
    power = max(len(str(number)) - 2, 0)
    number = round(number, -power)
    for name, size in (("billion", 10**9), ("million", 10**6)):
        if number >= size:
            return f"{number / size:,g} {name}"
    return f"{number:,}"


def circuit_runs_sentence(n_circuits: int, shots: int) -> str:
    """Return a sentence about the circuits that a training would run on a quantum computer.

    Parameters
    ----------
    n_circuits : int
        Number of circuits, by the parameter-shift rule.
    shots : int
        Measurements per circuit; 0 if expectation values are exact.
    """
    measured = f" of {count(shots, 'shot')}" if shots else ", each measured many times"
    return (
        f"On a quantum computer: about {round_to_two_digits(n_circuits)} circuits{measured}, by the "
        "parameter-shift rule."
    )


def pipeline(spec: ExperimentSpec, shape: ModelShape, n_features: int, data_name: str) -> str:
    """Return the pipeline from the data to the prediction, with the size of each stage.

    Parameters
    ----------
    spec : ExperimentSpec
        The experiment.
    shape : ModelShape
        Sizes of its model.
    n_features : int
        Number of features before reduction.
    data_name : str
        Name of the data.
    """
    features = count(n_features, "feature")
    n_numbers = shape.n_encoded - spec.encoding.appends_constant
    if n_features != n_numbers:
        features += f" → {n_numbers} ({_REDUCTIONS[spec.encoding.reduction]})"
    constant = " and a constant" if spec.encoding.appends_constant else ""
    return stages(
        [
            Stage("", data_name, features),
            Stage(
                "encoding",
                ENCODINGS[spec.encoding.kind].label,
                f"{count(n_numbers, 'number')}{constant} → {count(shape.n_qubits, 'qubit')}",
                ENCODINGS[spec.encoding.kind].help,
            ),
            Stage(
                "quantum",
                "Variational circuit",
                f"{count(spec.circuit.n_layers, 'layer')} · {count(shape.n_angles, 'angle')} · "
                f"{label_of('circuit.entanglement', spec.circuit.entanglement).lower()}",
                GLOSSARY["Variational circuit"],
            ),
            Stage(
                "quantum",
                "Measurement",
                f"{count(shape.n_expectations, 'expectation value')} ⟨Z⟩",
                GLOSSARY["Expectation value ⟨Z⟩"],
            ),
            Stage(
                "classical",
                "Classical layers",
                f"{' → '.join(map(str, shape.classical_sizes))} · "
                f"{count(shape.parameters['classical'], 'weight')}",
            ),
            Stage("", "Prediction", count(shape.n_classes, "class", "classes")),
        ]
    )


def headline(sentence: str) -> str:
    """Return the result of a run in one sentence, which screen readers read out when it appears."""
    return f'<p class="qenn-headline" role="status">{escape(sentence)}</p>'


def stages(stages: Sequence[Stage]) -> str:
    """Return the stages of a pipeline as a list."""
    items = "".join(
        f'<li class="{stage.role}">'
        f"<b>{term(stage.title, stage.meaning) if stage.meaning else escape(stage.title)}</b>"
        f"<span>{escape(stage.detail)}</span></li>"
        for stage in stages
    )
    return f'<ol class="qenn-strip" aria-label="Pipeline, with the size of each stage">{items}</ol>'


def model_table(comparison: Comparison) -> str:
    """Return the scores of all models as a table, the QENN first."""
    groups = (
        '<tr><th rowspan="2" scope="col">Model</th>'
        f'<th colspan="3" scope="colgroup">{term("Accuracy")}, %</th>'
        '<th colspan="2" scope="colgroup">Test rows</th><th colspan="3" scope="colgroup">Effort</th></tr>'
    )
    parts = [term(part, GLOSSARY[_PARTS]) for part in _ACCURACIES]
    scores = [term(name) for name in ("F1", "AUC", "Parameters")]
    columns = _header_of_html((*parts, *scores, term("Epochs", GLOSSARY["Epoch"]), "Seconds"))
    body = "".join(_model_row(row) for row in comparison.rows)
    return _table(groups + columns, body, "qenn-models", "Scores of all models")


def _model_row(result: ModelResult) -> str:
    cells = (
        f"{100 * result.train.accuracy:.1f}",
        f"{100 * result.validation.accuracy:.1f}",
        f"<b>{100 * result.test.accuracy:.1f}</b>",
        f"{result.test.macro_f1:.2f}",
        "–" if result.test.roc_auc is None else f"{result.test.roc_auc:.2f}",
        f"{result.parameters:,}",
        "–" if result.epochs is None else str(result.epochs),
        f"{result.seconds:.2f}" if result.seconds >= 0.01 else "&lt; 0.01",
    )
    name, _, detail = result.name.partition(" (")
    remarks = [f"<small>{escape(text)}</small>" for text in (detail.rstrip(")"), result.remark) if text]
    return (
        f'<tr class="{result.kind}"><td>{escape(name)}{"".join(remarks)}</td>'
        # On a phone, each cell is a line of its own with its heading.
        + "".join(
            f'<td data-label="{heading}{" accuracy, %" if heading in _ACCURACIES else ""}">{cell}</td>'
            for heading, cell in zip(_MODEL_COLUMNS, cells, strict=True)
        )
        + "</tr>"
    )


def confusion_table(result: ModelResult, class_names: Sequence[str]) -> str:
    """Return the confusion matrix of the test rows; a cell is darker the more rows it counts."""
    largest = max(max(counts) for counts in result.test.confusion) or 1
    columns = "".join(f'<th scope="col" title="{escape(name)}">{escape(name)}</th>' for name in class_names)
    body = ""
    for name, counts in zip(class_names, result.test.confusion, strict=True):
        body += f'<tr><th scope="row">{escape(name)}</th>'
        for number in counts:
            opacity = round(55 * number / largest)
            body += (
                f'<td style="background:color-mix(in srgb, var(--qenn-{result.kind}) {opacity}%, '
                f'transparent)">'
                f"{number}</td>"
            )
        body += "</tr>"
    header = f"<tr><td>true class ↓ / predicted →</td>{columns}</tr>"
    return _table(header, body, "qenn-confusion", f"Confusion matrix of {result.name}")


def class_bars(class_names: Sequence[str], shares: Sequence[float], labels: Sequence[str]) -> str:
    """Return one bar per class, in the colour of the class.

    Parameters
    ----------
    class_names : sequence of str
        The classes.
    shares : sequence of float
        Length of each bar, 0 to 1.
    labels : sequence of str
        What each length means, such as ``"12 rows"``.
    """
    items = "".join(
        f"<li><span>{escape(name)}</span><b>{escape(label)}</b>"
        f'<i style="width:{100 * share:.1f}%;background:var(--qenn-class-{number})"></i></li>'
        for number, (name, share, label) in enumerate(zip(class_names, shares, labels, strict=True))
    )
    return f'<ul class="qenn-bars">{items}</ul>'


def text_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows of text as a table."""
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f'<table class="qenn-table qenn-prose"><thead>{_header(columns)}</thead><tbody>{body}</tbody></table>'
    )


def definitions(words: Iterable[tuple[str, str]]) -> str:
    """Return words with their meaning as a list."""
    items = "".join(
        f"<div><dt>{escape(word)}</dt><dd>{escape(meaning)}</dd></div>" for word, meaning in words
    )
    return f'<dl class="qenn-definitions">{items}</dl>'


def run_table(names: Sequence[str], results: Sequence[TableRow], settings: Sequence[TableRow]) -> str:
    """Return several runs as the columns of a table.

    Parameters
    ----------
    names : sequence of str
        Names of the runs.
    results, settings : sequence of TableRow
        Results, and settings that differ, with one cell per run.
    """
    columns = "".join(
        f'<th scope="col"><i style="color:var(--qenn-run-{number})" aria-hidden="true">'
        f"{SYMBOL_CHARACTERS[number]}</i> "
        f"{escape(name)}</th>"
        for number, name in enumerate(names)
    )
    groups = [("Results", results), ("Settings that differ", settings)]
    body = "".join(_row_group(title, rows, len(names)) for title, rows in groups if rows)
    return _table(f"<tr><td></td>{columns}</tr>", body, "qenn-compared", "Results and settings of the runs")


def _row_group(title: str, rows: Sequence[TableRow], n_columns: int) -> str:
    lines = "".join(
        f'<tr><th scope="row">{escape(row.heading)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row.cells)
        + "</tr>"
        for row in rows
    )
    return f'<tr><th scope="colgroup" colspan="{n_columns + 1}" class="group">{title}</th></tr>{lines}'


def _header(titles: Sequence[str]) -> str:
    return _header_of_html(map(escape, titles))


def _header_of_html(titles: Iterable[str]) -> str:
    return "<tr>" + "".join(f'<th scope="col">{title}</th>' for title in titles) + "</tr>"


def _table(header: str, body: str, css_class: str, label: str) -> str:
    """Return a table that scrolls sideways where it is too wide, with the keyboard too."""
    return (
        f'<div class="qenn-scroll" role="group" tabindex="0" aria-label="{escape(label)}">'
        f'<table class="qenn-table {css_class}"><thead>{header}</thead><tbody>{body}</tbody></table></div>'
    )
