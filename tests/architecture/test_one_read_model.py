"""Calls, texts and forms have one read model, `ContactView`, so that a new field of a call is put into one place."""

from __future__ import annotations

import ast

from parsed_tree import ROOT, Module, each_module

from hub.model import Call

READERS = tuple(f"hub/{package}" for package in ("alerts", "callrail", "cli", "queries", "web", "webhooks_out"))
"""Packages that read calls or show them."""
OTHERS = {
    "hub/web/api/schemas.py: CallAnswer",
    "hub/queries/missed_calls.py: MissedCaller",
    "hub/web/api/calls.py: WaitingCallerAnswer",
}
"""The documented forms of answers, whose values are the row's own; a caller with all their missed calls."""
OF_EVERY_TABLE = {"id", "company_id", "connector", "state", "duration", "status"}
NEWEST_COLUMN, MAX_PRODUCT_FILES = "answered_device", 12
"""A column that every face shows, and how many files of the product it may touch: once it was 34."""
MAX_FIELDS = 2
"""So many columns of a call may stand in another value, which is then about something else."""


@each_module(*READERS)
def classes(module: Module) -> list[tuple[str, set[str]]]:
    """Each class of a reader with the names of its fields."""
    return [
        (
            f"{module}: {node.name}",
            {getattr(each.target, "id", "") for each in node.body if isinstance(each, ast.AnnAssign)},
        )
        for node in module.nodes
        if isinstance(node, ast.ClassDef)
    ]


def test_no_reader_has_its_own_read_model_of_a_call() -> None:
    columns = set(Call.model_fields) - OF_EVERY_TABLE
    found = [each for those in classes().values() for each in those]
    models = {name for name, fields in found if len(fields & columns) > MAX_FIELDS} - OTHERS
    assert not models, f"{sorted(models)}: read calls, texts and forms as ContactView of hub/queries/contact/view.py"


def test_a_column_that_every_face_shows_stands_in_few_files() -> None:
    named = [
        str(file.relative_to(ROOT))
        for folder in ("hub", "plugins")
        for file in sorted((ROOT / folder).rglob("*"))
        if file.suffix in (".py", ".html", ".sql") and NEWEST_COLUMN in file.read_text(encoding="utf-8")
    ]
    assert 0 < len(named) <= MAX_PRODUCT_FILES, f"{NEWEST_COLUMN} stands in {len(named)} files: {named}"
