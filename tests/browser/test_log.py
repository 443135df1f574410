"""The server's log while a visitor works with their own file."""

from __future__ import annotations

import random

from browser.studio import Studio
from playwright.sync_api import expect
from serving import Server

from qenn_core.workspace import owner_of

# Part of every name and cell of the files, and not a word of the app.
SECRET = "Zwetschge"
SETTINGS = {"ep": "2", "pat": "0", "q": "2", "l": "1"}


def secret_table(column: str = f"{SECRET} weight") -> bytes:
    draw = random.Random(0)
    lines = [f"{column},{SECRET} ripe,{SECRET} sort"]
    for row in range(60):
        number = row % 2
        lines.append(f"{draw.gauss(number, 0.5):.3f},{SECRET} {row % 3},{SECRET} {'ab'[number]}")
    return "\n".join(lines).encode()


def test_log_records_runs_without_user_data(studio: Studio, server: Server) -> None:
    studio.open_with_file("/", secret_table(), f"{SECRET}.csv", **SETTINGS)
    studio.press("Train")
    expect(studio.table).to_be_visible()
    run = studio.link["run"]
    studio.go("Predict")
    studio.upload(f"{SECRET} 2.csv", secret_table())
    studio.upload(f"{SECRET} 3.csv", secret_table(column=f"{SECRET} height"))
    expect(studio.errors).to_contain_text(f"{SECRET} weight")
    studio.go("Train")
    studio.upload(f"{SECRET} 4.csv", b"PK\x03\x04" + SECRET.encode())
    expect(studio.errors).to_be_visible()

    log = server.log.read_text(encoding="utf-8")
    assert f"run ended run={run} state=finished epochs=2 " in log
    (key,) = (cookie["value"] for cookie in studio.page.context.cookies() if "workspace" in cookie["name"])
    for secret in (SECRET, key, owner_of(key)):
        assert secret.lower() not in log.lower()
