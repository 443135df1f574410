"""The secrets file decides who can log in; if it cannot be read, nobody gets in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit import config
from streamlit.runtime.secrets import Secrets

from pages._shared import login
from qenn_core.errors import QennError

SINGLE_PROVIDER = """
[auth]
redirect_uri = "http://localhost:8501/oauth2callback"
cookie_secret = "x"
client_id = "studio"
client_secret = "x"
server_metadata_url = "https://example.org/.well-known/openid-configuration"
"""
TWO_PROVIDERS = """
[auth]
redirect_uri = "http://localhost:8501/oauth2callback"
cookie_secret = "x"
[auth.school]
client_id = "studio"
[auth.university]
client_id = "studio"
"""


@pytest.fixture
def write_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Return a function that writes the secrets file."""
    path = tmp_path / "secrets.toml"
    before = config.get_option("secrets.files")
    config.set_option("secrets.files", [str(path)])
    monkeypatch.setattr(st, "secrets", Secrets())
    yield lambda text: path.write_text(text, encoding="utf-8") and None
    config.set_option("secrets.files", before)


def test_no_login_without_providers(write_secrets: Callable[[str], None]) -> None:
    assert login.providers() == ()
    assert not login.is_required()
    write_secrets("[database]\nhost = 'x'\n")
    assert login.providers() == ()


@pytest.mark.parametrize(
    ("text", "names"), [(SINGLE_PROVIDER, (None,)), (TWO_PROVIDERS, ("school", "university"))]
)
def test_providers_come_from_the_secrets(
    write_secrets: Callable[[str], None], text: str, names: tuple[str | None, ...]
) -> None:
    write_secrets(text)
    assert login.providers() == names


def test_unreadable_secrets_keep_the_app_closed(
    write_secrets: Callable[[str], None],
) -> None:
    write_secrets("[auth\nclient_id = ")
    with pytest.raises(QennError, match="Logging in is not possible right now"):
        login.is_required()
