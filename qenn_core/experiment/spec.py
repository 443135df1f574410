"""The whole experiment, and how it is written as a link and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, model_validator

from qenn_core.errors import Problem, SpecError
from qenn_core.experiment.annotations import QueryKey, SpecSection
from qenn_core.experiment.devices import refuses_noise
from qenn_core.experiment.introspection import (
    choice_label,
    describe_allowed,
    holds_text,
    iter_fields,
    query_key,
)
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
from qenn_core.text import quoted

# Characters of a bad value that a message shows.
MAX_QUOTED = 80


class ExperimentSpec(SpecSection):
    """Everything that determines a run, apart from the rows of an uploaded file."""

    data: DataSpec = Field(default_factory=DataSpec)
    encoding: EncodingSpec = Field(default_factory=EncodingSpec)
    circuit: CircuitSpec = Field(default_factory=CircuitSpec)
    noise: NoiseSpec = Field(default_factory=NoiseSpec)
    head: HeadSpec = Field(default_factory=HeadSpec)
    training: TrainingSpec = Field(default_factory=TrainingSpec)
    engine: EngineSpec = Field(default_factory=EngineSpec)
    seed: Annotated[int, QueryKey("seed")] = Field(
        0,
        ge=0,
        le=2**31 - 1,
        title="Training seed",
        description="The same seed gives the same split, initial weights and order of rows.",
    )

    @model_validator(mode="after")
    def _check_noise(self) -> Self:
        if self.noise.active and self.engine.kind == "pennylane" and refuses_noise(self.engine.device):
            allowed = "one that supports noise, such as default.mixed, while the noise level is above 0"
            raise SpecError([Problem("engine.device", quoted(self.engine.device), allowed)])
        return self

    @model_validator(mode="after")
    def _check_gradient(self) -> Self:
        encoding = ENCODINGS[self.encoding.kind]
        shifts = self.engine.kind == "fused" and self.engine.gradient == "parameter-shift"
        if shifts and encoding.n_angles is None:
            field = EngineSpec.model_fields["gradient"]
            refused, exact = (choice_label(field, value) for value in ("parameter-shift", "backprop"))
            allowed = f"{quoted(exact)} with the encoding {encoding.label}, which has no angles to shift"
            raise SpecError([Problem("engine.gradient", quoted(refused), allowed)])
        return self

    def with_(self, **changes: Any) -> ExperimentSpec:
        """Return a copy with changed fields, given by dotted path: ``with_(**{"circuit.n_qubits": 6})``.

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
        """Build a spec from nested dictionaries; raise `SpecError` on a bad value."""
        try:
            return cls.model_validate(dict(tree))
        except ValidationError as error:
            raise SpecError(_problems(error)) from error

    def to_json(self) -> str:
        """Write the whole spec as JSON."""
        return self.model_dump_json()

    @classmethod
    def from_json(cls, text: str) -> ExperimentSpec:
        """Read a spec from JSON; raise `SpecError` on a bad value."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise SpecError(_problems(error)) from error

    def to_query(self) -> dict[str, str]:
        """Return the settings that differ from their defaults as the query parameters of a link."""
        query: dict[str, str] = {}
        for path, field in iter_fields(ExperimentSpec):
            value = attrgetter(path)(self)
            if value == field.default:
                continue
            key = query_key(field)
            if key.endswith("."):
                query |= {key + name: _format(item) for name, item in value}
            else:
                query[key] = _format(dict(value) if key == "roles" else value)
        return query

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> ExperimentSpec:
        """Read a spec from the query parameters of a link.

        Other keys are ignored, since pages have parameters of their own.

        Raises
        ------
        SpecError
            If a value is not allowed.
        """
        tree: dict[str, Any] = {}
        for path, field in iter_fields(ExperimentSpec):
            section, _, name = path.rpartition(".")
            branch = tree.setdefault(section, {}) if section else tree
            key = query_key(field)
            if key.endswith("."):
                found = {k.removeprefix(key): v for k, v in query.items() if k.startswith(key)}
                if found:
                    branch[name] = {k: _parse(v) for k, v in found.items()}
            elif key in query:
                branch[name] = query[key] if holds_text(field) else _parse(query[key])
        return cls.from_dict(tree)


def _format(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _problems(error: ValidationError) -> Iterator[Problem]:
    fields = dict(iter_fields(ExperimentSpec))
    for item in error.errors():
        path = ".".join(map(str, item["loc"]))
        # An error inside a tuple has the position in the tuple as a third part.
        field = fields.get(".".join(map(str, item["loc"][:2]))) or fields.get(path)
        if item["type"] == "extra_forbidden":
            yield Problem(path, "unknown", "a field of the spec: " + ", ".join(sorted(fields)))
            continue
        message = item["msg"].removeprefix("Input should be ").removeprefix("Value error, must be ")
        allowed = describe_allowed(field) if field else None
        yield Problem(path or "spec", _quote(item["input"]), allowed or message)


def _quote(value: object) -> str:
    """Return a bad value as it stands in a message."""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, float):
        return f"{value:g}"
    text = quoted(value) if isinstance(value, str) else str(value)
    return text if len(text) <= MAX_QUOTED else f"{text[:MAX_QUOTED]}…"
