"""The sections of an experiment, with the range, default, label and one-line help of each setting."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from qenn_core import limits
from qenn_core.errors import Problem, SpecError
from qenn_core.experiment.annotations import Allowed, Entanglement, Key, Params, Roles, SpecSection, one_of
from qenn_core.experiment.devices import DEFAULT, DEVICES
from qenn_core.registry import ANSATZE, DATASETS, ENCODINGS, NOISE_CHANNELS

CSV = "csv"


class DataSpec(SpecSection):
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
                allowed = f"left out: the settings of {self.source!r} are {known}"
                problems.append(Problem(f"data.params.{name}", repr(value), allowed))
            elif not entry.param(name).accepts(value):
                problems.append(Problem(f"data.params.{name}", repr(value), entry.param(name).allowed))
        if problems:
            raise SpecError(problems)
        # One form for one meaning: a setting at its default is left out.
        changed = tuple((name, value) for name, value in self.params if value != entry.param(name).default)
        object.__setattr__(self, "params", changed)
        return self


class EncodingSpec(SpecSection):
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


class CircuitSpec(SpecSection):
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


class NoiseSpec(SpecSection):
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


class HeadSpec(SpecSection):
    """The classical layers between the expectation values and the classes."""

    hidden: Annotated[
        tuple[Annotated[int, Field(ge=1, le=128)], ...],
        Key("hidden"),
        Allowed("up to 4 whole numbers from 1 to 128"),
    ] = Field(
        (), max_length=4, title="Hidden layers", description="Sizes of classical layers before the output."
    )
    activation: Annotated[Literal["relu", "tanh", "sigmoid"], Key("act")] = Field(
        "relu", title="Activation", description="What happens between two classical layers."
    )


class TrainingSpec(SpecSection):
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


class EngineSpec(SpecSection):
    """What computes the circuit."""

    kind: Annotated[Literal["fused", "pennylane"], Key("eng")] = Field(
        "fused",
        title="Engine",
        description="What computes the circuit. The results are the same; the compiled engine is many times "
        "as fast.",
    )
    device: Annotated[
        str,
        one_of(
            DEVICES,
            hint=", which are installed on this server; another one comes with its PennyLane plugin, which "
            "has to be installed there (see pennylane.ai/plugins)",
        ),
        Key("dev"),
    ] = Field(
        DEFAULT,
        title="PennyLane device",
        description="The simulator, or quantum computer, that PennyLane runs the circuit on.",
    )
    gradient: Annotated[Literal["backprop", "parameter-shift"], Key("grad")] = Field(
        "backprop",
        title="Gradient",
        description="How training finds out which way to turn each angle: by exact calculation, or by "
        "running the circuit again with the angle turned a little further and a little back, as a quantum "
        "computer has to.",
    )
