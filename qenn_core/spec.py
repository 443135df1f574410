"""The experiment: one frozen value that the form edits, the link carries and the worker receives.

The same spec with the same data gives the same numbers. Ranges, defaults, labels and one-line helps of
all settings live here; choices with an implementation behind them are keys of the registries.
"""

from __future__ import annotations

import json
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self, Union, get_args, get_origin

import annotated_types
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo

from qenn_core import limits
from qenn_core.errors import Problem, SpecError
from qenn_core.registry import (
    ANSATZE,
    DATASETS,
    ENCODINGS,
    NOISE_CHANNELS,
    Entry,
    Registry,
    Scalar,
)

CSV = "csv"

Role = Literal["numeric", "category", "boolean", "date", "text", "ignore"]
Entanglement = Literal["ring", "linear", "all", "none"]


@dataclass(frozen=True)
class Key:
    """The key of a field in a link; short, and never changed once published."""

    name: str


@dataclass(frozen=True)
class OneOf:
    """A field whose value is a key of a registry."""

    registry: Registry[Any]
    also: tuple[str, ...] = ()

    def keys(self) -> tuple[str, ...]:
        """Return what the value may be."""
        return self.registry.keys() + self.also

    def __call__(self, value: str) -> str:
        """Return `value`, or raise ``ValueError`` if it is not a key."""
        if value not in self.keys():
            raise ValueError(f"must be one of {', '.join(self.keys())}")
        return value


def one_of(registry: Registry[Any], *also: str) -> Any:
    """Mark a field as a key of `registry`, for validation and for menus."""
    check = OneOf(registry, also)
    return AfterValidator(check)


def _pairs(value: Any) -> Any:
    return tuple(sorted(value.items())) if isinstance(value, Mapping) else value


Pairs = (BeforeValidator(_pairs), PlainSerializer(dict, when_used="always"))
Params = Annotated[tuple[tuple[str, Scalar], ...], *Pairs]
Roles = Annotated[tuple[tuple[str, Role], ...], *Pairs]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DataSpec(_Section):
    """Which rows and columns are learnt from, and how they are split."""

    source: Annotated[str, one_of(DATASETS, CSV), Key("data")] = Field(
        "moons", title="Data", description="A built-in data set, or a CSV file of your own."
    )
    params: Annotated[Params, Key("d.")] = Field((), title="Settings of the data set")
    file_name: Annotated[str, Key("file")] = Field("", max_length=200, title="File")
    fingerprint: Annotated[str, Key("sha")] = Field(
        "", pattern="^([0-9a-f]{64})?$", title="SHA-256 of the file"
    )
    text_encoding: Annotated[str | None, Key("txt")] = Field(
        None, max_length=40, title="Text encoding", description="How the file writes letters as bytes."
    )
    delimiter: Annotated[str | None, Key("sep")] = Field(
        None, min_length=1, max_length=1, title="Delimiter", description="The sign between two columns."
    )
    decimal: Annotated[Literal[".", ","] | None, Key("dec")] = Field(
        None, title="Decimal sign", description="The sign before the decimals of a number."
    )
    header: Annotated[bool | None, Key("head")] = Field(
        None, title="Header row", description="Whether the first row used holds the columns' names."
    )
    skip_rows: Annotated[int | None, Key("skip")] = Field(
        None,
        ge=0,
        le=1000,
        title="Rows to skip",
        description="Lines above the table that are not part of it.",
    )
    target: Annotated[str | None, Key("target")] = Field(
        None, title="Column to predict", description="The column that the network learns to predict."
    )
    roles: Annotated[Roles, Key("roles")] = Field((), title="Column roles")
    bands: Annotated[int, Key("bands")] = Field(
        0,
        ge=0,
        le=limits.MAX_CLASSES,
        title="Bands",
        description="0 takes the target's values as classes; 2 or more cuts a numeric target into that many "
        "bands of equal size.",
    )
    sample_rows: Annotated[int | None, Key("sample")] = Field(
        None, ge=20, le=limits.MAX_ROWS, title="Sample", description="Use only a random sample of rows."
    )
    validation_size: Annotated[float, Key("val")] = Field(
        0.2, ge=0.1, le=0.4, title="Validation share", description="Rows that decide when to stop."
    )
    test_size: Annotated[float, Key("test")] = Field(
        0.2,
        ge=0.1,
        le=0.4,
        title="Test share",
        description="Rows that no choice ever sees; they give the score.",
    )

    @property
    def is_csv(self) -> bool:
        """Whether the data are an uploaded file."""
        return self.source == CSV

    @model_validator(mode="after")
    def _check_params(self) -> Self:
        if self.is_csv:
            if self.params:
                raise SpecError([Problem("data.params", repr(dict(self.params)), "empty for a CSV file")])
            return self
        entry = DATASETS[self.source]
        problems = []
        for name, value in self.params:
            if name not in {p.name for p in entry.params}:
                known = ", ".join(p.name for p in entry.params) or "nothing"
                problems.append(Problem("data.params", repr(name), f"a setting of {self.source!r}: {known}"))
            elif not entry.param(name).accepts(value):
                problems.append(Problem(f"data.params.{name}", repr(value), entry.param(name).allowed))
        if problems:
            raise SpecError(problems)
        # One form for one meaning: a setting at its default is left out.
        changed = tuple((name, value) for name, value in self.params if value != entry.param(name).default)
        object.__setattr__(self, "params", changed)
        return self


