"""Lists have one pager, one form of cursor and one place for hints to the database; no list may grow its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from parsed_tree import Module, each_module, violations

READERS = tuple(f"hub/{name}" for name in ("alerts", "callrail", "cli", "mcp", "queries", "web", "webhooks_out"))
"""Packages that read lists or show them."""
KEYSET, PLAN = "keyset.py", "plan.py"
HINTS = {"LOOK_THROUGH", "NARROW", "WINDOWS"}
HINTED = ("MAX_COMPANIES_APART", "MAX_NARROWED", "MAX_ROWS_APART", "MAX_SCANNED")


@each_module(*READERS)
def own_cursors(module: Module) -> Iterator[str]:
    """What a module says about cursors itself."""
    for node in module.nodes if module.file.name != KEYSET else ():
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and "cursor" in node.name.lower():
            yield module.at(node, f"{node.name}; lists use the cursors of hub/queries (keyset.py)")


def test_one_module_writes_and_reads_cursors() -> None:
    assert not (found := violations(own_cursors)), f"one sentence refuses a wrong one everywhere:\n{found}"


@each_module(*READERS)
def own_hints(module: Module) -> Iterator[str]:
    """Hints to the database, and limits that keep a list fast."""
    if module.file.name == PLAN:
        return
    for node in module.tree.body:
        for name in ast.walk(node) if isinstance(node, ast.Assign | ast.AnnAssign) else ():
            stored = isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
            if stored and (name.id in HINTS or name.id.startswith(HINTED)):
                yield module.at(name, f"{name.id} belongs into plan.py of hub/queries")
    for each in module.nodes:
        if isinstance(each, ast.Call) and _hides_an_index(each):
            yield module.at(each, "this hint belongs into plan.py of hub/queries")


def test_one_module_holds_the_hints_to_the_database() -> None:
    assert not (found := violations(own_hints)), found


@each_module(*READERS)
def own_pages(module: Module) -> Iterator[str]:
    """Classes with a field `next`."""
    for node in module.nodes if module.file.name not in (KEYSET, "schemas.py") else ():
        fields = node.body if isinstance(node, ast.ClassDef) else ()
        if any(isinstance(field, ast.AnnAssign) and getattr(field.target, "id", "") == "next" for field in fields):
            yield module.at(node, "a page of a list is a Page (keyset.py of hub/queries)")  # type: ignore[arg-type]


def test_no_list_has_its_own_kind_of_page() -> None:
    assert not (found := violations(own_pages)), found


def _hides_an_index(call: ast.Call) -> bool:
    """Whether it is `coalesce(….company_id, "")` or the like."""
    names = {"company_id", "tracker_id"}
    is_coalesce = isinstance(call.func, ast.Attribute) and call.func.attr == "coalesce"
    return is_coalesce and any(
        isinstance(each, ast.Attribute) and each.attr in names for each in ast.walk(call.args[0])
    )
