"""What the server writes about itself while somebody works with a file of their own."""

from __future__ import annotations

import random

from browser.studio import Studio
from browser.test_own_file import with_file
from playwright.sync_api import expect
from serving import Server

from qenn_core.workspace import owner_of

# Stands in every name and cell; no word of the app's own.
SECRET = "Zwetschge"
QUICK = {"ep": "2", "pat": "0", "q": "2", "l": "1"}


def table_of_secrets(column: str = f"{SECRET} weight") -> bytes:
    draw = random.Random(0)
    lines = [f"{column},{SECRET} ripe,{SECRET} sort"]
    for row in range(60):
        number = row % 2
        lines.append(f"{draw.gauss(number, 0.5):.3f},{SECRET} {row % 3},{SECRET} {'ab'[number]}")
    return "\n".join(lines).encode()


def test_the_log_tells_of_runs_and_holds_nothing_of_a_user(studio: Studio, server: Server) -> None:
    with_file(studio, "/", table_of_secrets(), f"{SECRET}.csv", **QUICK)
    studio.press("Train")
    expect(studio.table).to_be_visible()
    run = studio.link["run"]
    studio.go("Predict")
    studio.upload(f"{SECRET} 2.csv", table_of_secrets())
    studio.upload(f"{SECRET} 3.csv", table_of_secrets(column=f"{SECRET} height"))
    expect(studio.complaints).to_contain_text(f"{SECRET} weight")
    studio.go("Train")
    studio.upload(f"{SECRET} 4.csv", b"PK\x03\x04" + SECRET.encode())
    expect(studio.complaints).to_be_visible()

    told = server.log.read_text(encoding="utf-8")
    assert f"run ended run={run} state=finished epochs=2 " in told
    (key,) = (cookie["value"] for cookie in studio.page.context.cookies() if "workspace" in cookie["name"])
    for secret in (SECRET, key, owner_of(key)):
        assert secret.lower() not in told.lower()
