"""The generated part of docs/callrail-api.md: what CallRail's API takes and this one does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hub.proof.docs.markdown import table
from hub.web.callrail.not_taken import ON, ROWS, NotTaken
from hub.web.callrail.request import FALSE

ANSWERS: Mapping[str, str] = {"ignored": "taken, and ignored", "null": "null or empty"}


def not_taken_part() -> str:
    """The rows; those of one reason and answer are one line."""
    alike: dict[tuple[str, str], list[NotTaken]] = {}
    for row in ROWS:
        alike.setdefault((row.why, row.outcome), []).append(row)
    lines = [
        (_each(row.request for row in rows), _each(map(_what, rows)), ANSWERS.get(outcome, outcome), why)
        for (why, outcome), rows in alike.items()
    ]
    return table(("Request", "What is sent", "Answer", "Why"), lines)


def _what(row: NotTaken) -> str:
    values = "true" if row.values == ON else ", ".join(row.values)
    if set(row.values) >= set(FALSE):
        values = "false" if row.values == tuple(FALSE) else ""
    return f"{row.member}={values}" if values else row.member or "anything"


def _each(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" if name != "anything" else name for name in dict.fromkeys(names))
