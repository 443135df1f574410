"""The classroom benchmark: pupils behave like browsers, and errors are reported."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import pytest
from loops import run_in_thread

from benchmarks import classroom
from benchmarks.classroom import SECTION
from benchmarks.document import DOCUMENT, insert
from benchmarks.load import pupil
from benchmarks.load.figures import Classes, Spread
from benchmarks.load.lesson import Lesson, run_lesson
from benchmarks.load.overhead import Comparison
from benchmarks.load.pupil import Answer
from benchmarks.load.server import RunningServer, Usage, serving
from benchmarks.load.tab import PageError, Tab, until_ready
from benchmarks.load.tables import FILLING, report
from benchmarks.load.widgets import moved

pytestmark = pytest.mark.slow

SCRIPTS = Path(__file__).parents[2] / "pages" / "_assets"

COMPARISONS = (Comparison(watched=1.1, run=1.0, training=0.5), Comparison(watched=1.2, run=1.0, training=1.0))


def lesson(*answers: Answer, errors: tuple[str, ...] = (), seconds: float = 10, memory: int = 0) -> Lesson:
    return Lesson(answers, errors, 2 - len(errors), seconds, seconds, Usage(3, 1, 12), 0.5, memory)


def classes(*lessons: Lesson) -> Classes:
    return Classes(2, 2, 100_000_000, lessons, pure=(8.0, 9.0, 100.0), comparisons=COMPARISONS)


def measured(tables: str, quantity: str) -> list[str]:
    (line,) = (line for line in tables.splitlines() if line.startswith(f"| {quantity}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with serving(tmp_path_factory.mktemp("home"), workers=1) as started:
        run_in_thread(until_ready(started.url))
        yield started


def test_quick_benchmark_writes_its_tables(
    server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text(insert(DOCUMENT.read_text(encoding="utf-8"), "old", SECTION), encoding="utf-8")
    # Starting another server would take half a minute.
    monkeypatch.setattr(classroom, "serving", lambda home, workers: nullcontext(server))
    with ThreadPoolExecutor(1) as thread:
        thread.submit(classroom.main, ["--quick", "--workers", "1", "--output", str(document)]).result()
    tables = document.read_text(encoding="utf-8")
    assert measured(tables, "errors")[2] == "0 in 3 runs"
    assert measured(tables, "runs finished and stored")[2] == "3 of 3"
    assert int(measured(tables, "all press Train simultaneously")[1]) == 3
    assert float(measured(tables, "CPU of the workers")[1]) > 0
    assert insert(tables, "old", SECTION) == insert(DOCUMENT.read_text(encoding="utf-8"), "old", SECTION)


def test_setting_is_changed_like_in_a_browser(server: RunningServer) -> None:
    async def change() -> str:
        async with Tab(server.url) as tab:
            await tab.open()
            await tab.change(moved(tab.widget_id("field:circuit.n_qubits"), 3))
            await tab.change(moved(tab.widget_id("field:circuit.n_layers"), 5))
            return tab.link

    assert run_in_thread(change()) == "q=3&l=5&ep=100&pat=33&auto=red.lr.ep.pat"


def test_error_on_a_page_is_an_error_of_the_lesson(server: RunningServer) -> None:
    errors = run_in_thread(run_lesson(server, 1, link="ep=many")).errors
    assert "Epochs is ‘many’" in errors[0]


def test_missing_button(server: RunningServer) -> None:
    async def press() -> None:
        async with Tab(server.url) as tab:
            await tab.open()
            await tab.press("Fly")

    with pytest.raises(PageError, match="no button Fly"):
        run_in_thread(press())


@pytest.mark.parametrize("script", ["runs", "progress"])
def test_pupils_poll_as_often_as_the_scripts(script: str) -> None:
    text = (SCRIPTS / f"{script}.js").read_text(encoding="utf-8")
    for name, value in re.findall(r"^const (\w+_MS) = (\d+);", text, re.MULTILINE):
        assert getattr(pupil, name, int(value)) == int(value), name
    for states in re.findall(r"^const POLL_MS = \{(.*)\};", text, re.MULTILINE):
        assert dict(pupil.POLL_MS) == {state: int(ms) for state, ms in re.findall(r"(\w+): (\d+)", states)}


def test_spread_of_answers_of_a_kind() -> None:
    answers = [Answer("state", number / 100) for number in range(101)] + [Answer("feed", 7.0)]
    spread = Spread.of(answers, "state")
    assert spread is not None
    assert (spread.count, spread.middle, spread.slow, spread.slowest) == (101, 0.5, 0.95, 1.0)
    assert Spread.of(answers, "open") is None


def test_class_is_compared_with_pure_computing() -> None:
    tables = report(classes(lesson(seconds=9), lesson(seconds=18), lesson(seconds=27)))
    assert measured(tables, "last of 2")[2:] == ["2.00× (1.00 to 3.00)", "**missed**"]
    watched = "a watched run, from the press to its end ÷"
    assert measured(tables, f"{watched} its training")[2:] == ["1.70× (1.20 to 2.20)", "**missed**"]
    assert measured(tables, f"{watched} the same run")[2:] == ["1.15× (1.10 to 1.20)", "reached"]


def test_slow_answers_and_errors_are_reported() -> None:
    slow = lesson(Answer("setting", 1.5), Answer("open", 9.0), errors=("the run ended as failed",))
    tables = report(classes(slow, lesson(Answer("feed", 5.0))))
    assert measured(tables, "errors")[2:] == ["1 in 4 runs", "**missed**"]
    assert measured(tables, "runs finished and stored")[2:] == ["3 of 4", "**missed**"]
    assert measured(tables, "page answers")[2:] == ["1.5 s", "**missed**"]
    assert "- the run ended as failed" in tables


def test_growing_memory_is_reported() -> None:
    def grown(*megabytes: int) -> list[str]:
        filling = range(250, 250 + 10 * FILLING, 10)
        lessons = [lesson(memory=amount * 1_000_000) for amount in (*filling, *megabytes)]
        return measured(report(classes(*lessons)), "growth")[2:]

    assert grown(330, 330, 330) == ["+0.0 kB", "reached"]
    assert grown(330, 331, 332) == ["+500.0 kB", "**missed**"]
