"""The app in a browser tab: actions of a visitor, and what is visible."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from playwright.sync_api import (
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Request,
    Response,
    TimeoutError,
    WebSocket,
    expect,
)
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

# Enough for a busy machine. Waits end as soon as their condition is met.
PATIENCE_MS = 60_000
POLLING_MS = 100
expect.set_options(timeout=PATIENCE_MS)

LAPTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}

# Messages that are not errors of the app, each with its reason.
ALLOWED = {
    "/_stcore/": "Streamlit's script first looks for its server below the path of the page",
    "GL Driver Message": "the software renderer logs how it draws Plotly's scatter matrix",
}

# The upload button of the Train and Data pages, and that of the Predict page without and with a file.
UPLOAD = re.compile("^(Upload your CSV|Upload|Add files)$")

# Failure of requests that the browser cancels itself when a page is left.
ABORTED = "net::ERR_ABORTED"


@dataclass
class Problems:
    """Errors in a tab that no visitor should meet; equal messages are counted."""

    found: Counter[str] = field(default_factory=Counter)

    def watch(self, page: Page) -> None:
        """Collect the errors of a page's scripts and requests."""
        page.on("pageerror", self._page_error)
        page.on("console", self._console)
        page.on("requestfailed", self._request_failed)
        page.on("response", self._response)

    def _page_error(self, error: Error) -> None:
        self._note(f"error in a script: {error.message}\n{error.stack or ''}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._note(f"{message.type} in the console: {message.text} ({message.location.get('url')})")

    def _request_failed(self, request: Request) -> None:
        if request.failure != ABORTED:
            self._note(f"request failed: {request.url}: {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self._note(f"answer {response.status}: {response.url}")

    def _note(self, text: str) -> None:
        if not any(allowed in text for allowed in ALLOWED):
            self.found[text] += 1

    def __str__(self) -> str:
        return "\n".join(f"{count} × {text}" for text, count in self.found.items())


def ends_script_run(frame: bytes | str) -> bool:
    """Return whether a message of the server says that the script of the page has finished."""
    assert isinstance(frame, bytes)
    message = ForwardMsg.FromString(frame)
    return (
        message.WhichOneof("type") == "script_finished"
        and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
    )


@dataclass(frozen=True)
class Workspace:
    """A workspace that tests share."""

    cookies: list[Any]
    """The cookies of a browser in this workspace."""
    link: dict[str, str]
    """Query parameters of the link to its newest run."""


class Studio:
    """A tab with the app.

    Parameters
    ----------
    page : Page
        The tab.
    url : str
        The address of the server.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.problems = Problems()
        self.problems.watch(page)
        self._stream: WebSocket | None = None
        page.on("websocket", self._connected)
        page.set_default_timeout(PATIENCE_MS)

    def _connected(self, stream: WebSocket) -> None:
        self._stream = stream

    def another_tab(self) -> Studio:
        """Open another tab in the same browser; the browser closes it after the test."""
        return Studio(self.page.context.new_page(), self.url)

    # Navigation

    def open(self, path: str = "/", **link: str) -> Studio:
        """Open a page by its link, and wait until it is complete."""
        self.page.goto(f"{self.url}{path}?{urlencode(link)}" if link else f"{self.url}{path}")
        self.wait_until_drawn()
        return self

    def go(self, name: str) -> None:
        """Go to another page with the navigation bar."""
        self.navigation(name).click()
        self.wait_until_drawn()

    def wait_until_drawn(self) -> None:
        """Wait until no script run is in progress."""
        expect(self.page.get_by_test_id("stMainBlockContainer")).not_to_be_empty()
        expect(self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()

    @contextmanager
    def redrawn(self) -> Iterator[None]:
        """Wait for the script run that the actions in this block cause, which starts a moment later."""
        self.wait_until_drawn()
        assert self._stream is not None
        with self._stream.expect_event("framereceived", ends_script_run, timeout=PATIENCE_MS):
            yield
        self.wait_until_drawn()

    @property
    def link(self) -> dict[str, str]:
        """The query parameters in the address bar."""
        return dict(parse_qsl(urlsplit(self.page.url).query, keep_blank_values=True))

    def expect_link(self, **link: str) -> None:
        """Wait until the address bar has these query parameters, and no others except ``run``."""
        self._wait_for_link(link, exactly=True)

    def expect_in_link(self, **link: str) -> None:
        """Wait until the address bar has these query parameters."""
        self._wait_for_link(link, exactly=False)

    def _wait_for_link(self, link: dict[str, str], *, exactly: bool) -> None:
        try:
            self.wait_for(
                "([wanted, exactly]) => {"
                " const found = Object.fromEntries(new URLSearchParams(location.search));"
                " delete found.run; const keys = Object.keys(wanted);"
                " return (!exactly || keys.length === Object.keys(found).length)"
                " && keys.every((key) => found[key] === wanted[key]); }",
                [link, exactly],
            )
        except TimeoutError:
            raise AssertionError(f"the link holds {self.link}, and not {link}") from None

    def wait_for(self, condition: str, argument: object = None) -> None:
        """Wait until a function of the page returns true; asking at every frame would keep it busy."""
        self.page.wait_for_function(condition, arg=argument, polling=POLLING_MS)

    def navigation(self, name: str) -> Locator:
        """Return the link to a page in the navigation bar."""
        return self.page.get_by_role("link", name=name, exact=False)

    # Controls

    def button(self, name: str) -> Locator:
        """Return a button by its label."""
        return self.page.get_by_role("button", name=name, exact=True)

    def press(self, name: str) -> None:
        """Press a button as soon as it is enabled."""
        self.button(name).click()

    def menu(self, label: str) -> Locator:
        """Return a menu by its label."""
        return self.page.get_by_role("combobox", name=label, exact=True)

    def choose(self, label: str, option: str) -> None:
        """Choose an entry of a menu, and wait until the page is redrawn."""
        with self.redrawn():
            # A menu closes when the page scrolls, as it would to click on a choice below the edge.
            self.menu(label).evaluate("menu => menu.scrollIntoView({ block: 'center' })")
            self.menu(label).click()
            self.page.get_by_role("option", name=option, exact=True).click()
        expect(self.menu(label)).to_have_value(option)

    def slider(self, label: str) -> Locator:
        """Return a slider by its label."""
        return self.page.get_by_role("slider", name=label)

    def slide(self, label: str, key: str, times: int = 1) -> None:
        """Move a slider with the keyboard, waiting each time until the page is redrawn."""
        for _ in range(times):
            with self.redrawn():
                self.slider(label).press(key)

    def unfold(self, name: str) -> None:
        """Open an expander."""
        self.page.get_by_test_id("stExpander").locator("summary").filter(has_text=name).click()

    def upload(self, name: str, content: bytes) -> None:
        """Upload a file with the browser's file dialog, and wait until the page is redrawn."""
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_role("button", name=UPLOAD).click()
        with self.redrawn():
            chooser.value.set_files({"name": name, "mimeType": "text/csv", "buffer": content})

    def choose_data(self, label: str) -> None:
        """Choose a data set in the gallery."""
        self.page.get_by_role("button", name="Data:").click()
        with self.redrawn():
            self.page.get_by_role("dialog").get_by_role("button", name=label, exact=True).click()
        self.expect_data(label)

    def expect_data(self, label: str) -> None:
        """Wait until these data are in use."""
        expect(self.button(f"Data: {label}")).to_be_visible()

    def tick(self, row: int) -> None:
        """Tick a row of the table of runs, counted from 1, and wait until the page is redrawn."""
        with self.redrawn():
            self.history.click(position={"x": 18, "y": 36 * row + 18})

    def click_name(self, row: int) -> None:
        """Click the name in a row of the table of runs, counted from 1, and wait for the page."""
        with self.redrawn():
            self.history.click(position={"x": 110, "y": 36 * row + 18})

    def open_with_file(
        self, path: str, content: bytes, name: str = "trees.csv", *, is_accepted: bool = True, **link: str
    ) -> Studio:
        """Open a page by its link and upload a file there; if `is_accepted`, wait until it is in use."""
        self.open(path, **link)
        self.upload(name, content)
        if is_accepted:
            self.expect_in_link(file=name)
        return self

    def train(self, **link: str) -> str:
        """Open the Train page by its link, train to the end, and return the id of the run."""
        self.open(**link)
        self.press("Train")
        # On the first visit the workers may still be starting.
        expect(self.table).to_be_visible(timeout=3 * PATIENCE_MS)
        return self.link["run"]

    # What is visible

    @property
    def history(self) -> Locator:
        """The table of runs."""
        return self.page.get_by_test_id("stDataFrame")

    def rows(self) -> list[list[str]]:
        """Return the cells of the table of runs, as screen readers get them."""
        self.history.locator("table tbody tr").first.wait_for(state="attached")
        rows: list[list[str]] = self.history.evaluate(
            "node => [...node.querySelectorAll('table tbody tr')].map("
            "row => [...row.children].map(cell => cell.innerText))"
        )
        return rows

    @property
    def text(self) -> str:
        """All visible text."""
        return self.page.locator("body").inner_text()

    @property
    def errors(self) -> Locator:
        """The error messages."""
        return self.page.get_by_test_id("stAlert").filter(has=self.page.get_by_test_id("stAlertContentError"))

    @property
    def progress(self) -> Locator:
        """The text next to the buttons."""
        return self.page.locator(".qenn-progress-text")

    @property
    def table(self) -> Locator:
        """The table that compares the models."""
        return self.page.locator(".qenn-models")

    @property
    def circuit(self) -> Locator:
        """The drawing of the circuit."""
        return self.page.locator(".qenn-circuit svg")

    def chart(self, name: str) -> Locator:
        """Return a live chart: ``"loss"``, ``"accuracy"`` or ``"map"``."""
        return self.page.locator(f"[data-chart={name}]")

    def traces(self, chart: str) -> list[dict[str, Any]]:
        """Return name, x and y of each trace of a live chart."""
        found: list[dict[str, Any]] = self.chart(chart).evaluate(
            "node => (node.data ?? []).map(({name, x, y}) => ({name, x: [...x], y: [...y]}))"
        )
        return found

    def ranges(self, chart: str) -> list[float]:
        """Return the visible range of the axes of a live chart."""
        found: list[float] = self.chart(chart).evaluate(
            "({layout: {xaxis, yaxis}}) => [...xaxis.range, ...yaxis.range]"
        )
        return found

    def zoom(self, chart: str) -> None:
        """Zoom into the middle of a live chart with the mouse."""
        area = self.chart(chart).locator(".nsewdrag").bounding_box()
        assert area is not None
        before = self.ranges(chart)
        mouse = self.page.mouse
        mouse.move(area["x"] + 0.2 * area["width"], area["y"] + 0.2 * area["height"])
        mouse.down()
        mouse.move(area["x"] + 0.7 * area["width"], area["y"] + 0.8 * area["height"], steps=4)
        mouse.up()
        self.wait_for(
            "([name, before]) => { const {xaxis} = document.querySelector(`[data-chart=${name}]`).layout;"
            "return xaxis.range[0] !== before[0]; }",
            [chart, before],
        )

    def epochs(self) -> list[int]:
        """Return the epochs in the loss chart."""
        found: list[int] = self.traces("loss")[0]["x"]
        return found

    def wait_for_epochs(self, number: int) -> list[int]:
        """Wait until the loss chart has at least `number` epochs, and return them."""
        self.wait_for(
            "wanted => document.querySelector('[data-chart=loss]')?.data?.[0]?.x.length >= wanted", number
        )
        return self.epochs()

    def wait_for_charts(self) -> None:
        """Wait until the charts are drawn."""
        for name in ("loss", "accuracy", "map"):
            expect(self.chart(name).locator(".main-svg").first).to_be_visible()

    def wait_for_map(self) -> None:
        """Wait until the decision map has its background."""
        self.wait_for(
            "() => document.querySelector('[data-chart=map]')?.layout?.images?.[0]?.source"
            ".startsWith('data:image/png')"
        )
        expect(self.chart("map").locator("image")).to_have_count(1)

    def ignore_problems(self, text: str) -> None:
        """Ignore the problems so far that contain `text`, because the test causes them."""
        for problem in [problem for problem in self.problems.found if text in problem]:
            del self.problems.found[problem]

    def check(self) -> None:
        """Fail if there were problems in this tab."""
        text = self.text
        for sign in ("Traceback", "Error:", "Exception", "This is an error in the app"):
            if sign in text:
                self.problems.found[f"{sign!r} is on the page: {json.dumps(text[:2000])}"] += 1
        assert not self.problems.found, str(self.problems)


# Opens a tab for a new visitor; see the fixture ``visit``.
Visit = Callable[..., Studio]
