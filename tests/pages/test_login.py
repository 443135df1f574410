"""Where people log in is told by the server's file of secrets; one that cannot be read closes the app."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit import config
from streamlit.runtime.secrets import Secrets

from pages._shared import login
from qenn_core.errors import QennError

ONE = """
[auth]
redirect_uri = "http://localhost:8501/oauth2callback"
cookie_secret = "x"
client_id = "studio"
client_secret = "x"
server_metadata_url = "https://example.org/.well-known/openid-configuration"
"""
TWO = """
[auth]
redirect_uri = "http://localhost:8501/oauth2callback"
cookie_secret = "x"
[auth.school]
client_id = "studio"
[auth.university]
client_id = "studio"
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Return a function that writes the file of secrets."""
    path = tmp_path / "secrets.toml"
    before = config.get_option("secrets.files")
    config.set_option("secrets.files", [str(path)])
    monkeypatch.setattr(st, "secrets", Secrets())
    yield lambda text: path.write_text(text, encoding="utf-8") and None
    config.set_option("secrets.files", before)


def test_without_secrets_nobody_has_to_log_in(write: Callable[[str], None]) -> None:
    assert login.providers() == ()
    assert not login.is_required()
    write("[database]\nhost = 'x'\n")
    assert login.providers() == ()


@pytest.mark.parametrize(("text", "names"), [(ONE, (None,)), (TWO, ("school", "university"))])
def test_the_providers_are_those_of_the_secrets(
    write: Callable[[str], None], text: str, names: tuple[str | None, ...]
) -> None:
    write(text)
    assert login.providers() == names


def test_a_file_that_cannot_be_read_does_not_open_the_app_to_everybody(
    write: Callable[[str], None],
) -> None:
    write("[auth\nclient_id = ")
    with pytest.raises(QennError, match="Logging in is not possible right now"):
        login.is_required()
