"""Lists have one pager, one form of cursor and one place for hints to the database; no list may grow its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
READERS = ("alerts", "callrail", "cli", "mcp", "queries", "web", "webhooks_out")
"""Packages that read lists or show them."""
KEYSET, PLAN = "keyset.py", "plan.py"
HINTS = {"LOOK_THROUGH", "NARROW", "WINDOWS"}
HINTED = ("MAX_COMPANIES_APART", "MAX_NARROWED", "MAX_ROWS_APART", "MAX_SCANNED")


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for package in READERS:
        for file in sorted((ROOT / "hub" / package).rglob("*.py")):
            yield file.relative_to(ROOT), ast.parse(file.read_text())


def test_one_module_writes_and_reads_cursors() -> None:
    found = {
        f"{file}: {node.name}"
        for file, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and "cursor" in node.name.lower() and file.name != KEYSET
    }
    assert not found, (
        "Lists use the cursors of hub/queries (keyset.py), so that one sentence refuses a wrong one everywhere."
    )


def test_one_module_holds_the_hints_to_the_database() -> None:
    found = {
        f"{file}: {name.id}"
        for file, tree in trees()
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and file.name != PLAN
        for name in ast.walk(node)
        if isinstance(name, ast.Name) and (name.id in HINTS or name.id.startswith(HINTED))
        if isinstance(name.ctx, ast.Store)
    }
    found |= {
        f"{file}:{node.lineno}"
        for file, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and file.name != PLAN and _hides_an_index(node)
    }
    assert not found, "A hint to the database, or a limit that keeps a list fast, belongs into plan.py of hub/queries."


def test_no_list_has_its_own_kind_of_page() -> None:
    found = {
        f"{file}: {node.name}"
        for file, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and file.name not in (KEYSET, "schemas.py")
        if any(isinstance(field, ast.AnnAssign) and getattr(field.target, "id", "") == "next" for field in node.body)
    }
    assert not found, "A page of a list is a Page (keyset.py of hub/queries)."


def _hides_an_index(call: ast.Call) -> bool:
    """Whether it is `coalesce(….company_id, "")` or the like."""
    names = {"company_id", "tracker_id"}
    is_coalesce = isinstance(call.func, ast.Attribute) and call.func.attr == "coalesce"
    return is_coalesce and any(
        isinstance(each, ast.Attribute) and each.attr in names for each in ast.walk(call.args[0])
    )