class EncodingSpec(_Section):
    """How features become quantum states."""

    kind: Annotated[str, one_of(ENCODINGS), Key("enc")] = Field(
        "angle_y", title="Encoding", description="How each row of numbers is written into the qubits."
    )
    reduction: Annotated[Literal["pca", "kbest", "linear"], Key("red")] = Field(
        "pca",
        title="Fit to the circuit",
        description="How features are brought to the circuit's size: principal components, the best "
        "features, or a trainable linear layer.",
    )


class CircuitSpec(_Section):
    """The variational circuit."""

    n_qubits: Annotated[int, Key("q")] = Field(
        4, ge=1, le=limits.MAX_QUBITS, title="Qubits", description="The width of the circuit."
    )
    n_layers: Annotated[int, Key("l")] = Field(
        3,
        ge=1,
        le=limits.MAX_LAYERS,
        title="Layers",
        description="How often the trainable block is repeated.",
    )
    ansatz: Annotated[str, one_of(ANSATZE), Key("ans")] = Field(
        "strongly_entangling", title="Ansatz", description="The pattern of trainable gates in a layer."
    )
    entanglement: Annotated[Entanglement, Key("ent")] = Field(
        "ring", title="Entanglement", description="Which qubits are linked; none gives the unentangled twin."
    )


class NoiseSpec(_Section):
    """What goes wrong on a real device."""

    channel: Annotated[str, one_of(NOISE_CHANNELS), Key("noise")] = Field(
        "depolarizing", title="Noise", description="The kind of error a real device makes."
    )
    level: Annotated[float, Key("p")] = Field(
        0.0, ge=0.0, le=1.0, title="Level", description="Its strength; 0 is a perfect device."
    )
    placement: Annotated[Literal["gate", "layer"], Key("at")] = Field(
        "gate", title="Strikes after", description="Every gate, or every layer."
    )
    shots: Annotated[int, Key("shots")] = Field(
        0, ge=0, le=100_000, title="Shots", description="Measurements per value; 0 computes it exactly."
    )

    @property
    def active(self) -> bool:
        """Whether the state is mixed by noise."""
        return self.level > 0

    @model_validator(mode="after")
    def _check_level(self) -> Self:
        highest = NOISE_CHANNELS[self.channel].max_level
        if self.level > highest:
            raise SpecError(
                [Problem("noise.level", repr(self.level), f"from 0 to {highest:g} for {self.channel!r}")]
            )
        return self


class HeadSpec(_Section):
    """The classical layers between the expectation values and the classes."""

    hidden: Annotated[tuple[Annotated[int, Field(ge=1, le=128)], ...], Key("hidden")] = Field(
        (), max_length=4, title="Hidden layers", description="Sizes of classical layers before the output."
    )
    activation: Annotated[Literal["relu", "tanh", "sigmoid"], Key("act")] = Field(
        "relu", title="Activation", description="What happens between two classical layers."
    )


class TrainingSpec(_Section):
    """How the weights are found."""

    optimizer: Annotated[Literal["adam", "sgd", "rmsprop"], Key("opt")] = Field(
        "adam", title="Optimizer", description="The rule by which each step changes the weights."
    )
    learning_rate: Annotated[float, Key("lr")] = Field(
        0.05, ge=0.0001, le=1.0, title="Learning rate", description="How far each step goes."
    )
    batch_size: Annotated[int, Key("bs")] = Field(
        32, ge=1, le=1024, title="Batch size", description="Rows looked at before each step."
    )
    epochs: Annotated[int, Key("ep")] = Field(
        30, ge=1, le=500, title="Epochs", description="How often all training rows are looked at."
    )
    patience: Annotated[int, Key("pat")] = Field(
        10,
        ge=0,
        le=500,
        title="Patience",
        description="Stop after this many epochs without a better validation loss; 0 never stops early.",
    )


