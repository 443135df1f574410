"""A client that behaves like a browser tab: it speaks Streamlit's protocol, and draws nothing."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, NamedTuple

import aiohttp
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from benchmarks.load.widgets import first_value, is_set_by_page, pressed

# A page that takes longer has failed.
PATIENCE_SECONDS = 60.0
# The longest time until the workers of a server are ready, on a busy machine.
READY_SECONDS = 150.0
# Like browsers: six, and the websocket.
CONNECTIONS = 7
# The server closes connections that were idle for five seconds. A request at that moment would be lost; a
# browser would repeat it.
KEEPALIVE_SECONDS = 4
# Page elements with a chart have about 100 kB.
MAX_MESSAGE_BYTES = 2**26
# A browser caches a large element for this number of runs of the page, and reports that it has it.
CACHED_RUNS = 2

_LINKED = re.compile(r'(?:src|href)="\./(static/[^"]+)"')
_SCRIPT = re.compile(r'"(?:\./|assets/)([\w.]+\.js)"')


DRAWN = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


class PageError(Exception):
    """A page showed an error, or did not answer as expected."""


class Drawn(NamedTuple):
    """An element of the page, and the fragment that draws it; empty where the page itself does."""

    element: Element
    fragment: str


class Tab:
    """A tab with the Train page, in a browser without cookies or cache; to be used as a context manager.

    Parameters
    ----------
    url : str
        The address of the app, without a trailing slash.
    link : str
        Settings in the link that is opened, such as ``ep=5``.
    """

    def __init__(self, url: str, link: str = "") -> None:
        self._url = url
        self._browser = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit_per_host=CONNECTIONS, keepalive_timeout=KEEPALIVE_SECONDS),
            cookie_jar=aiohttp.CookieJar(unsafe=True),  # also accepts cookies of an IP address
            timeout=aiohttp.ClientTimeout(PATIENCE_SECONDS),
        )
        self._opened = AsyncExitStack()
        self._lock = asyncio.Lock()
        self._page_hash = ""
        self.link = link
        """The query string of its address."""
        self._drawn: dict[tuple[int, ...], Drawn] = {}
        self._values: dict[str, WidgetState] = {}
        self._cached: dict[str, tuple[int, Drawn]] = {}
        self._runs = 0
        self._loaded: set[str] = set()

    async def __aenter__(self) -> Tab:
        await self._opened.enter_async_context(self._browser)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._opened.aclose()

    async def open(self) -> float:
        """Open the page with all its resources, and return the seconds until it is drawn."""
        started = time.monotonic()
        html = (await self._get(f"/?{self.link}", accept="text/html")).decode()
        await asyncio.gather(*(self._get(f"/{path}") for path in set(_LINKED.findall(html))))
        await self._get("/_stcore/health")
        await self._get("/_stcore/host-config")
        stream = self._browser.ws_connect(
            f"{self._url}/_stcore/stream",
            protocols=["streamlit"],
            origin=self._url,
            max_msg_size=MAX_MESSAGE_BYTES,
            compress=15,
        )
        self._stream = await self._opened.enter_async_context(stream)
        await self._rerun(())
        await self._load_scripts()
        return time.monotonic() - started

    async def press(self, label: str) -> float:
        """Press a button, and return the seconds until the page is drawn again."""
        button = self._button(label)
        return await self._send(pressed(button.element.button.id), button.fragment)

    async def change(self, state: WidgetState) -> float:
        """Change a setting, and return the seconds until the page is drawn, including a wait for the lock."""
        return await self._send(state, fragment="")

    async def trigger(self, component: str, event: str, value: Any) -> float:
        """Send an event of a component's script to the page; return the seconds until the page is drawn."""
        payload = json.dumps([{"event": event, "value": value}])
        drawn = self._component(component)
        widget = f"$$STREAMLIT_INTERNAL_KEY_{drawn.element.bidi_component.id}__events"
        return await self._send(WidgetState(id=widget, json_trigger_value=payload), drawn.fragment)

    def widget_id(self, key: str) -> str:
        """Return the id of the widget with this key."""
        for widget in self._values:
            if widget.endswith(f"-{key}"):
                return widget
        raise PageError(f"the page has no widget {key!r}")

    def data_of(self, component: str) -> dict[str, Any]:
        """Return the data that the page gives to a component."""
        data: dict[str, Any] = json.loads(self._component(component).element.bidi_component.json)
        return data

    async def ask(self, path: str, query: Mapping[str, int], headers: Mapping[str, str]) -> Any:
        """Request JSON, like a script of the page."""
        async with self._browser.get(f"{self._url}/{path}", params=query, headers=headers) as answer:
            if not answer.ok:
                raise PageError(f"{path} was answered with {answer.status}")
            return await answer.json()

    def cookie(self, name: str) -> str:
        """Return a cookie that the server has set in this browser."""
        return next(cookie.value for cookie in self._browser.cookie_jar if cookie.key == name)

    # What the page holds

    @property
    def _elements(self) -> Iterator[Element]:
        return (drawn.element for drawn in self._drawn.values())

    def _button(self, label: str) -> Drawn:
        for drawn in self._drawn.values():
            if drawn.element.button.label == label:
                if drawn.element.button.disabled:
                    raise PageError(f"the button {label} is disabled")
                return drawn
        raise PageError(f"the page has no button {label}")

    def _component(self, name: str) -> Drawn:
        for drawn in self._drawn.values():
            if drawn.element.bidi_component.component_name == name:
                return drawn
        raise PageError(f"the page has no component {name}")

    # The protocol

    async def _send(self, state: WidgetState, fragment: str) -> float:
        """Send the state of a widget to the page or its fragment; return the seconds until it is drawn."""
        started = time.monotonic()
        async with self._lock:
            if state.id in self._values:
                self._values[state.id] = state
            await self._rerun([state], fragment)
        return time.monotonic() - started

    async def _rerun(self, changes: Iterable[WidgetState], fragment: str = "") -> None:
        """Run the page, or one fragment, with the current states of all widgets except for `changes`."""
        states = self._values | {state.id: state for state in changes}
        message = BackMsg()
        rerun = message.rerun_script
        rerun.query_string = self.link
        rerun.page_script_hash = self._page_hash
        rerun.fragment_id = fragment
        rerun.widget_states.widgets.extend(states.values())
        rerun.cached_message_hashes.extend(self._cached)
        rerun.context_info.timezone = "Europe/Berlin"
        rerun.context_info.locale = "de-DE"
        rerun.context_info.url = f"{self._url}/"
        rerun.context_info.color_scheme = "light"
        await self._stream.send_bytes(message.SerializeToString())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._draw()
        self._check()

    async def _draw(self) -> None:
        """Receive messages of the server until the page is drawn."""
        drawn: dict[tuple[int, ...], Drawn] = {}
        while True:
            received = await self._stream.receive()
            if received.type is not aiohttp.WSMsgType.BINARY:
                raise PageError(f"the server ended the connection: {received.type.name}")
            message = ForwardMsg.FromString(received.data)
            match message.WhichOneof("type"):
                case "new_session":
                    self._page_hash = message.new_session.page_script_hash
                    drawn = self._elements_outside(message.metadata.run.fragment_ids)
                case "delta" if message.delta.HasField("new_element"):
                    new = Drawn(message.delta.new_element, message.delta.fragment_id)
                    drawn[tuple(message.metadata.delta_path)] = new
                    if message.metadata.cacheable:
                        self._cached[message.hash] = self._runs, new
                case "ref_hash":
                    _, known = self._cached[message.ref_hash]
                    self._cached[message.ref_hash] = self._runs, known
                    drawn[tuple(message.metadata.delta_path)] = known
                case "page_info_changed":
                    self.link = message.page_info_changed.query_string
                case "script_finished" if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    break
        if message.script_finished not in DRAWN:
            raise PageError("the page could not be run")
        self._drawn = drawn
        self._values = dict(self._widget_states(self._elements))
        if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
            self._evict_old_elements()

    def _elements_outside(self, fragments: Collection[str]) -> dict[tuple[int, ...], Drawn]:
        """Return the elements that stay when some fragments are drawn again; none if the whole page is."""
        return {
            path: drawn
            for path, drawn in self._drawn.items()
            if fragments and drawn.fragment not in fragments
        }

    def _evict_old_elements(self) -> None:
        self._runs += 1
        self._cached = {
            name: (run, drawn)
            for name, (run, drawn) in self._cached.items()
            if self._runs - run <= CACHED_RUNS
        }

    def _widget_states(self, elements: Iterable[Element]) -> Iterator[tuple[str, WidgetState]]:
        """Yield the states of widgets, which a browser preserves unless the page sets another."""
        for element in elements:
            state = first_value(element)
            if state is not None:
                known = None if is_set_by_page(element) else self._values.get(state.id)
                yield state.id, known or state

    def _check(self) -> None:
        for element in self._elements:
            if element.HasField("exception"):
                raise PageError(f"the page shows a {element.exception.type}")
            if element.HasField("alert") and element.alert.format == Alert.ERROR:
                raise PageError(f"the page shows an error: {element.alert.body}")

    # Files

    async def _load_scripts(self) -> None:
        """Load the scripts of the components, and the scripts that these load."""
        shims = (element.bidi_component.js_content for element in self._elements)
        names = set(_SCRIPT.findall("".join(shims)))
        while names := names - self._loaded:
            self._loaded |= names
            texts = await asyncio.gather(*(self._get(f"/assets/{name}") for name in names))
            # Libraries are not searched, because they load nothing of the app.
            found = (
                _SCRIPT.findall(text.decode())
                for name, text in zip(names, texts, strict=True)
                if ".min." not in name
            )
            names = {name for linked in found for name in linked}

    async def _get(self, path: str, *, accept: str = "*/*") -> bytes:
        async with self._browser.get(f"{self._url}{path}", headers={"Accept": accept}) as answer:
            content = await answer.read()
            if not answer.ok:
                raise PageError(f"{path} was answered with {answer.status}")
            return content


async def until_ready(url: str, patience: float = READY_SECONDS) -> None:
    """Open the app repeatedly until it is drawn without an error, because its workers need time to start.

    Raises
    ------
    PageError
        If it still shows an error after `patience` seconds.
    """
    deadline = time.monotonic() + patience
    while True:
        async with Tab(url) as tab:
            try:
                await tab.open()
            except PageError:
                if time.monotonic() > deadline:
                    raise
            else:
                return
