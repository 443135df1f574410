"""Specs survive links and JSON, and errors name invalid values as on the screen."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qenn_core import limits
from qenn_core.errors import SpecError
from qenn_core.experiment import (
    CircuitSpec,
    DataSpec,
    EncodingSpec,
    EngineSpec,
    ExperimentSpec,
    HeadSpec,
    NoiseSpec,
    TrainingSpec,
    bounds,
    choice_help,
    choices,
    field_of,
    label_of,
    query_keys,
)
from qenn_core.experiment.devices import DEVICES, refuses_noise
from qenn_core.experiment.introspection import field_choices
from qenn_core.registry import ANSATZE, DATASETS, ENCODINGS, NOISE_CHANNELS, Param

FIELDS_WITH_CHOICES = [path for path in query_keys().values() if field_choices(field_of(path)) is not None]
names = st.text(min_size=1, max_size=20)


def param_values(param: Param):
    if param.choices:
        return st.sampled_from(param.choices)
    if isinstance(param.default, int):
        return st.integers(int(param.low), int(param.high))
    return st.floats(param.low, param.high)


@st.composite
def built_in(draw):
    entry = draw(st.sampled_from(tuple(DATASETS)))
    params = draw(st.fixed_dictionaries({}, optional={p.name: param_values(p) for p in entry.params}))
    return DataSpec(source=entry.key, params=params, test_size=draw(st.floats(0.1, 0.4)))


@st.composite
def uploaded(draw):
    return DataSpec(
        source="csv",
        file_name=draw(st.text(max_size=40)),
        fingerprint=draw(st.sampled_from(["", "ab" * 32])),
        text_encoding=draw(st.none() | st.just("utf-16")),
        delimiter=draw(st.none() | st.sampled_from(list(",;\t| 1"))),
        decimal=draw(st.sampled_from([None, ".", ","])),
        sheet=draw(st.none() | st.text(max_size=20)),
        quote=draw(st.sampled_from([None, '"', "'", ""])),
        header=draw(st.none() | st.integers(0, limits.MAX_HEADER_ROWS)),
        skip_rows=draw(st.none() | st.integers(0, 1000)),
        target=draw(st.none() | names),
        roles=draw(st.dictionaries(names, st.sampled_from(["numeric", "category", "ignore"]), max_size=4)),
        bands=draw(st.integers(0, 10)),
        combine_rare=draw(st.booleans()),
        sample_rows=draw(st.none() | st.integers(20, limits.MAX_ROWS)),
    )


@st.composite
def specs(draw):
    channel = draw(st.sampled_from(tuple(NOISE_CHANNELS)))
    level = draw(st.just(0.0) | st.floats(0, channel.max_level))
    encoding = draw(st.sampled_from(tuple(ENCODINGS)))
    return ExperimentSpec(
        data=draw(built_in() | uploaded()),
        encoding=EncodingSpec(
            kind=encoding.key,
            reduction=draw(st.sampled_from(choices("encoding.reduction"))),
        ),
        circuit=CircuitSpec(
            n_qubits=draw(st.integers(1, limits.MAX_QUBITS)),
            n_layers=draw(st.integers(1, limits.MAX_LAYERS)),
            ansatz=draw(st.sampled_from(ANSATZE.keys())),
            entanglement=draw(st.sampled_from(choices("circuit.entanglement"))),
        ),
        noise=NoiseSpec(
            channel=channel.key,
            level=level,
            placement=draw(st.sampled_from(choices("noise.placement"))),
            shots=draw(st.integers(0, 1000)),
        ),
        head=HeadSpec(hidden=draw(st.lists(st.integers(1, 128), max_size=4))),
        training=TrainingSpec(learning_rate=draw(st.floats(0.0001, 1.0)), epochs=draw(st.integers(1, 500))),
        engine=EngineSpec(
            kind=draw(st.sampled_from(choices("engine.kind"))),
            device=draw(st.sampled_from([name for name in DEVICES if level == 0 or not refuses_noise(name)])),
            gradient=draw(
                st.sampled_from(choices("engine.gradient")) if encoding.n_angles else st.just("backprop")
            ),
        ),
        seed=draw(st.integers(0, 2**31 - 1)),
    )


@given(specs())
def test_links_and_json_carry_the_whole_spec(spec):
    assert ExperimentSpec.from_query(spec.to_query()) == spec
    copy = ExperimentSpec.from_json(spec.to_json())
    assert copy == spec
    assert hash(copy) == hash(spec)


@pytest.mark.parametrize("text", ["1", "1.0", "true", "null", "[1]", "{}", '"a"', "1e5", "NaN", " ", "ä=1&b"])
def test_links_keep_text_that_looks_like_json(text):
    spec = ExperimentSpec(data=DataSpec(source="csv", file_name=text, target=text, roles={text: "text"}))
    assert ExperimentSpec.from_query(spec.to_query()) == spec
    spec = ExperimentSpec(data=DataSpec(source="csv", delimiter="1", decimal=",", header=1, skip_rows=1))
    assert ExperimentSpec.from_query(spec.to_query()) == spec


@pytest.mark.parametrize("param", [param for entry in DATASETS for param in entry.params])
def test_range_of_a_data_set_option_is_inclusive(param):
    if not param.choices:
        assert param.accepts(param.low)
        assert param.accepts(param.high)
        assert not param.accepts(param.low - 1)
        assert not param.accepts(param.high + 1)


def test_link_of_default_spec_is_empty():
    assert ExperimentSpec().to_query() == {}


def test_link_holds_only_changed_settings():
    spec = ExperimentSpec().with_(**{"circuit.n_qubits": 6, "data.params": {"noise": 0.2}})
    assert spec.to_query() == {"q": "6", "d.noise": "0.2"}


def test_link_keys_are_short_and_unique():
    keys = list(query_keys())
    assert len(set(keys)) == len(keys)
    assert all(len(key) <= 6 and set(key) <= set(string.ascii_lowercase + ".") for key in keys)


def test_other_keys_of_a_link_are_ignored():
    assert ExperimentSpec.from_query({"run": "abc", "q": "5"}).circuit.n_qubits == 5


@pytest.mark.parametrize(
    ("query", "field", "got", "allowed"),
    [
        ({"q": "99"}, "circuit.n_qubits", "99", "a whole number from 1 to 14"),
        ({"q": "many"}, "circuit.n_qubits", "‘many’", "a whole number from 1 to 14"),
        ({"lr": "NaN"}, "training.learning_rate", "nan", "a number from 0.0001 to 1"),
        ({"enc": "magic"}, "encoding.kind", "‘magic’", "Angle Y"),
        ({"ent": "star"}, "circuit.entanglement", "‘star’", "Ring, Chain, All pairs, None"),
        ({"data": "moons", "d.colour": "3"}, "data.params.colour", "3", "one of Rows, "),
        ({"data": "moons", "d.noise": "-1"}, "data.params.noise", "-1", "from 0"),
        ({"p": "0.9"}, "noise.level", "0.9", "from 0 to"),
        ({"eng": "magic"}, "engine.kind", "‘magic’", "one of Compiled (fast), PennyLane"),
        ({"dev": "qiskit.aer"}, "engine.device", "‘qiskit.aer’", "its PennyLane plugin has to be installed"),
        ({"dev": "null.qubit"}, "engine.device", "‘null.qubit’", "one of default.qubit, "),
        (
            {"eng": "pennylane", "dev": "lightning.qubit", "p": "0.05"},
            "engine.device",
            "‘lightning.qubit’",
            "such as default.mixed, while the noise level is above 0",
        ),
        (
            {"grad": "parameter-shift", "enc": "amplitude"},
            "engine.gradient",
            "‘As on a quantum computer’",
            "‘Exact’ with the encoding Amplitude",
        ),
        ({"file": "x" * 300}, "data.file_name", "‘xxx", "at most 200 characters"),
        ({"sep": ",,"}, "data.delimiter", "‘,,’", "1 character"),
        ({"hidden": "[0]"}, "head.hidden.0", "0", "up to 4 whole numbers from 1 to 128"),
    ],
)
def test_error_names_the_value_and_the_allowed_values(query, field, got, allowed):
    with pytest.raises(SpecError) as caught:
        ExperimentSpec.from_query(query)
    problem = caught.value.problems[0]
    assert problem.field == field
    assert got in problem.got
    assert allowed in problem.allowed


def test_error_names_an_unknown_field():
    with pytest.raises(SpecError, match=r"circuit\.qubits"):
        ExperimentSpec.from_dict({"circuit": {"qubits": 3}})


def test_bounds_and_choices():
    assert bounds("circuit.n_qubits") == (1, limits.MAX_QUBITS)
    assert choices("circuit.ansatz") == ANSATZE.keys()
    with pytest.raises(KeyError, match="unknown field"):
        bounds("circuit.colour")


@pytest.mark.parametrize("path", FIELDS_WITH_CHOICES)
def test_every_choice_has_a_distinct_name(path):
    labels = [label_of(path, value) for value in choices(path)]
    assert all(labels)
    assert len(set(labels)) == len(labels)


def test_choices_are_named_as_on_the_screen():
    assert label_of("circuit.entanglement", "linear") == "Chain"
    assert label_of("encoding.kind", "angle_y") == ENCODINGS["angle_y"].label
    assert label_of("data.source", "csv") == "Your own CSV file"
    assert choice_help("encoding.kind", "angle_y") == ENCODINGS["angle_y"].help
    assert choice_help("data.source", "csv") == choice_help("circuit.entanglement", "ring") == ""
    for path, value in [("circuit.entanglement", "star"), ("encoding.kind", "magic"), ("seed", "1")]:
        with pytest.raises(KeyError):
            label_of(path, value)


def test_no_two_settings_share_a_title():
    titles = [field_of(path).title for path in query_keys().values()]
    assert len(set(titles)) == len(titles)
    assert not set(titles) & {param.label for entry in DATASETS for param in entry.params}


@pytest.mark.parametrize(("before", "now"), [("true", 1), ("false", 0)])
def test_links_and_specs_of_earlier_versions_say_whether_there_is_a_header(before: str, now: int) -> None:
    assert ExperimentSpec.from_query({"head": before}).data.header == now
    text = ExperimentSpec().to_json().replace('"header":null', f'"header":{before}')
    assert ExperimentSpec.from_json(text).data.header == now
