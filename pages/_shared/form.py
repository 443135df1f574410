"""Widgets for the settings: each is drawn from the spec and writes back to it."""

from __future__ import annotations

from typing import Any

import streamlit as st
from pydantic.fields import FieldInfo

from pages._shared import state
from qenn_core.errors import QennError
from qenn_core.experiment import CSV, bounds, choices, entry_of, field_of
from qenn_core.model import InfeasibleError, largest_circuit
from qenn_core.registry import DATASETS, Param, Scalar

# Values of the spec that have no catalogue entry to name them.
_NAMES: dict[str, dict[Any, str]] = {
    "encoding.reduction": {
        "pca": "Principal components",
        "kbest": "Best features",
        "linear": "Trainable linear layer",
    },
    "circuit.entanglement": {
        "ring": "Ring",
        "linear": "Chain",
        "all": "All pairs",
        "none": "None (no entanglement)",
    },
    "noise.placement": {"gate": "Every gate", "layer": "Every layer"},
    "head.activation": {"relu": "ReLU", "tanh": "tanh", "sigmoid": "Sigmoid"},
    "training.optimizer": {"adam": "Adam", "sgd": "SGD", "rmsprop": "RMSprop"},
    "engine.kind": {"fused": "Compiled (fast)", "pennylane": "PennyLane"},
    "engine.gradient": {"backprop": "Exact", "parameter-shift": "As on a quantum computer"},
}
# Steps on the way between the bounds, where one unit is not the natural one.
_RATES = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_SHOTS = (0, 10, 30, 100, 300, 1000, 3000, 10_000)


def complaint(place: str) -> None:
    """Show what is wrong at a control, right below it."""
    error = state.complaints().get(place)
    if error:
        refuse(error, place)


def refuse(error: QennError, place: str) -> None:
    """Show why something cannot be; where settings near by would do, with a button that takes them."""
    show(error)
    if isinstance(error, InfeasibleError) and error.nearest is not None:
        st.button(
            f"Use {error.nearest.change}",
            key=f"nearest:{place}",
            icon=":material/tune:",
            on_click=state.settle_for,
            args=(place, error.nearest.spec),
        )


def show(error: Any, *, choice_left: bool = False) -> None:
    """Show what happened, why, and what to do: as an error, or as a choice that is left to the user."""
    parts = (f"**{plain(error.what)}**", plain(error.why), plain(error.remedy))
    (st.info if choice_left else st.error)(" ".join(part for part in parts if part))


def plain(text: str) -> str:
    """Return `text` so that Markdown shows it as it is."""
    for sign in "\\`*_{}[]()<>#+-.!|~$:":
        text = text.replace(sign, f"\\{sign}")
    return text


def prepare(path: str, value: Any, *variant: Any) -> str:
    """Set the widget of a field to the spec's value before it is drawn; return the widget's key."""
    key = f"field:{path}"
    settle(key, value, *variant)
    return key


def settle(key: str, value: Any, *variant: Any) -> None:
    """Give a widget its value before it is drawn, unless it has it.

    A value that is written is sent to the browser, where it would overwrite what the user has done since.
    To Streamlit the widget is another one, which starts without a value, on another page and where
    `variant` differs, such as a slider's ends.
    """
    # One entry for all: Streamlit goes through every entry of the session for each widget that it draws.
    drawn = st.session_state.setdefault("drawn as", {})
    widget = (state.page(), *variant)
    if key not in st.session_state or st.session_state[key] != value or drawn.get(key) != widget:
        st.session_state[key] = value
        drawn[key] = widget


def changed(path: str, key: str, convert: Any = None) -> None:
    """Put a widget's new value into the spec."""
    value = st.session_state[key]
    state.change(**{path: convert(value) if convert else value})


def _get(path: str) -> Any:
    value: Any = state.spec()
    for name in path.split("."):
        value = getattr(value, name)
    return value


def help_of(field: FieldInfo, more: str = "") -> str:
    """Return a field's one line of help, with more to say now."""
    return " ".join(part for part in (field.description or "", more) if part)


def name_of(path: str, value: Any) -> str:
    """Return the label of one of a field's choices."""
    return _NAMES[path][value] if path in _NAMES else entry_of(path, value).label


def choice(path: str) -> None:
    """Draw a menu of a field's choices; the help of the chosen one is part of its own."""
    field, value = field_of(path), _get(path)
    about = "" if path in _NAMES else f"**{name_of(path, value)}**: {entry_of(path, value).help}"
    key = prepare(path, value)
    st.selectbox(
        str(field.title),
        choices(path),
        key=key,
        format_func=lambda item: name_of(path, item),
        on_change=changed,
        args=(path, key),
        help=help_of(field, about),
    )
    complaint(path)


def slider(path: str, *, most: float | None = None, step: float = 1) -> None:
    """Draw a slider over a field's range, or up to `most`."""
    low, high = bounds(path)
    kind = type(low) if isinstance(step, int) else float
    top = kind(high if most is None else most)
    value = _get(path)
    key = prepare(path, min(kind(value), top), top)
    st.slider(
        str(field_of(path).title),
        kind(low),
        top,
        step=kind(step),
        key=key,
        on_change=changed,
        args=(path, key),
        help=help_of(field_of(path)),
    )
    complaint(path)


