"""Figures of the code that may only shrink, and mechanisms that exist once."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAX_MODULES_WITH_DIALECTS = 8
DIALECT_TEST = re.compile(
    r"is_sqlite\b|dialect\.name|get_backend_name\(\) *[!=]=|from sqlalchemy\.dialects|@compiles|execute_if"
)


@cache
def trees() -> dict[str, ast.Module]:
    """The modules of the hub and of its plugins."""
    files = [file for folder in ("hub", "plugins") for file in sorted((ROOT / folder).rglob("*.py"))]
    return {str(file.relative_to(ROOT)): ast.parse(file.read_text(encoding="utf-8")) for file in files}


def doublings(tree: ast.AST) -> Iterator[int]:
    """The lines that raise two to a power that is computed, or double a variable."""
    for node in ast.walk(tree):
        match node:
            case ast.BinOp(ast.Constant(2), ast.Pow(), right) if not isinstance(right, ast.Constant):
                yield node.lineno
            case (
                ast.BinOp(ast.Constant(2.0), ast.Pow(), ast.Call())
                | ast.AugAssign(op=ast.Mult(), value=ast.Constant(2))
            ):
                yield node.lineno


def test_waits_that_grow_with_each_try_are_computed_by_one_function() -> None:
    found = {name: lines for name, tree in trees().items() if (lines := list(doublings(tree)))}
    other = {name: lines for name, lines in found.items() if not name.endswith("/backoff.py")}
    assert found != other, "hub/platform/backoff.py doubles nothing"
    assert other == {}, "use hub.platform.backoff.exponential"


def test_few_modules_ask_which_database_it_is() -> None:
    testing = [name for name in trees() if DIALECT_TEST.search((ROOT / name).read_text(encoding="utf-8"))]
    own = [name for name in testing if "/migrations/" not in name]
    assert len(own) <= MAX_MODULES_WITH_DIALECTS, f"use hub.store.dialects and hub.store.locks: {own}"
