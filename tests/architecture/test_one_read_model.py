"""Calls, texts and forms have one read model, `ContactView`, so that a new field of a call is put into one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from hub.model import Call

ROOT = Path(__file__).parents[2]
READERS = ("alerts", "callrail", "cli", "queries", "web", "webhooks_out")
"""Packages that read calls or show them."""
OTHERS = {"hub/web/api/schemas.py: CallAnswer", "hub/queries/missed_calls.py: MissedCaller"}
"""The documented form of an answer, whose values are the row's own; a caller with all their missed calls."""
OF_EVERY_TABLE = {"id", "company_id", "connector", "state", "duration", "status"}
NEWEST_COLUMN, MAX_PRODUCT_FILES = "answered_device", 12
"""A column that every face shows, and how many files of the product it may touch: once it was 34."""
MAX_FIELDS = 2
"""So many columns of a call may stand in another value, which is then about something else."""


def classes() -> Iterator[tuple[str, set[str]]]:
    """Each class of the readers with the names of its fields."""
    for package in READERS:
        for file in sorted((ROOT / "hub" / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    fields = {getattr(each.target, "id", "") for each in node.body if isinstance(each, ast.AnnAssign)}
                    yield f"{file.relative_to(ROOT)}: {node.name}", fields


def test_no_reader_has_its_own_read_model_of_a_call() -> None:
    columns = set(Call.model_fields) - OF_EVERY_TABLE
    models = {name for name, fields in classes() if len(fields & columns) > MAX_FIELDS} - OTHERS
    assert not models, f"{sorted(models)}: read calls, texts and forms as ContactView of hub/queries/contact/view.py"


def test_a_column_that_every_face_shows_stands_in_few_files() -> None:
    named = [
        str(file.relative_to(ROOT))
        for folder in ("hub", "plugins")
        for file in sorted((ROOT / folder).rglob("*"))
        if file.suffix in (".py", ".html", ".sql") and NEWEST_COLUMN in file.read_text(encoding="utf-8")
    ]
    assert 0 < len(named) <= MAX_PRODUCT_FILES, f"{NEWEST_COLUMN} stands in {len(named)} files: {named}"
