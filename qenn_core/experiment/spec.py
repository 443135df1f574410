"""The whole experiment, and its two forms on the way: a link and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, model_validator

from qenn_core.errors import Problem, SpecError
from qenn_core.experiment.annotations import Key, SpecSection
from qenn_core.experiment.devices import refuses_noise
from qenn_core.experiment.introspection import allowed, is_text, leaves, link_key
from qenn_core.experiment.sections import (
    CircuitSpec,
    DataSpec,
    EncodingSpec,
    EngineSpec,
    HeadSpec,
    NoiseSpec,
    TrainingSpec,
)
from qenn_core.registry import ENCODINGS


class ExperimentSpec(SpecSection):
    """Everything that determines a run, apart from the rows of an uploaded file."""

    data: DataSpec = Field(default_factory=DataSpec)
    encoding: EncodingSpec = Field(default_factory=EncodingSpec)
    circuit: CircuitSpec = Field(default_factory=CircuitSpec)
    noise: NoiseSpec = Field(default_factory=NoiseSpec)
    head: HeadSpec = Field(default_factory=HeadSpec)
    training: TrainingSpec = Field(default_factory=TrainingSpec)
    engine: EngineSpec = Field(default_factory=EngineSpec)
    seed: Annotated[int, Key("seed")] = Field(
        0,
        ge=0,
        le=2**31 - 1,
        title="Seed",
        description="The same seed gives the same split, weights and order.",
    )

    @model_validator(mode="after")
    def _check_noise(self) -> Self:
        if self.noise.active and self.engine.kind == "pennylane" and refuses_noise(self.engine.device):
            raise SpecError(
                [
                    Problem(
                        "engine.device",
                        repr(self.engine.device),
                        "one that knows noise, such as default.mixed, while the noise level is above 0",
                    )
                ]
            )
        return self

    @model_validator(mode="after")
    def _check_gradient(self) -> Self:
        shifts = self.engine.kind == "fused" and self.engine.gradient == "parameter-shift"
        if shifts and ENCODINGS[self.encoding.kind].n_angles is None:
            raise SpecError(
                [
                    Problem(
                        "engine.gradient",
                        repr(self.engine.gradient),
                        f"exact with the encoding {self.encoding.kind!r}, which has no angles to turn",
                    )
                ]
            )
        return self

    def with_(self, **changes: Any) -> ExperimentSpec:
        """Return a copy with dotted fields changed, ``spec.with_(**{"circuit.n_qubits": 6})``.

        Raises
        ------
        SpecError
            If a value is not allowed.
        """
        tree = self.model_dump()
        for path, value in changes.items():
            section, _, name = path.rpartition(".")
            (tree[section] if section else tree)[name] = value
        return self.from_dict(tree)

    @classmethod
    def from_dict(cls, tree: Mapping[str, Any]) -> ExperimentSpec:
        """Build a spec from nested dictionaries; raises `SpecError` on a bad value."""
        try:
            return cls.model_validate(dict(tree))
        except ValidationError as error:
            raise SpecError(_problems(error)) from error

    def to_json(self) -> str:
        """Write the whole spec as JSON."""
        return self.model_dump_json()

    @classmethod
    def from_json(cls, text: str) -> ExperimentSpec:
        """Read a spec from JSON; raises `SpecError` on a bad value."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise SpecError(_problems(error)) from error

    def to_query(self) -> dict[str, str]:
        """Return what differs from the default as the query parameters of a link."""
        query: dict[str, str] = {}
        for path, field in leaves(ExperimentSpec):
            value = _get(self, path)
            if value == field.default:
                continue
            key = link_key(field)
            if key.endswith("."):
                query |= {key + name: _write(item) for name, item in value}
            else:
                query[key] = _write(dict(value) if key == "roles" else value)
        return query

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> ExperimentSpec:
        """Read a spec from the query parameters of a link.

        Keys that are not the spec's own are left alone, since a page has others.

        Raises
        ------
        SpecError
            If a value is not allowed.
        """
        tree: dict[str, Any] = {}
        for path, field in leaves(ExperimentSpec):
            section, _, name = path.rpartition(".")
            branch = tree.setdefault(section, {}) if section else tree
            key = link_key(field)
            if key.endswith("."):
                found = {k.removeprefix(key): v for k, v in query.items() if k.startswith(key)}
                if found:
                    branch[name] = {k: _number_or_text(v) for k, v in found.items()}
            elif key in query:
                branch[name] = query[key] if is_text(field) else _number_or_text(query[key])
        return cls.from_dict(tree)


def _get(spec: ExperimentSpec, path: str) -> Any:
    value: Any = spec
    for name in path.split("."):
        value = getattr(value, name)
    return value


def _write(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _number_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _problems(error: ValidationError) -> Iterator[Problem]:
    known = dict(leaves(ExperimentSpec))
    for item in error.errors():
        place = ".".join(map(str, item["loc"]))
        field = known.get(".".join(map(str, item["loc"][:2]))) or known.get(place)
        if item["type"] == "extra_forbidden":
            yield Problem(place, "unknown", "a field of the spec: " + ", ".join(sorted(known)))
            continue
        message = item["msg"].removeprefix("Input should be ").removeprefix("Value error, must be ")
        yield Problem(place or "spec", repr(item["input"])[:80], (field and allowed(field)) or message)
