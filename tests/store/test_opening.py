from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from store.conftest import Location, StoreOpener

from qenn_core import limits
from qenn_core.store import Store, StoreError, location
from qenn_core.store import open_store as open_configured_store


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def _no_environment_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (location.HOME_VARIABLE, location.DATABASE_VARIABLE, location.UPLOAD_DAYS_VARIABLE):
        monkeypatch.delenv(name, raising=False)


def test_environment_sets_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(location.HOME_VARIABLE, str(tmp_path / "deep" / "home"))
    store = open_configured_store()
    assert store.home == tmp_path / "deep" / "home"
    store.close()


def test_default_folder_belongs_to_the_user() -> None:
    home, url = location.configured_location()
    assert home.is_relative_to(Path.home())
    assert home.name == "qenn-studio"
    assert url is None


def test_new_folder_is_private(tmp_path: Path) -> None:
    Store(tmp_path / "home").close()
    assert mode(tmp_path / "home") == 0o700
    assert mode(tmp_path / "home" / "studio.db") == 0o600


def test_files_are_private_in_a_shared_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    store = Store(tmp_path)
    store.uploads.delete_expired()
    assert {path.name for path in tmp_path.iterdir()} >= {"studio.db", "studio.db-wal", "studio.db-shm"}
    assert {mode(path) & 0o077 for path in tmp_path.glob("studio.db*")} == {0}
    store.close()


@pytest.mark.parametrize(
    ("before", "after"), [(0o777, 0o700), (0o775, 0o700), (0o750, 0o750), (0o700, 0o700)]
)
def test_others_cannot_write_to_the_folder(tmp_path: Path, before: int, after: int) -> None:
    tmp_path.chmod(before)
    Store(tmp_path).close()
    assert mode(tmp_path) == after


def test_folder_for_the_files_of_many_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    with pytest.raises(StoreError, match=r"Everybody .* can write .*QENN_HOME"):
        Store(tmp_path)
    assert mode(tmp_path) == 0o1777
    assert not list(tmp_path.iterdir())


def test_unusable_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"Nothing can be stored in .*file/home.*QENN_HOME"):
        Store(tmp_path / "file" / "home")
    (tmp_path / "studio.db").mkdir()
    with pytest.raises(StoreError, match="Nothing can be stored"):
        Store(tmp_path)


@pytest.mark.parametrize(
    "url", ["mysql://me:secret@host/x", "sqlite:///secret.db", "secret", "postgresql+asyncpgsecret", ""]
)
def test_other_databases_are_rejected_without_showing_the_url(tmp_path: Path, url: str) -> None:
    with pytest.raises(StoreError, match="PostgreSQL") as caught:
        Store(tmp_path, url)
    assert "secret" not in str(caught.value)


def test_unreachable_database_is_reported(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be reached") as caught:
        Store(tmp_path, "postgresql://me:secret@127.0.0.1:1/x")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_url_schemes(postgresql_location: Location, open_store: StoreOpener, scheme: str) -> None:
    assert postgresql_location.url is not None
    url = scheme + postgresql_location.url.removeprefix("postgresql")
    assert open_store(Location(postgresql_location.home, url)).runs.list_by_owner("a" * 64) == []


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many", "٣"])
def test_invalid_upload_days_are_rejected(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(location.UPLOAD_DAYS_VARIABLE, text)
    with pytest.raises(StoreError, match="whole number from 1"):
        location.configured_upload_days()


def test_upload_days(monkeypatch: pytest.MonkeyPatch) -> None:
    assert location.configured_upload_days() == limits.UPLOAD_DAYS
    monkeypatch.setenv(location.UPLOAD_DAYS_VARIABLE, "7")
    assert location.configured_upload_days() == 7


def test_imports_only_what_is_needed(sqlite_location: Location) -> None:
    # Workers use the entities without a database. A store of the newest version needs no migrations.
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "import qenn_core.store.entities\n"
        "assert 'sqlalchemy' not in sys.modules\n"
        "from qenn_core.store.store import Store\n"
        f"Store(Path({str(sqlite_location.home)!r})).close()\n"
        "assert 'alembic' not in sys.modules\n"
        "assert 'psycopg' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True, cwd=Path(__file__).parents[2])
