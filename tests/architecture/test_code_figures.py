"""Figures of the code that may only shrink, and mechanisms that exist once."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from parsed_tree import Module, each_module, violations

MAX_MODULES_WITH_DIALECTS = 8
MAX_ANY = 1_800
"""How often annotations and calls name `Any`; imports are not counted."""
MAX_IGNORED_TYPE_ERRORS = 100
DIALECT_TEST = re.compile(
    r"is_sqlite\b|dialect\.name|get_backend_name\(\) *[!=]=|from sqlalchemy\.dialects|@compiles|execute_if"
)


@each_module("hub", "plugins")
def doublings(module: Module) -> Iterator[str]:
    """Where two is raised to a power that is computed, or a variable is doubled."""
    for node in module.nodes:
        match node:
            case ast.BinOp(ast.Constant(2), ast.Pow(), right) if not isinstance(right, ast.Constant):
                yield module.at(node, "use hub.platform.backoff.exponential")
            case (
                ast.BinOp(ast.Constant(2.0), ast.Pow(), ast.Call())
                | ast.AugAssign(op=ast.Mult(), value=ast.Constant(2))
            ):
                yield module.at(node, "use hub.platform.backoff.exponential")


def test_waits_that_grow_with_each_try_are_computed_by_one_function() -> None:
    found = {name: lines for name, lines in doublings().items() if lines}
    own = found.pop("hub/platform/backoff.py", None)
    assert own, "hub/platform/backoff.py doubles nothing"
    assert not found, found


@each_module("hub", "plugins")
def asks_for_the_dialect(module: Module) -> Iterator[str]:
    """The first place at which a module asks which database it is."""
    if "/migrations/" not in str(module) and (found := DIALECT_TEST.search(module.text)):
        yield f"{module}:{module.text.count(chr(10), 0, found.start()) + 1}: use hub.store.dialects and hub.store.locks"


def test_few_modules_ask_which_database_it_is() -> None:
    found = violations(asks_for_the_dialect)
    assert len(found.splitlines()) <= MAX_MODULES_WITH_DIALECTS, found
