"""Form widgets for the settings: each shows a field of the spec and writes changes back to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._shared import error_messages, state
from pages._shared.glossary import meaning_of
from qenn_core.experiment import (
    bounds,
    choice_help,
    choices,
    display_value,
    field_of,
    label_of,
    number_decimals,
    step_of,
)
from qenn_core.model import AUTOMATIC_FIELDS, largest_circuit
from qenn_core.registry import DATASETS, NOISE_CHANNELS, Param, Scalar
from qenn_core.text import decimal_places

# Suggested values of fields whose range is too wide for a slider with equal steps.
_LEARNING_RATES = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_SHOTS = (0, 10, 30, 100, 300, 1000, 3000, 10_000)
_AUTOMATIC_HELP = "*auto*: chosen for these data; it follows them until you change it."


# Binding widgets to the spec


def set_widget_value(key: str, value: object, *variant: object) -> None:
    """Set the value of a widget before it is drawn, unless it has that value already.

    Every value that is set is sent to the browser, where it would overwrite newer input. Streamlit treats a
    widget as a new one, without a value, on another page and when its options or bounds change.

    Parameters
    ----------
    key : str
        Key of the widget.
    value : object
        Its value.
    *variant : object
        Options and bounds with which it is drawn.
    """
    # One session entry for all widgets: Streamlit scans every entry of the session for each widget it draws.
    drawn = st.session_state.setdefault("drawn_widgets", {})
    widget = (state.current_page(), *variant)
    if key not in st.session_state or st.session_state[key] != value or drawn.get(key) != widget:
        st.session_state[key] = value
        drawn[key] = widget


def bind_field(path: str, value: object, *variant: object) -> str:
    """Set the widget of a field to a value before it is drawn, and return the widget's key."""
    key = f"field:{path}"
    set_widget_value(key, value, *variant)
    return key


def write_field(path: str, key: str, convert: Callable[[Any], object] | None = None) -> None:
    """Write the new value of a widget to its field."""
    value = st.session_state[key]
    state.update_spec(**{path: convert(value) if convert else value})


def _value_of(path: str) -> Any:
    value: Any = state.spec()
    for name in path.split("."):
        value = getattr(value, name)
    return value


def label_text(path: str) -> str:
    """Return the title of a field, marked if its value follows the data."""
    return f"{field_of(path).title}{' · auto' if path in state.automatic_fields() else ''}"


def help_text(path: str, more: str = "") -> str:
    """Return the description of a field and the meaning of its name, followed by `more`."""
    field = field_of(path)
    automatic = _AUTOMATIC_HELP if path in state.automatic_fields() else ""
    parts = (field.description or "", meaning_of(str(field.title)), more, automatic)
    return " ".join(part for part in parts if part)


def _choice_help(path: str, value: str) -> str:
    """Return the help of a field's choice, after its name; empty for a choice without help."""
    text = choice_help(path, value)
    return f"**{label_of(path, value)}**: {text}" if text else ""


# Widgets for one field


def menu(path: str) -> None:
    """Draw a menu of a field's choices; its help explains the current choice too."""
    value = _value_of(path)
    key = bind_field(path, value)
    st.selectbox(
        label_text(path),
        choices(path),
        key=key,
        format_func=lambda choice: label_of(path, choice),
        on_change=write_field,
        args=(path, key),
        help=help_text(path, _choice_help(path, value)),
    )
    error_messages.show_at(path)


def slider(path: str, *, most: float | None = None) -> None:
    """Draw a slider over the range of a field.

    Parameters
    ----------
    path : str
        Dotted field.
    most : float, optional
        Upper end, if it is below that of the field.
    """
    low, high = bounds(path)
    number_type = type(low)
    top = number_type(high if most is None else most)
    value = min(number_type(_value_of(path)), top)
    key = bind_field(path, value, top)
    st.slider(
        label_text(path),
        low,
        top,
        step=number_type(step_of(path)),
        format=f"%.{number_decimals(path, value)}f" if number_type is float else "%d",
        key=key,
        on_change=write_field,
        args=(path, key),
        help=help_text(path),
    )
    error_messages.show_at(path)


def select_slider(path: str, options: Sequence[float]) -> None:
    """Draw a slider over given values, to which the field's own value is added if it is another one."""
    value = _value_of(path)
    key = bind_field(path, value)
    st.select_slider(
        label_text(path),
        sorted({*options, value}),
        key=key,
        format_func=lambda option: display_value(path, option),
        on_change=write_field,
        args=(path, key),
        help=help_text(path),
    )
    error_messages.show_at(path)


