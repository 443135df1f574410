"""HTML of the strip and the tables. Every text from outside is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from pages._shared.form import name_of
from qenn_core.comparison import Comparison, ModelResult
from qenn_core.experiment import ExperimentSpec
from qenn_core.plots import RUN_CHARACTERS
from qenn_core.registry import ENCODINGS
from qenn_core.text import count

if TYPE_CHECKING:
    from qenn_core.model import ModelShape


# The title of a row and its cells.
Line = tuple[str, Sequence[str]]

_REDUCERS = {"pca": "PCA", "kbest": "best", "linear": "linear layer"}


def rounded(number: int) -> str:
    """Return a number in words, to two digits: ``8,900``, ``1.9 million``."""
    power = max(len(str(number)) - 2, 0)
    number = round(number, -power)
    for name, size in (("billion", 10**9), ("million", 10**6)):
        if number >= size:
            return f"{number / size:,g} {name}"
    return f"{number:,}"


def quantum_computer(circuits: int, shots: int) -> str:
    """Return the sentence that says what a training would ask of a quantum computer."""
    measured = f" of {count(shots, 'shot')}" if shots else ", each measured many times"
    return (
        f"On a quantum computer: about {rounded(circuits)} circuits{measured}, by the parameter-shift rule."
    )


def strip(spec: ExperimentSpec, shape: ModelShape, n_features: int, data_name: str) -> str:
    """Return the pipeline of the paper's figure 1, each stage with its shape."""
    encoding = ENCODINGS[spec.encoding.kind].label
    features = count(n_features, "feature")
    if n_features != shape.n_encoded:
        features += f" → {shape.n_encoded} ({_REDUCERS[spec.encoding.reduction]})"
    weights = shape.parameters["classical"]
    return stages(
        [
            ("", data_name, features),
            ("encoding", encoding, f"{count(shape.n_encoded, 'number')} → {count(shape.n_qubits, 'qubit')}"),
            (
                "quantum",
                "Variational circuit",
                f"{count(spec.circuit.n_layers, 'layer')} · {count(shape.n_angles, 'angle')} · "
                f"{name_of('circuit.entanglement', spec.circuit.entanglement).lower()}",
            ),
            ("quantum", "Measurement", f"{count(shape.n_expectations, 'expectation')} ⟨Z⟩"),
            (
                "classical",
                "Classical layers",
                f"{' → '.join(map(str, shape.classical_sizes))} · {count(weights, 'weight')}",
            ),
            ("", "Prediction", count(shape.n_classes, "class", "classes")),
        ]
    )


def stages(stages: Sequence[tuple[str, str, str]]) -> str:
    items = "".join(
        f'<li class="{kind}"><b>{escape(title)}</b><span>{escape(text)}</span></li>'
        for kind, title, text in stages
    )
    return f'<ol class="qenn-strip" aria-label="The pipeline, with the size of each stage">{items}</ol>'


def comparison_table(comparison: Comparison) -> str:
    """Return the table of all models, the QENN first."""
    groups = (
        '<tr><th rowspan="2" scope="col">Model</th><th colspan="3" scope="colgroup">Accuracy, %</th>'
        '<th colspan="2" scope="colgroup">Test rows</th><th colspan="3" scope="colgroup">Effort</th></tr>'
    )
    columns = _head(("Train", "Validation", "Test", "F1", "AUC", "Parameters", "Epochs", "Seconds"))
    return _table(groups + columns, "".join(_model_row(row) for row in comparison.rows), "qenn-models")


def _model_row(row: ModelResult) -> str:
    cells = (
        f"{100 * row.train.accuracy:.1f}",
        f"{100 * row.validation.accuracy:.1f}",
        f"<b>{100 * row.test.accuracy:.1f}</b>",
        f"{row.test.macro_f1:.2f}",
        "–" if row.test.roc_auc is None else f"{row.test.roc_auc:.2f}",
        f"{row.parameters:,}",
        "–" if row.epochs is None else str(row.epochs),
        f"{row.seconds:.2f}" if row.seconds >= 0.01 else "&lt; 0.01",
    )
    name, _, detail = row.name.partition(" (")
    remarks = [f"<small>{escape(text)}</small>" for text in (detail.rstrip(")"), row.remark) if text]
    return (
        f'<tr class="{row.kind}"><td>{escape(name)}{"".join(remarks)}</td>'
        + "".join(f"<td>{cell}</td>" for cell in cells)
        + "</tr>"
    )


def confusion_table(row: ModelResult, class_names: Sequence[str]) -> str:
    """Return the confusion matrix of the test rows, darker where more rows are."""
    most = max(max(line) for line in row.test.confusion) or 1
    body = ""
    for name, line in zip(class_names, row.test.confusion, strict=True):
        body += f"<tr><td>{escape(name)}</td>"
        for number in line:
            share = round(55 * number / most)
            body += (
                f'<td style="background:color-mix(in srgb, var(--qenn-{row.kind}) {share}%, transparent)">'
                f"{number}</td>"
            )
        body += "</tr>"
    return _table(_head(("is ↓ · told as →", *class_names)), body, "qenn-confusion")


def bars(names: Sequence[str], shares: Sequence[float], words: Sequence[str]) -> str:
    """Return a bar a class, in its colour: its share of the whole, 0 to 1, and that in words."""
    items = "".join(
        f"<li><span>{escape(name)}</span><b>{escape(word)}</b>"
        f'<i style="width:{100 * share:.1f}%;background:var(--qenn-class-{number})"></i></li>'
        for number, (name, share, word) in enumerate(zip(names, shares, words, strict=True))
    )
    return f'<ul class="qenn-bars">{items}</ul>'


def rows_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return plain rows of text as a table."""
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return _table(_head(columns), body, "qenn-prose")


def side_by_side(
    names: Sequence[str],
    results: Sequence[Line],
    settings: Sequence[Line],
) -> str:
    """Return several runs as the columns of a table: what came of them, then the settings that differ."""
    columns = "".join(
        f'<th scope="col"><i style="color:var(--qenn-run-{number})" aria-hidden="true">'
        f"{RUN_CHARACTERS[number]}</i> "
        f"{escape(name)}</th>"
        for number, name in enumerate(names)
    )
    groups = [("Results", results), ("Settings that differ", settings)]
    body = "".join(_group(title, rows, len(names)) for title, rows in groups if rows)
    return _table(f"<tr><td></td>{columns}</tr>", body, "qenn-compared")


def _group(title: str, rows: Sequence[Line], width: int) -> str:
    lines = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        + "</tr>"
        for name, cells in rows
    )
    return f'<tr><th scope="colgroup" colspan="{width + 1}" class="group">{title}</th></tr>{lines}'


def _head(titles: Sequence[str]) -> str:
    return "<tr>" + "".join(f'<th scope="col">{escape(title)}</th>' for title in titles) + "</tr>"


def _table(head: str, body: str, kind: str = "") -> str:
    return (
        f'<div class="qenn-scroll"><table class="qenn-table {kind}"><thead>{head}</thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
