"""The examples in the engine's README print the output stated there."""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import qenn_core.engine

README = Path(qenn_core.engine.__file__).with_name("README.md")
EXAMPLE = re.compile(r"```python\n(?P<source>.*?)```\n\n```text\n(?P<printed>.*?)```", re.DOTALL)


def test_examples_print_the_stated_output() -> None:
    text = README.read_text(encoding="utf-8")
    examples = list(EXAMPLE.finditer(text))
    assert len(examples) == text.count("```python")
    scope: dict[str, Any] = {}
    for example in examples:
        printed = StringIO()
        with redirect_stdout(printed):
            exec(example["source"], scope)
        assert printed.getvalue() == example["printed"]


def test_readme_names_every_module() -> None:
    text = README.read_text(encoding="utf-8")
    files = {path.name for path in README.parent.rglob("*.py")} - {"__init__.py"}
    assert {name for name in files if f"`{name}`" not in text} == set()
    named = set(re.findall(r"`(\w+\.py)`", text))
    assert named <= files