class ExperimentSpec(_Section):
    """Everything that determines a run, apart from the rows of an uploaded file."""

    data: DataSpec = Field(default_factory=DataSpec)
    encoding: EncodingSpec = Field(default_factory=EncodingSpec)
    circuit: CircuitSpec = Field(default_factory=CircuitSpec)
    noise: NoiseSpec = Field(default_factory=NoiseSpec)
    head: HeadSpec = Field(default_factory=HeadSpec)
    training: TrainingSpec = Field(default_factory=TrainingSpec)
    seed: Annotated[int, Key("seed")] = Field(
        0,
        ge=0,
        le=2**31 - 1,
        title="Seed",
        description="The same seed gives the same split, weights and order.",
    )

    @model_validator(mode="after")
    def _check_size(self) -> Self:
        if self.noise.active and self.circuit.n_qubits > limits.MAX_QUBITS_NOISY:
            raise SpecError(
                [
                    Problem(
                        "circuit.n_qubits",
                        str(self.circuit.n_qubits),
                        f"at most {limits.MAX_QUBITS_NOISY} while the noise level is above 0",
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
        for path, field in _leaves():
            value = _get(self, path)
            if value == field.default:
                continue
            key = _key(field)
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
        for path, field in _leaves():
            section, _, name = path.rpartition(".")
            branch = tree.setdefault(section, {}) if section else tree
            key = _key(field)
            if key.endswith("."):
                found = {k.removeprefix(key): v for k, v in query.items() if k.startswith(key)}
                if found:
                    branch[name] = {k: _number_or_text(v) for k, v in found.items()}
            elif key in query:
                branch[name] = query[key] if _is_text(field) else _number_or_text(query[key])
        return cls.from_dict(tree)


def query_keys() -> dict[str, str]:
    """Return the dotted field of each key of a link; a key that ends with a dot is a prefix."""
    return {_key(field): path for path, field in _leaves()}


def field_of(path: str) -> FieldInfo:
    """Return title, description, default and metadata of a dotted field such as ``circuit.n_qubits``."""
    fields = dict(_leaves())
    if path not in fields:
        raise KeyError(f"unknown field {path!r}; known: {', '.join(fields)}")
    return fields[path]


def bounds(path: str) -> tuple[float, float]:
    """Return the lowest and the highest value of a numeric field."""
    low = high = None
    for mark in field_of(path).metadata:
        if isinstance(mark, annotated_types.Ge):
            low = mark.ge
        elif isinstance(mark, annotated_types.Le):
            high = mark.le
    if low is None or high is None:
        raise KeyError(f"{path!r} has no range")
    return low, high  # type: ignore[return-value]


def choices(path: str) -> tuple[Any, ...]:
    """Return what a field of a fixed set of values may be, in menu order."""
    field = field_of(path)
    registry = _registry_check(field)
    if registry:
        return registry.keys()
    for annotation in (field.annotation, *get_args(field.annotation)):
        if get_origin(annotation) is Literal:
            return get_args(annotation)
    raise KeyError(f"{path!r} has no fixed set of values")


def entry_of(path: str, key: str) -> Entry:
    """Return the registered entry behind the value of a field."""
    check = _registry_check(field_of(path))
    if check is None:
        raise KeyError(f"{path!r} is not the key of a registry")
    entry: Entry = check.registry[key]
    return entry


def _registry_check(field: FieldInfo) -> OneOf | None:
    for mark in field.metadata:
        if isinstance(mark, AfterValidator) and isinstance(mark.func, OneOf):
            return mark.func
    return None


def _leaves() -> Iterator[tuple[str, FieldInfo]]:
    for name, field in ExperimentSpec.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, _Section):
            for leaf, info in section.model_fields.items():
                yield f"{name}.{leaf}", info
        else:
            yield name, field


def _get(spec: ExperimentSpec, path: str) -> Any:
    value: Any = spec
    for name in path.split("."):
        value = getattr(value, name)
    return value


def _key(field: FieldInfo) -> str:
    return next(mark.name for mark in field.metadata if isinstance(mark, Key))


def _is_text(field: FieldInfo) -> bool:
    annotation = field.annotation
    members = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
    for member in members:
        if member is str or (get_origin(member) is Literal and isinstance(get_args(member)[0], str)):
            return True
    return False


def _write(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _number_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _allowed(path: str, message: str) -> str:
    try:
        return "one of " + ", ".join(map(str, choices(path)))
    except KeyError:
        pass
    try:
        low, high = bounds(path)
    except KeyError:
        return message[:1].lower() + message[1:]
    annotation = str(field_of(path).annotation)
    return f"a {'number' if 'float' in annotation else 'whole number'} from {low:g} to {high:g}"


def _problems(error: ValidationError) -> Iterator[Problem]:
    known = {path for path, _ in _leaves()}
    for item in error.errors():
        place = ".".join(map(str, item["loc"]))
        path = ".".join(map(str, item["loc"][:2]))
        path = path if path in known else str(item["loc"][0]) if item["loc"] else ""
        if item["type"] == "extra_forbidden":
            yield Problem(place, "unknown", "a field of the spec: " + ", ".join(sorted(known)))
        else:
            allowed = _allowed(path, item["msg"]) if path in known else item["msg"]
            yield Problem(place or "spec", repr(item["input"])[:80], allowed)
