"""Imports stand at the head of a module: `hub` loads only the module of the command that runs."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def inside_functions(file: Path) -> list[str]:
    tree = ast.parse(file.read_text())
    lines = {
        statement.lineno
        for function in ast.walk(tree)
        if isinstance(function, FUNCTIONS)
        for statement in ast.walk(function)
        if isinstance(statement, ast.Import | ast.ImportFrom)
    }
    return [f"{file.relative_to(ROOT)}:{line}" for line in sorted(lines)]


@pytest.mark.parametrize(("folders", "most"), [(("hub/cli",), 0), (("hub", "plugins"), 136)])
def test_imports_inside_functions_only_become_fewer(folders: tuple[str, ...], most: int) -> None:
    places = [place for folder in folders for file in (ROOT / folder).rglob("*.py") for place in inside_functions(file)]
    assert len(places) <= most, (
        f"{len(places)} imports inside functions, {most} allowed; move them to the head: {places}"
    )
