"""How large the hub is, how its packages are cut, and what one page loads. Each figure may only shrink."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from parsed_tree import ROOT, Module, each_module

MAX_LINES = 217_107
"""Of the hub and its plugins; the aim is 150,000."""
MAX_PACKAGES, MAX_FILES = 39, 5
"""In the folder `hub`."""
MAX_OF_ONE_NAME = 8
"""Modules of the hub with one name, so that a search for it finds the right one. Each plugin has the layout that
`hub new-plugin` writes, so its modules are named alike on purpose."""


@dataclass(frozen=True)
class Size:
    """What these rules ask of a module: its dotted name, its lines, and what importing it imports."""

    name: str
    lines: int
    imports: frozenset[str]


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """What runs when a module is imported: no functions, and nothing that only types need."""
    for statement in body:
        yield statement
        match statement:
            case ast.ClassDef() | ast.With():
                yield from statements(statement.body)
            case ast.If(ast.Name("TYPE_CHECKING")):
                yield from statements(statement.orelse)
            case ast.If():
                yield from statements([*statement.body, *statement.orelse])
            case ast.Try():
                yield from statements(
                    [*statement.body, *(each for handler in statement.handlers for each in handler.body)]
                )


@each_module("hub", "plugins")
def sizes(module: Module) -> Size:
    """The size of a module. Of a name imported from a module, both are listed: it may be a module too."""
    names: set[str] = set()
    for statement in statements(module.tree.body):
        match statement:
            case ast.ImportFrom(module=str(origin), level=0):
                names |= {origin, *(f"{origin}.{each.name}" for each in statement.names)}
            case ast.Import():
                names |= {each.name for each in statement.names}
    return Size(module.name, len(module.text.splitlines()), frozenset(names))


def closure(module: str) -> set[str]:
    """The modules that run if this one is imported, without the `__init__` of the packages on the way to it."""
    imports = {size.name: size.imports for size in sizes().values()}
    closed: set[str] = set()
    waiting = [module]
    while waiting:
        if (name := waiting.pop()) not in closed:
            closed.add(name)
            waiting += imports[name] & imports.keys()
    return closed


def test_the_hub_and_its_plugins_only_become_shorter() -> None:
    lines = sum(size.lines for size in sizes().values())
    assert lines <= MAX_LINES, f"{lines} lines; a feature names what it deletes"


def test_the_hub_has_few_packages_and_few_files_beside_them() -> None:
    packages = sorted(each.parent.name for each in (ROOT / "hub").glob("*/__init__.py"))
    files = sorted(each.name for each in (ROOT / "hub").glob("*.py"))
    assert len(packages) <= MAX_PACKAGES, packages
    assert len(files) <= MAX_FILES, files


def test_modules_of_the_hub_have_names_that_a_search_can_tell_apart() -> None:
    places = defaultdict(list)
    for file, size in sizes().items():
        if file.startswith("hub/") and not file.endswith("/__init__.py"):
            places[size.name.rpartition(".")[2]].append(size.name)
    counts = Counter({stem: len(names) for stem, names in places.items()})
    common = {stem: places[stem] for stem, count in counts.items() if count > MAX_OF_ONE_NAME}
    assert common == {}, "put the subject into the name, like delivery_list instead of list"


@pytest.mark.parametrize(
    ("page", "most"), [("hub.web.pages.deliveries.deliveries_page", 181), ("hub.web.pages.spam.page", 180)]
)
def test_a_page_loads_little_of_the_hub(page: str, most: int) -> None:
    loaded = closure(page)
    assert len(loaded) <= most, f"{page} loads {len(loaded)} modules: {sorted(loaded)}"
