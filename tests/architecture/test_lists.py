"""Lists have one filter, one pager, one form of cursor and one place for hints to the database; none may grow its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from parsed_tree import Module, each_module, violations

READERS = tuple(f"hub/{name}" for name in ("alerts", "callrail", "cli", "mcp", "queries", "web", "webhooks_out"))
"""Packages that read lists or show them."""
KEYSET, PLAN = "keyset.py", "plan.py"
HINTS = {"LOOK_THROUGH", "NARROW", "WINDOWS"}
PERIODS = {"since", "until", "begins", "ends"}
FILTERED = {"Call", "Delivery", "FormSubmission", "TextMessage"}
"""The tables whose lists have a filter in hub/queries/lists."""
CONDITIONS = {"code", "connector", "hook", "made_at", "outcome", "started_at", "state", "submitted_at", "tracker_id"}
"""Their columns that this filter has conditions on."""
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


@each_module("hub/cli", "hub/web", "hub/callrail")
def own_filters(module: Module) -> Iterator[str]:
    """Classes of a face that select rows of a period, and conditions of a face on what a filter selects by."""
    for node in module.nodes:
        if isinstance(node, ast.ClassDef) and node.name.endswith(("Filter", "Choice")):
            fields = {getattr(each.target, "id", "") for each in node.body if isinstance(each, ast.AnnAssign)}
            if fields & PERIODS:
                yield module.at(node, f"{node.name}; filters are in hub/queries")
        elif isinstance(node, ast.Compare):
            for each in ast.walk(node.left):
                if isinstance(each, ast.Attribute) and each.attr in CONDITIONS and _names(each.value) in FILTERED:
                    yield module.at(each, f"{_names(each.value)}.{each.attr}; the filter in hub/queries/lists has it")


def test_pages_commands_and_programs_select_by_the_same_filters() -> None:
    assert not (found := violations(own_filters)), f"a filter that one face has, every face has:\n{found}"


def _names(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _hides_an_index(call: ast.Call) -> bool:
    """Whether it is `coalesce(….company_id, "")` or the like."""
    names = {"company_id", "tracker_id"}
    is_coalesce = isinstance(call.func, ast.Attribute) and call.func.attr == "coalesce"
    return is_coalesce and any(
        isinstance(each, ast.Attribute) and each.attr in names for each in ast.walk(call.args[0])
    )
