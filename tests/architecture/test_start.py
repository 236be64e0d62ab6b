"""What stays unloaded until it is needed, so that a start and a command take little time and memory."""

from __future__ import annotations

import ast
from functools import cache
from itertools import chain
from pathlib import Path

from sqlmodel import SQLModel

import hub.model
from hub.model import MODULES, every_table

MODEL = Path(hub.model.__file__).parent


@cache
def imports(module: str) -> list[str]:
    """The modules of tables that a module of tables imports."""
    nodes = list(ast.walk(ast.parse((MODEL / f"{module}.py").read_text())))
    names = [each.name for node in nodes if isinstance(node, ast.Import) for each in node.names]
    names += [str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)]
    return [each.rpartition(".")[2] for each in names if each.startswith("hub.model.")]


@cache
def imported(module: str) -> set[str]:
    """A module of tables, and those that it imports directly or not."""
    found, waiting = set[str](), [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += imports(name)
    return found


def test_the_package_of_tables_names_each_name_with_its_module() -> None:
    tree = ast.parse((MODEL / "__init__.py").read_text())
    sources = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and "hub.model." in str(node.module)]
    declared = {str(node.module).rpartition(".")[2]: tuple(each.name for each in node.names) for node in sources}
    assert declared == MODULES
    every_table()
    mappers = SQLModel._sa_registry.mappers  # type: ignore[attr-defined]
    assert {mapper.class_.__name__ for mapper in mappers} <= set(chain.from_iterable(MODULES.values()))


def test_a_module_of_tables_loads_the_tables_that_its_foreign_keys_name() -> None:
    every_table()
    mappers = SQLModel._sa_registry.mappers  # type: ignore[attr-defined]
    homes = {mapper.local_table.name: mapper.class_.__module__.rpartition(".")[2] for mapper in mappers}
    missing = {
        f"{table.name} -> {key.column.table.name}"
        for table in every_table().tables.values()
        for key in table.foreign_keys
        if homes[key.column.table.name] not in imported(homes[table.name])
    }
    assert missing == set()