def number_input(path: str) -> None:
    """Draw a box for a whole number."""
    low, high = bounds(path)
    key = bind_field(path, _value_of(path))
    st.number_input(
        label_text(path),
        low,
        high,
        step=1,
        key=key,
        on_change=write_field,
        args=(path, key),
        help=help_text(path),
    )
    error_messages.show_at(path)


def hidden_layers() -> None:
    """Draw the sizes of the hidden layers as a text box, because their number varies."""
    path = "head.hidden"
    key = bind_field(path, ", ".join(map(str, _value_of(path))))
    st.text_input(
        label_text(path),
        key=key,
        placeholder="none, or sizes such as 16, 8",
        on_change=write_field,
        args=(path, key, _split_sizes),
        help=help_text(path),
    )
    error_messages.show_at(path)


def _split_sizes(text: str) -> list[str]:
    return [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]


# Data


def dataset_params() -> None:
    """Draw the parameters of the chosen built-in data set."""
    data = state.spec().data
    if data.is_csv:
        return
    entry = DATASETS[data.source]
    values = entry.values(dict(data.params))
    for param in entry.params:
        _dataset_param(param, values)


def _dataset_param(param: Param, values: dict[str, Scalar]) -> None:
    key = f"param:{state.spec().data.source}:{param.name}"
    set_widget_value(key, values[param.name])

    def write() -> None:
        state.update_spec(**{"data.params": values | {param.name: st.session_state[key]}})

    if param.choices:
        st.selectbox(param.label, param.choices, key=key, on_change=write, help=param.help)
    else:
        number_type = int if isinstance(param.default, int) else float
        step = number_type(param.step or (1 if number_type is int else 0.05))
        st.number_input(
            param.label,
            number_type(param.low),
            number_type(param.high),
            step=step,
            format=f"%.{decimal_places(step, float(values[param.name]))}f" if number_type is float else "%d",
            key=key,
            on_change=write,
            help=param.help,
        )
    error_messages.show_at(f"data.params.{param.name}")


# Groups of widgets


def automatic_button() -> None:
    """Draw a button with which all settings that can follow the data do so again, if some do not."""
    fields = [field for field in AUTOMATIC_FIELDS if field not in state.automatic_fields()]
    if fields:
        titles = ", ".join(str(field_of(field).title).lower() for field in fields)
        st.button(
            "Choose automatically",
            icon=":material/auto_mode:",
            type="tertiary",
            on_click=state.set_automatic_fields,
            args=(AUTOMATIC_FIELDS,),
            help=f"Lets these follow the data: {titles}.",
        )


def main_settings() -> None:
    """Draw the settings that matter most."""
    left, right = st.columns(2)
    with left:
        # A slider needs two different ends; if two qubits are too many, moving it shows an error.
        slider("circuit.n_qubits", most=max(2, largest_circuit(state.spec())))
    with right:
        slider("circuit.n_layers")
    automatic_button()


def all_settings() -> None:
    """Draw the switch that shows the other settings, and the settings in sections if it is on."""
    key = "all_settings"
    set_widget_value(key, state.shows_all_settings())
    st.toggle(
        "All settings",
        key=key,
        on_change=lambda: state.set_detail(all_settings=st.session_state[key]),
        help="Encoding, ansatz, noise, training, classical layers, split and engine.",
    )
    if not state.shows_all_settings():
        return
    spec = state.spec()
    if not spec.data.is_csv and DATASETS[spec.data.source].params:
        with _section("Data set"):
            dataset_params()
    with _section("Encoding"):
        menu("encoding.kind")
        menu("encoding.reduction")
    with _section("Circuit"):
        menu("circuit.ansatz")
        menu("circuit.entanglement")
    with _section("Noise"):
        menu("noise.channel")
        slider("noise.level", most=NOISE_CHANNELS[spec.noise.channel].max_level)
        menu("noise.placement")
        select_slider("noise.shots", _SHOTS)
    with _section("Training"):
        number_input("training.epochs")
        select_slider("training.learning_rate", _LEARNING_RATES)
        number_input("training.batch_size")
        number_input("training.patience")
        menu("training.optimizer")
        number_input("seed")
    with _section("Classical layers"):
        hidden_layers()
        menu("head.activation")
    with _section("Split"):
        split()
    with _section("Engine"):
        menu("engine.kind")
        menu("engine.device" if spec.engine.kind == "pennylane" else "engine.gradient")


def _section(title: str) -> DeltaGenerator:
    """Return a section, which keeps its identity, and so stays open, when elements appear above it."""
    return st.expander(title, key=f"section:{title}")


def split() -> None:
    """Draw the shares of the validation and the test rows."""
    slider("data.validation_size")
    slider("data.test_size")
