"""A visitor's session, run by Streamlit without a browser."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from pages._server.workspace_cookie import COOKIE
from qenn_core.experiment import ExperimentSpec
from qenn_core.workspace import owner_of

MAIN = Path(__file__).parents[1] / "pages" / "_main.py"
# Every script run would search all installed packages for components again, which takes half of its time.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)

_TEXTS = ("title", "header", "subheader", "markdown", "caption", "error", "info")


def open_app(page: str = "train.py", **link: str) -> AppTest:
    """Open a page with the query parameters of a link: ``open_app("data.py", data="iris")``."""
    app = AppTest.from_file(MAIN, default_timeout=60)
    for key, value in link.items():
        app.query_params[key] = value
    app.run()
    return app if page == "train.py" else app.switch_page(page).run()


def choose_data(app: AppTest, source: str) -> AppTest:
    """Choose a data set, or a stored file by its fingerprint, in the gallery."""
    app.button(key="choose_data").click().run()
    return app.button(key=f"choose:{source}").click().run()


def train_button(app: AppTest) -> Button:
    """Return the button that starts the training."""
    [button] = [button for button in app.button if button.label == "Train"]
    return button


def has_no_errors(app: AppTest) -> bool:
    """Return whether a page neither failed nor shows an error."""
    return not app.exception and not app.error


def errors_of(app: AppTest) -> str:
    """Return the error messages on a page, without Markdown escapes."""
    assert not app.exception
    return "\n".join(error.value for error in app.error).replace("\\", "").replace("**", "")


def spec_of(app: AppTest) -> ExperimentSpec:
    """Return the spec of a session."""
    return ExperimentSpec.from_json(app.session_state["spec"])


def owner_of_session(app: AppTest) -> str:
    """Return the identifier under which the store keeps the runs of a session."""
    return owner_of(app.session_state[COOKIE])


def link_of(app: AppTest) -> dict[str, str]:
    """Return the query parameters of the page's link."""
    return {key: value[0] if isinstance(value, list) else value for key, value in app.query_params.items()}


def text_of(app: AppTest) -> str:
    """Return all text on a page, including HTML source."""
    html = [element.proto.body for element in app.get("html")]
    return "\n".join(html + [element.value for kind in _TEXTS for element in app.get(kind)])
