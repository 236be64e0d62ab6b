"""No two modules of the hub or its plugins import each other, by any way round; imports for types alone count too."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from parsed_tree import Module, each_module


def statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements that run when a module is imported, and those under `if TYPE_CHECKING`; not those in functions."""
    waiting = list(tree.body)
    while waiting:
        statement = waiting.pop()
        yield statement
        if isinstance(statement, ast.If | ast.Try | ast.With):
            waiting += [each for each in ast.iter_child_nodes(statement) if isinstance(each, ast.stmt)]


@each_module("hub", "plugins")
def imported(module: Module) -> tuple[str, set[tuple[str, str]]]:
    """A module's name, and each name that it imports, with the module that the name stands in if it is none itself."""
    found = set()
    for statement in statements(module.tree):
        if isinstance(statement, ast.Import):
            found |= {(alias.name, alias.name) for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom):
            base = module.name.split(".") if module.file.name == "__init__.py" else module.name.split(".")[:-1]
            base = base[: len(base) - statement.level + 1] if statement.level else []
            source = ".".join([*base, *([statement.module] if statement.module else [])])
            found |= {(f"{source}.{alias.name}", source) for alias in statement.names}
    return module.name, found


def rings(graph: dict[str, set[str]]) -> list[list[str]]:
    """The strongly connected components of two modules or more (Tarjan)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        order[name] = low[name] = len(order)
        stack.append(name)
        for other in sorted(graph[name]):
            if other not in order:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], order[other])
        if low[name] == order[name]:
            ring = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(ring) > 1:
                found.append(sorted(ring))

    for name in sorted(graph):
        if name not in order:
            visit(name)
    return found


def test_a_ring_is_found_however_long_it_is() -> None:
    assert rings({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


def test_there_is_no_import_ring() -> None:
    known = dict(imported().values())
    graph = {
        module: {name if name in known else source for name, source in names} & known.keys() - {module}
        for module, names in known.items()
    }
    assert rings(graph) == []
