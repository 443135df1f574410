"""Links that earlier versions wrote still open the same experiments."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qenn_core.experiment import ExperimentSpec
from qenn_core.registry import ANSATZE, ENCODINGS, NOISE_CHANNELS

LINKS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "stored" / "links.json").read_text("utf-8"))


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link["name"])
def test_opens_the_same_experiment(link: dict[str, Any]) -> None:
    spec = ExperimentSpec.from_query(link["query"])
    # Settings that a later version added have their defaults.
    defaults = json.loads(ExperimentSpec().to_json())
    assert json.loads(spec.to_json()) == {
        section: {**defaults[section], **values} if isinstance(values, dict) else values
        for section, values in link["spec"].items()
    }
    assert spec == ExperimentSpec.from_json(json.dumps(link["spec"]))
    assert ExperimentSpec.from_query(spec.to_query()) == spec


def test_links_cover_the_registries() -> None:
    specs = [ExperimentSpec.from_dict(link["spec"]) for link in LINKS]
    assert {spec.encoding.kind for spec in specs} == set(ENCODINGS.keys())
    assert {spec.circuit.ansatz for spec in specs} == set(ANSATZE.keys())
    assert {spec.noise.channel for spec in specs if spec.noise.active} >= set(NOISE_CHANNELS.keys())
