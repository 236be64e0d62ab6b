"""Imports stand at the head of a module: `hub` loads only the module of the command that runs."""

from __future__ import annotations

import ast

import pytest
from parsed_tree import Module, each_module

FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


@each_module("hub", "plugins")
def inside_functions(module: Module) -> list[str]:
    """The imports that stand in functions."""
    functions = [(each.lineno, each.end_lineno or 0) for each in module.nodes if isinstance(each, FUNCTIONS)]
    statements = [each for each in module.nodes if isinstance(each, ast.Import | ast.ImportFrom) and each.col_offset]
    inside = [each for each in statements if any(first < each.lineno <= last for first, last in functions)]
    return sorted(module.at(each, "move the import to the head of the module") for each in inside)


@pytest.mark.parametrize(("folders", "most"), [(("hub/cli/",), 0), (("hub/", "plugins/"), 136)])
def test_imports_inside_functions_only_become_fewer(folders: tuple[str, ...], most: int) -> None:
    places = [place for name, found in inside_functions().items() if name.startswith(folders) for place in found]
    assert len(places) <= most, "\n".join([f"{len(places)} imports inside functions, {most} allowed:", *places])