def steps(path: str, options: tuple[Any, ...], show: Any = str) -> None:
    """Draw a slider over chosen values; a value from a link takes its place among them."""
    value = _get(path)
    key = prepare(path, value)
    st.select_slider(
        str(field_of(path).title),
        sorted({*options, value}),
        key=key,
        format_func=show,
        on_change=changed,
        args=(path, key),
        help=help_of(field_of(path)),
    )
    complaint(path)


def number(path: str, step: float = 1) -> None:
    """Draw a number box."""
    low, high = bounds(path)
    key = prepare(path, _get(path))
    st.number_input(
        str(field_of(path).title),
        low,
        high,
        step=step,
        key=key,
        on_change=changed,
        args=(path, key),
        help=help_of(field_of(path)),
    )
    complaint(path)


def source() -> None:
    """Draw the menu of data sets, the upload among them."""
    key = prepare("data.source", CSV if state.uploads() else state.spec().data.source)
    st.selectbox(
        str(field_of("data.source").title),
        choices("data.source"),
        key=key,
        format_func=lambda item: "Your own CSV file" if item == CSV else DATASETS[item].label,
        on_change=_changed_source,
        args=(key,),
        help=help_of(field_of("data.source"), "" if state.uploads() else _about_data()),
    )


def _about_data() -> str:
    entry = DATASETS[state.spec().data.source]
    return f"**{entry.label}**: {entry.help}"


def _changed_source(key: str) -> None:
    data, chosen = state.spec().data, st.session_state[key]
    kept = {"validation_size": data.validation_size, "test_size": data.test_size}
    state.forgive("upload")
    if data.is_csv:
        state.keep_table(state.table(), data, state.spec().seed)  # with what was changed since it was read
    file = state.last_file()
    state.want_upload(chosen == CSV and file is None)
    if chosen != CSV:
        state.change(data={"source": chosen, **kept})
    elif file is not None:
        state.change(data=file.model_dump() | kept)


def dataset_params() -> None:
    """Draw the settings of the chosen built-in data set."""
    data = state.spec().data
    if data.is_csv:
        return
    entry = DATASETS[data.source]
    values = entry.values(dict(data.params))
    for param in entry.params:
        _param(param, values)


def _param(param: Param, values: dict[str, Scalar]) -> None:
    key = f"param:{state.spec().data.source}:{param.name}"
    settle(key, values[param.name])

    def changed() -> None:
        state.change(**{"data.params": values | {param.name: st.session_state[key]}})

    if param.choices:
        st.selectbox(param.label, param.choices, key=key, on_change=changed, help=param.help)
    else:
        kind = type(param.default)
        st.number_input(
            param.label,
            kind(param.low),
            kind(param.high),
            step=kind(param.step or (1 if kind is int else 0.05)),
            key=key,
            on_change=changed,
            help=param.help,
        )
    complaint(f"data.params.{param.name}")


def hidden_layers() -> None:
    """Draw the sizes of the classical layers as text, since their number is free."""
    path = "head.hidden"
    key = prepare(path, ", ".join(map(str, _get(path))))
    st.text_input(
        str(field_of(path).title),
        key=key,
        placeholder="none, or sizes such as 16, 8",
        on_change=changed,
        args=(path, key, _sizes),
        help=help_of(field_of(path)),
    )
    complaint(path)


def _sizes(text: str) -> list[str]:
    return [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]


def settings() -> None:
    """Draw all settings but the data's own."""
    spec = state.spec()
    choice("encoding.kind")
    left, right = st.columns(2)
    with left:
        # A slider needs two ends; what does not fit is refused.
        slider("circuit.n_qubits", most=max(2, largest_circuit(spec)))
    with right:
        slider("circuit.n_layers")
    choice("circuit.ansatz")
    choice("circuit.entanglement")
    choice("noise.channel")
    channel = entry_of("noise.channel", spec.noise.channel)
    slider("noise.level", most=channel.max_level, step=0.005)  # type: ignore[attr-defined]
    with st.expander("Noise details"):
        choice("noise.placement")
        steps("noise.shots", _SHOTS, lambda n: "exact" if n == 0 else f"{n:,}")
    with st.expander("Training"):
        number("training.epochs")
        steps("training.learning_rate", _RATES, "{:g}".format)
        number("training.batch_size")
        number("training.patience")
        choice("training.optimizer")
        number("seed")
    with st.expander("Features and classical layers"):
        choice("encoding.reduction")
        hidden_layers()
        choice("head.activation")
    with st.expander("Split"):
        slider("data.validation_size", step=0.05)
        slider("data.test_size", step=0.05)
    with st.expander("Engine"):
        choice("engine.kind")
        choice("engine.device" if spec.engine.kind == "pennylane" else "engine.gradient")
