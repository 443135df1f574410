"""The states that a browser sends for the widgets of a page."""

from __future__ import annotations

from streamlit.proto.Element_pb2 import Element
from streamlit.proto.NumberInput_pb2 import NumberInput
from streamlit.proto.Selectbox_pb2 import Selectbox
from streamlit.proto.Slider_pb2 import Slider
from streamlit.proto.TextInput_pb2 import TextInput
from streamlit.proto.WidgetStates_pb2 import WidgetState


def first_value(element: Element) -> WidgetState | None:
    """Return the initial state of a widget; ``None`` if the element has none."""
    widget: object = getattr(element, element.WhichOneof("type") or "empty")
    match widget:
        case Selectbox() if widget.set_value:
            return WidgetState(id=widget.id, string_value=widget.raw_value)
        case Selectbox() if widget.HasField("default"):
            return WidgetState(id=widget.id, string_value=widget.options[widget.default])
        case TextInput():
            value = widget.value if widget.set_value else widget.default
            return WidgetState(id=widget.id, string_value=value)
        case NumberInput() if widget.set_value or widget.HasField("default"):
            number = widget.value if widget.set_value else widget.default
            if widget.data_type == NumberInput.INT:
                return WidgetState(id=widget.id, int_value=round(number))
            return WidgetState(id=widget.id, double_value=number)
        case Slider() if widget.type == Slider.SELECT_SLIDER:
            options = [widget.options[round(index)] for index in widget.default]
            return chosen(widget.id, *(widget.raw_value if widget.set_value else options))
        case Slider():
            return moved(widget.id, *(widget.value if widget.set_value else widget.default))
        case _:
            return None


def is_set_by_page(element: Element) -> bool:
    """Return whether the page sets a widget to another value than it has in the browser."""
    return bool(getattr(getattr(element, element.WhichOneof("type") or "empty"), "set_value", False))


def chosen(widget_id: str, *options: str) -> WidgetState:
    """Return the state of a slider over named options."""
    state = WidgetState(id=widget_id)
    state.string_array_value.data.extend(options)
    return state


def moved(widget_id: str, *values: float) -> WidgetState:
    """Return the state of a slider over numbers."""
    state = WidgetState(id=widget_id)
    state.double_array_value.data.extend(values)
    return state


def pressed(widget_id: str) -> WidgetState:
    """Return the state of a button that is being pressed."""
    return WidgetState(id=widget_id, trigger_value=True)
