from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from store.conftest import Opener, Place

from qenn_core import limits
from qenn_core.store import location, open_store
from qenn_core.store.errors import StoreError
from qenn_core.store.store import Store


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (location.HOME, location.DATABASE, location.UPLOAD_DAYS):
        monkeypatch.delenv(name, raising=False)


def test_the_environment_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(location.HOME, str(tmp_path / "deep" / "home"))
    store = open_store()
    assert store.home == tmp_path / "deep" / "home"
    store.close()


def test_without_a_word_it_is_the_users_own_folder() -> None:
    home, url = location.place_from_environment()
    assert home.is_relative_to(Path.home())
    assert home.name == "qenn-studio"
    assert url is None


def test_a_new_home_is_private(tmp_path: Path) -> None:
    Store(tmp_path / "home").close()
    assert mode(tmp_path / "home") == 0o700
    assert mode(tmp_path / "home" / "studio.db") == 0o600


def test_in_a_folder_for_all_the_file_is_private(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    store = Store(tmp_path)
    store.clean()
    assert {path.name for path in tmp_path.iterdir()} >= {"studio.db", "studio.db-wal", "studio.db-shm"}
    assert {mode(path) & 0o077 for path in tmp_path.glob("studio.db*")} == {0}
    store.close()


def test_a_home_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"Nothing can be kept in .*file/home.*QENN_HOME"):
        Store(tmp_path / "file" / "home")
    (tmp_path / "studio.db").mkdir()
    with pytest.raises(StoreError, match="Nothing can be kept"):
        Store(tmp_path)


@pytest.mark.parametrize(
    "url", ["mysql://me:secret@host/x", "sqlite:///secret.db", "secret", "postgresql+asyncpgsecret", ""]
)
def test_a_url_of_something_else_is_refused_without_its_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(StoreError, match="PostgreSQL") as caught:
        Store(tmp_path, url)
    assert "secret" not in str(caught.value)


def test_a_database_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be reached") as caught:
        Store(tmp_path, "postgresql://me:secret@127.0.0.1:1/x")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_ways_to_write_the_url(postgresql_place: Place, opening: Opener, scheme: str) -> None:
    assert postgresql_place.url is not None
    url = scheme + postgresql_place.url.removeprefix("postgresql")
    assert opening(Place(postgresql_place.home, url)).runs.listed("a" * 64) == []


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many", "٣"])
def test_days_that_are_none(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(location.UPLOAD_DAYS, text)
    with pytest.raises(StoreError, match="whole number from 1"):
        location.upload_days()


def test_days_of_an_upload(monkeypatch: pytest.MonkeyPatch) -> None:
    assert location.upload_days() == limits.UPLOAD_DAYS
    monkeypatch.setenv(location.UPLOAD_DAYS, "7")
    assert location.upload_days() == 7


def test_what_opens_a_store_of_this_version_imports_no_migrations(sqlite_place: Place) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from qenn_core.store.store import Store\n"
        f"Store(Path({str(sqlite_place.home)!r})).close()\n"
        "assert 'alembic' not in sys.modules\n"
        "assert 'psycopg' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True, cwd=Path(__file__).parents[2])


def test_records_are_had_without_the_database() -> None:
    # Workers use them too, and have no database.
    script = "import sys, qenn_core.store.entities; assert 'sqlalchemy' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2])
