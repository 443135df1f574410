"""The app in a browser: what a person does there, and what a person sees."""

from __future__ import annotations

import json
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

# Long enough for a machine that does other things as well; nothing waits for as long as this without need.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)

LAPTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}

# Messages that are no fault of the app, each with its reason.
ALLOWED = {
    "/_stcore/": "below a page's path, where Streamlit's script looks first for the server it came from",
    "GL Driver Message": "what stands in for a graphics card tells how it draws Plotly's scatter matrix",
}

# Requests that the browser ends itself, when a page is left.
ABORTED = "net::ERR_ABORTED"


@dataclass
class Troubles:
    """What went wrong in a page that no visitor should meet; equal messages are counted, not repeated."""

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


def ends_a_run(frame: bytes | str) -> bool:
    """Tell whether the server says by this message that the page's script has run to its end."""
    assert isinstance(frame, bytes)
    message = ForwardMsg.FromString(frame)
    return (
        message.WhichOneof("type") == "script_finished"
        and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
    )


class Studio:
    """One tab with the app in it.

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
        self.troubles = Troubles()
        self.troubles.watch(page)
        self._stream: WebSocket | None = None
        page.on("websocket", self._connected)
        page.set_default_timeout(PATIENCE_MS)

    def _connected(self, stream: WebSocket) -> None:
        self._stream = stream

    def another_tab(self) -> Studio:
        """Open one more tab in the same browser; it is closed, and checked, with this one's test."""
        return Studio(self.page.context.new_page(), self.url)

    # Going somewhere

    def open(self, path: str = "/", **link: str) -> Studio:
        """Open a page by its link, and wait until it is there as a whole."""
        self.page.goto(f"{self.url}{path}?{urlencode(link)}" if link else f"{self.url}{path}")
        self.settled()
        return self

    def go(self, name: str) -> None:
        """Go to another page by the navigation."""
        self.navigation(name).click()
        self.settled()

    def settled(self) -> None:
        """Wait until the page's script has run."""
        expect(self.page.get_by_test_id("stMainBlockContainer")).not_to_be_empty()
        expect(self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Wait until the page's script has run for what is done meanwhile, which begins a moment later."""
        self.settled()
        assert self._stream is not None
        with self._stream.expect_event("framereceived", ends_a_run, timeout=PATIENCE_MS):
            yield
        self.settled()

    @property
    def link(self) -> dict[str, str]:
        """The query parameters in the address bar."""
        return dict(parse_qsl(urlsplit(self.page.url).query, keep_blank_values=True))

    def expect_link(self, **link: str) -> None:
        """Wait until the address bar holds these query parameters, and no others but the run's."""
        self._until_link(link, exactly=True)

    def expect_in_link(self, **link: str) -> None:
        """Wait until the address bar holds these query parameters."""
        self._until_link(link, exactly=False)

    def _until_link(self, link: dict[str, str], *, exactly: bool) -> None:
        try:
            self.page.wait_for_function(
                "([wanted, exactly]) => {"
                " const found = Object.fromEntries(new URLSearchParams(location.search));"
                " delete found.run; const keys = Object.keys(wanted);"
                " return (!exactly || keys.length === Object.keys(found).length)"
                " && keys.every((key) => found[key] === wanted[key]); }",
                arg=[link, exactly],
            )
        except TimeoutError:
            raise AssertionError(f"the link holds {self.link}, and not {link}") from None

    def navigation(self, name: str) -> Locator:
        """Return the link to a page."""
        return self.page.get_by_role("link", name=name, exact=False)

    # Using the controls

    def button(self, name: str) -> Locator:
        """Return a button by the word on it."""
        return self.page.get_by_role("button", name=name, exact=True)

    def press(self, name: str) -> None:
        """Press a button, once it can be pressed."""
        self.button(name).click()

    def menu(self, label: str) -> Locator:
        """Return a menu by its label."""
        return self.page.get_by_role("combobox", name=label, exact=True)

    def choose(self, label: str, option: str) -> None:
        """Choose an entry of a menu, and wait until the page has taken note."""
        with self.noted():
            self.menu(label).click()
            self.page.get_by_role("option", name=option, exact=True).click()
        expect(self.menu(label)).to_have_value(option)

    def slider(self, label: str) -> Locator:
        """Return a slider by its label."""
        return self.page.get_by_role("slider", name=label)

    def slide(self, label: str, key: str, times: int = 1) -> None:
        """Move a slider by a key of the keyboard, each time waiting until the page has taken note."""
        for _ in range(times):
            with self.noted():
                self.slider(label).press(key)

    def unfold(self, name: str) -> None:
        """Open a part of the page that is folded."""
        self.page.get_by_test_id("stExpander").filter(has_text=name).locator("summary").click()

    def upload(self, name: str, content: bytes) -> None:
        """Bring a file through the browser's own dialog."""
        with self.page.expect_file_chooser() as chooser:
            self.button("Upload").or_(self.button("Add files")).click()
        chooser.value.set_files({"name": name, "mimeType": "text/csv", "buffer": content})
        expect(self.page.get_by_test_id("stFileChips").get_by_title(name, exact=True)).to_be_visible()
        self.settled()

    def tick(self, row: int) -> None:
        """Tick a row of the table of runs, 1 being the first, and wait until the page has taken note."""
        place = self.history.bounding_box()
        assert place is not None
        with self.noted():
            self.history.click(position={"x": 18, "y": 36 * row + 18})

    # Seeing

    @property
    def history(self) -> Locator:
        """The table of the runs of this workspace."""
        return self.page.get_by_test_id("stDataFrame")

    def rows(self) -> list[list[str]]:
        """Return what the table of runs tells to who cannot see it, row by row."""
        self.history.locator("table tbody tr").first.wait_for(state="attached")
        lines: list[list[str]] = self.history.evaluate(
            "node => [...node.querySelectorAll('table tbody tr')].map("
            "line => [...line.children].map(cell => cell.innerText))"
        )
        return lines

    @property
    def words(self) -> str:
        """All that can be read on the page."""
        return self.page.locator("body").inner_text()

    @property
    def complaints(self) -> Locator:
        """The messages of what went wrong."""
        return self.page.get_by_test_id("stAlert").filter(has=self.page.get_by_test_id("stAlertContentError"))

    @property
    def progress(self) -> Locator:
        """The words beside the buttons."""
        return self.page.locator(".qenn-progress-text")

    @property
    def table(self) -> Locator:
        """The comparison of the models."""
        return self.page.locator(".qenn-models")

    @property
    def circuit(self) -> Locator:
        """The drawing of the circuit."""
        return self.page.locator(".qenn-circuit svg")

    def chart(self, name: str) -> Locator:
        """Return a live chart: ``"loss"``, ``"accuracy"`` or ``"map"``."""
        return self.page.locator(f"[data-chart={name}]")

    def traces(self, chart: str) -> list[dict[str, Any]]:
        """Return name, x and y of what a live chart draws."""
        found: list[dict[str, Any]] = self.chart(chart).evaluate(
            "node => (node.data ?? []).map(({name, x, y}) => ({name, x: [...x], y: [...y]}))"
        )
        return found

    def ranges(self, chart: str) -> list[float]:
        """Return what part of its axes a live chart shows."""
        found: list[float] = self.chart(chart).evaluate(
            "({layout: {xaxis, yaxis}}) => [...xaxis.range, ...yaxis.range]"
        )
        return found

    def zoom(self, chart: str) -> None:
        """Draw a box with the mouse over the middle of a live chart."""
        area = self.chart(chart).locator(".nsewdrag").bounding_box()
        assert area is not None
        before = self.ranges(chart)
        mouse = self.page.mouse
        mouse.move(area["x"] + 0.2 * area["width"], area["y"] + 0.2 * area["height"])
        mouse.down()
        mouse.move(area["x"] + 0.7 * area["width"], area["y"] + 0.8 * area["height"], steps=4)
        mouse.up()
        self.page.wait_for_function(
            "([name, before]) => { const {xaxis} = document.querySelector(`[data-chart=${name}]`).layout;"
            "return xaxis.range[0] !== before[0]; }",
            arg=[chart, before],
        )

    def epochs(self) -> list[int]:
        """Return the epochs that the loss chart shows."""
        found: list[int] = self.traces("loss")[0]["x"]
        return found

    def until_epochs(self, number: int) -> list[int]:
        """Wait until the loss chart shows so many epochs, and return them."""
        self.page.wait_for_function(
            "wanted => document.querySelector('[data-chart=loss]')?.data?.[0]?.x.length >= wanted", arg=number
        )
        return self.epochs()

    def until_charts(self) -> None:
        """Wait until the charts are drawn."""
        for name in ("loss", "accuracy", "map"):
            expect(self.chart(name).locator(".main-svg").first).to_be_visible()

    def until_map(self) -> None:
        """Wait until the decision map has its background."""
        self.page.wait_for_function(
            "document.querySelector('[data-chart=map]')?.layout?.images?.[0]?.source.startsWith('data:image/png')"
        )
        expect(self.chart("map").locator("image")).to_have_count(1)

    def excuse(self, text: str) -> None:
        """Forget the troubles that hold `text`: those that a test has brought about."""
        for trouble in [trouble for trouble in self.troubles.found if text in trouble]:
            del self.troubles.found[trouble]

    def check(self) -> None:
        """Fail if anything went wrong in this tab that no visitor should meet."""
        words = self.words
        for sign in ("Traceback", "Error:", "Exception", "This is an error in the app"):
            if sign in words:
                self.troubles.found[f"{sign!r} is on the page: {json.dumps(words[:2000])}"] += 1
        assert not self.troubles.found, str(self.troubles)


# Gives a new visitor a tab: with ``theme`` and ``screen``, and ``at`` for a server of the test's own.
Visit = Callable[..., Studio]
