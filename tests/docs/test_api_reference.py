"""The reference of hub.api has every name, and its examples run."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from types import FunctionType

import pytest

from hub.plugin_host.packages.public_names import public_names
from hub.proof.docs.api_reference import EXAMPLES, api_reference_page, examples

FUNCTIONS = [
    pytest.param(function, id=f"{file.stem}-{name}")
    for file in sorted(EXAMPLES.glob("*.py"))
    for name, function in runpy.run_path(str(file)).items()
    if isinstance(function, FunctionType)
]


@pytest.mark.parametrize("example", FUNCTIONS)
def test_an_example_runs(example: Callable[[], None]) -> None:
    example()


@pytest.mark.parametrize("module", public_names())
def test_every_name_is_in_an_example_of_its_module(module: str) -> None:
    used = {name for example in examples(module) for name in example.names}
    assert public_names()[module].keys() - used == set()
    assert all(example.title and example.names for example in examples(module))


def test_every_name_has_a_section_that_says_what_it_is() -> None:
    lines = api_reference_page().split("\n#### ")
    sections = {name: text for name, _, text in (part.partition("\n") for part in lines[1:])}
    names = {name for names in public_names().values() for name in names}
    assert names - sections.keys() == set()
    assert [name for name in names if not sections[name].strip()] == []
