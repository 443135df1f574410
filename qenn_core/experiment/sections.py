"""The sections of an experiment: range, default, title and one-line help of each setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from qenn_core import limits
from qenn_core.errors import Problem, SpecError
from qenn_core.experiment.annotations import (
    AllowedValues,
    Entanglement,
    Labels,
    Params,
    QueryKey,
    ReductionMethod,
    Role,
    Roles,
    SpecSection,
    Step,
    one_of,
)
from qenn_core.experiment.devices import DEFAULT, DEVICES
from qenn_core.registry import ANSATZE, DATASETS, ENCODINGS, NOISE_CHANNELS, Scalar
from qenn_core.text import quoted, without_bidi_controls

CSV = "csv"
QUOTES = {'"': "double", "'": "single", "": "none"}


def _quote(value: Scalar) -> str:
    return quoted(value) if isinstance(value, str) else f"{value:g}"


class DataSpec(SpecSection):
    """The rows and columns to train on, and how the rows are split."""

    source: Annotated[str, one_of(DATASETS, {CSV: "Your own CSV file"}), QueryKey("data")] = Field(
        "moons", title="Data", description="A built-in data set or your own CSV file."
    )
    params: Annotated[Params, QueryKey("d.")] = Field((), title="Data set option")
    file_name: Annotated[str, QueryKey("file")] = Field(
        "", max_length=limits.MAX_FILE_NAME_LENGTH, title="File"
    )
    fingerprint: Annotated[str, AllowedValues("64 hexadecimal digits"), QueryKey("sha")] = Field(
        "", pattern="^([0-9a-f]{64})?$", title="SHA-256 of the file"
    )
    sheet: Annotated[str | None, QueryKey("sheet")] = Field(
        None, max_length=limits.MAX_NAME_LENGTH, title="Sheet", description="The sheet of the workbook."
    )
    text_encoding: Annotated[str | None, QueryKey("txt")] = Field(
        None, max_length=40, title="Text encoding", description="How the file stores letters as bytes."
    )
    delimiter: Annotated[str | None, QueryKey("sep")] = Field(
        None, min_length=1, max_length=1, title="Delimiter", description="The character between two columns."
    )
    decimal: Annotated[Literal[".", ","] | None, Labels({".": "point", ",": "comma"}), QueryKey("dec")] = (
        Field(
            None,
            title="Decimal separator",
            description="The character before the decimal places of a number.",
        )
    )
    quote: Annotated[Literal['"', "'", ""] | None, QueryKey("quote"), Labels(QUOTES)] = Field(
        None, title="Quotation mark", description="The character around a cell that contains the delimiter."
    )
    # Links and databases of earlier versions hold true or false, which are read as 1 and 0.
    header: Annotated[int | None, QueryKey("head")] = Field(
        None,
        ge=0,
        le=limits.MAX_HEADER_ROWS,
        title="Header rows",
        description="How many rows at the top of the table hold the column names.",
    )
    skip_rows: Annotated[int | None, QueryKey("skip")] = Field(
        None,
        ge=0,
        le=1000,
        title="Rows to skip",
        description="Lines above the table that do not belong to it.",
    )
    gaps: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=40)], ...] | None,
        QueryKey("gaps"),
        AllowedValues("up to 50 words of up to 40 characters"),
    ] = Field(
        None,
        max_length=50,
        title="Words for gaps",
        description="Cells with one of these words, in upper or lower case, count as missing.",
    )
    target: Annotated[str | None, QueryKey("target")] = Field(
        None, title="Column to predict", description="The column that the network learns to predict."
    )
    roles: Annotated[
        Roles, QueryKey("roles"), AllowedValues('a role for each column name, such as {"age":"numeric"}')
    ] = Field((), title="Column roles")
    bands: Annotated[int, QueryKey("bands")] = Field(
        0,
        ge=0,
        le=limits.MAX_CLASSES,
        title="Bands",
        description="0 uses each value of the target as a class; 2 or more divides a numeric target into "
        "that many bands with about the same number of rows.",
    )
    ignore_case: Annotated[bool, QueryKey("case")] = Field(
        False,
        title="Ignore case in classes",
        description="Classes that differ only in upper and lower case are one class.",
    )
    combine_rare: Annotated[bool, QueryKey("rest")] = Field(
        False,
        title="Combine rare classes",
        description=f"Only the {limits.MAX_CLASSES - 1} most frequent values of the target stay classes; all "
        "others together are one more.",
    )
    sample_rows: Annotated[int | None, QueryKey("sample")] = Field(
        None,
        ge=limits.MIN_ROWS,
        le=limits.MAX_ROWS,
        title="Sample size",
        description="Use only a random sample of this many rows.",
    )
    validation_size: Annotated[float, QueryKey("val"), Step(0.05)] = Field(
        0.2,
        ge=0.1,
        le=0.4,
        title="Validation share",
        description="The share of rows used to decide when to stop training.",
    )
    test_size: Annotated[float, QueryKey("test"), Step(0.05)] = Field(
        0.2,
        ge=0.1,
        le=0.4,
        title="Test share",
        description="The share of rows set aside for the final score; no decision is based on them.",
    )

    @property
    def is_csv(self) -> bool:
        """Whether the data are an uploaded file."""
        return self.source == CSV

    @property
    def name(self) -> str:
        """The name to show: that of the file or of the built-in data set."""
        return self.file_name if self.is_csv else DATASETS[self.source].label

    @field_validator("file_name")
    @classmethod
    def _clean_file_name(cls, name: str) -> str:
        return without_bidi_controls(name)

    @field_validator("roles", mode="before")
    @classmethod
    def _check_roles(cls, roles: object) -> object:
        allowed = get_args(Role)
        problems = [
            Problem(
                f"data.roles.{column}",
                f"{quoted(column)} = {quoted(str(role))}",
                f"one of {', '.join(allowed)}",
            )
            for column, role in (roles.items() if isinstance(roles, Mapping) else ())
            if role not in allowed
        ]
        if problems:
            raise SpecError(problems)
        return roles

    @model_validator(mode="after")
    def _check_params(self) -> Self:
        if self.is_csv:
            if self.params:
                raise SpecError(
                    [
                        Problem(
                            "data.params", ", ".join(name for name, _ in self.params), "empty for a CSV file"
                        )
                    ]
                )
            return self
        entry = DATASETS[self.source]
        labels = {param.name: param.label for param in entry.params}
        problems = []
        for name, value in self.params:
            if name not in labels:
                options = f"one of {', '.join(labels.values())}" if labels else "left out"
                allowed = f"{options} with the data set {entry.label}"
                problems.append(Problem(f"data.params.{name}", f"{name} = {_quote(value)}", allowed))
            elif not entry.param(name).accepts(value):
                got = f"{labels[name]} = {_quote(value)}"
                problems.append(Problem(f"data.params.{name}", got, entry.param(name).allowed))
        if problems:
            raise SpecError(problems)
        # Equal data sets have equal specs: an option at its default is left out.
        changed = tuple((name, value) for name, value in self.params if value != entry.param(name).default)
        object.__setattr__(self, "params", changed)
        return self


class EncodingSpec(SpecSection):
    """How features become quantum states."""

    kind: Annotated[str, one_of(ENCODINGS), QueryKey("enc")] = Field(
        "angle_y", title="Encoding", description="How each row of numbers is written into the qubits."
    )
    reduction: Annotated[
        ReductionMethod,
        Labels({"pca": "Principal components", "kbest": "Best features", "linear": "Trainable linear layer"}),
        QueryKey("red"),
    ] = Field(
        "pca",
        title="Feature reduction",
        description="How the features are reduced to as many numbers as the circuit takes: by principal "
        "components, by choosing the best features, or by a trainable linear layer.",
    )

    @property
    def appends_constant(self) -> bool:
        """Whether the inputs end with a constant; the biases of a trainable linear layer replace it."""
        return ENCODINGS[self.kind].needs_constant and self.reduction != "linear"


class CircuitSpec(SpecSection):
    """The variational circuit."""

    n_qubits: Annotated[int, QueryKey("q")] = Field(
        4, ge=1, le=limits.MAX_QUBITS, title="Qubits", description="How many qubits the circuit has."
    )
    n_layers: Annotated[int, QueryKey("l")] = Field(
        3,
        ge=1,
        le=limits.MAX_LAYERS,
        title="Layers",
        description="How many times the trainable block is repeated.",
    )
    ansatz: Annotated[str, one_of(ANSATZE), QueryKey("ans")] = Field(
        "strongly_entangling", title="Ansatz", description="The pattern of trainable gates in each layer."
    )
    entanglement: Annotated[
        Entanglement,
        Labels({"ring": "Ring", "linear": "Chain", "all": "All pairs", "none": "None (no entanglement)"}),
        QueryKey("ent"),
    ] = Field(
        "ring",
        title="Entanglement",
        description="Which pairs of qubits each layer entangles; None gives the same circuit without "
        "entanglement, for comparison.",
    )


class NoiseSpec(SpecSection):
    """The errors of a real quantum device."""

    channel: Annotated[str, one_of(NOISE_CHANNELS), QueryKey("noise")] = Field(
        "depolarizing", title="Quantum noise", description="The type of error that a real device makes."
    )
    level: Annotated[float, QueryKey("p"), Step(0.005)] = Field(
        0.0,
        ge=0.0,
        le=1.0,
        title="Noise level",
        description="How strong the noise is; 0 is a perfect device.",
    )
    placement: Annotated[
        Literal["gate", "layer"], Labels({"gate": "Every gate", "layer": "Every layer"}), QueryKey("at")
    ] = Field("gate", title="Noise after", description="Whether noise acts after every gate or every layer.")
    shots: Annotated[int, QueryKey("shots")] = Field(
        0,
        ge=0,
        le=100_000,
        title="Shots",
        description="How many measurements are averaged for each value; 0 calculates it exactly.",
    )

    @property
    def active(self) -> bool:
        """Whether the state is mixed by noise."""
        return self.level > 0

    @model_validator(mode="after")
    def _check_level(self) -> Self:
        channel = NOISE_CHANNELS[self.channel]
        if self.level > channel.max_level:
            allowed = f"from 0 to {channel.max_level:g} with {channel.label}"
            raise SpecError([Problem("noise.level", f"{self.level:g}", allowed)])
        return self


class HeadSpec(SpecSection):
    """The classical layers between the expectation values and the classes."""

    hidden: Annotated[
        tuple[Annotated[int, Field(ge=1, le=128)], ...],
        QueryKey("hidden"),
        AllowedValues("up to 4 whole numbers from 1 to 128"),
    ] = Field(
        (),
        max_length=4,
        title="Hidden layers",
        description="The sizes of the classical layers before the output.",
    )
    activation: Annotated[
        Literal["relu", "tanh", "sigmoid"],
        Labels({"relu": "ReLU", "tanh": "tanh", "sigmoid": "Sigmoid"}),
        QueryKey("act"),
    ] = Field("relu", title="Activation", description="The function applied between two classical layers.")


class TrainingSpec(SpecSection):
    """How the weights are optimised."""

    optimizer: Annotated[
        Literal["adam", "sgd", "rmsprop"],
        Labels({"adam": "Adam", "sgd": "SGD", "rmsprop": "RMSprop"}),
        QueryKey("opt"),
    ] = Field("adam", title="Optimizer", description="The rule that changes the weights at each step.")
    learning_rate: Annotated[float, QueryKey("lr")] = Field(
        0.05, ge=0.0001, le=1.0, title="Learning rate", description="How far each step goes."
    )
    batch_size: Annotated[int, QueryKey("bs")] = Field(
        32, ge=1, le=1024, title="Batch size", description="How many rows are used for each step."
    )
    epochs: Annotated[int, QueryKey("ep")] = Field(
        30,
        ge=1,
        le=500,
        title="Epochs",
        description="How many times training goes through all training rows.",
    )
    patience: Annotated[int, QueryKey("pat")] = Field(
        10,
        ge=0,
        le=500,
        title="Patience",
        description="Stop after this many epochs without a lower validation loss; 0 never stops early.",
    )


class EngineSpec(SpecSection):
    """The software that computes the circuit."""

    kind: Annotated[
        Literal["fused", "pennylane"],
        Labels({"fused": "Compiled (fast)", "pennylane": "PennyLane"}),
        QueryKey("eng"),
    ] = Field(
        "fused",
        title="Engine",
        description="The software that computes the circuit. Both give the same results; the compiled "
        "engine is many times faster.",
    )
    device: Annotated[
        str,
        one_of(
            DEVICES,
            note=", which are installed on this server; for any other device, its PennyLane plugin has to be "
            "installed there (see pennylane.ai/plugins)",
        ),
        QueryKey("dev"),
    ] = Field(
        DEFAULT,
        title="PennyLane device",
        description="The simulator or quantum computer on which PennyLane runs the circuit.",
    )
    gradient: Annotated[
        Literal["backprop", "parameter-shift"],
        Labels({"backprop": "Exact", "parameter-shift": "As on a quantum computer"}),
        QueryKey("grad"),
    ] = Field(
        "backprop",
        title="Gradient",
        description="How training finds out which way to turn each angle: by exact calculation or, as a "
        "quantum computer has to, by running the circuit again with the angle turned a little further and "
        "a little back.",
    )
