"""What differs between two texts of config.yaml: as a diff, in words, and what needs a restart."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from hub.config.document import Path, read_document

RESTART: tuple[Path, ...] = tuple(
    ("hub", setting)
    for setting in ("listen", "operation_listen", "database", "secret_keys", "tombstones", "disk_reserve")
)
"""Settings that a running process keeps until it is started again."""
MAX_PLACES = 8


def tree_or_empty(text: str) -> dict[str, object]:
    """The plain values of a text; empty if it cannot be read."""
    document = read_document(text, [])
    return document.tree if document else {}


def diff_of(old: str, new: str) -> str:
    """A unified diff; empty if nothing differs."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), "config.yaml", "config.yaml", lineterm="")
    return "\n".join(lines)


def restart_needed(old: dict[str, object], new: dict[str, object]) -> tuple[str, ...]:
    """The changed settings that a running process keeps until its next start, like `hub.listen`."""
    return tuple(".".join(map(str, path)) for path in RESTART if _at(old, path) != _at(new, path))


def in_words(old: dict[str, object], new: dict[str, object]) -> str:
    """The places that differ, never their values: `connectors.hubspot added; conversions[deal won].value changed`."""
    reported = [f"{place} {what}" for place, what in differences(old, new)]
    more = f"; and {len(reported) - MAX_PLACES} more" if len(reported) > MAX_PLACES else ""
    return "; ".join(reported[:MAX_PLACES]) + more or "comments and layout"


def differences(old: object, new: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Each place that was added, removed or changed; a section is looked into, a list by the names of its entries."""
    if isinstance(old, list) and isinstance(new, list):
        named_old, named_new = _named(old), _named(new)
        if named_old is not None and named_new is not None:
            yield from _entries(named_old, named_new, place, "[{}]")
            if named_old.keys() == named_new.keys() and list(named_old) != list(named_new):
                yield place, "reordered"
            return
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _entries(old, new, place, ".{}" if place else "{}")
    elif old != new or type(old) is not type(new):
        yield place, "changed"


def _entries(old: dict[str, object], new: dict[str, object], place: str, step: str) -> Iterator[tuple[str, str]]:
    for name in dict.fromkeys([*old, *new]):
        here = place + step.format(name)
        if name not in new:
            yield here, "removed"
        elif name not in old:
            yield here, "added"
        else:
            yield from differences(old[name], new[name], here)


def _named(entries: list[object]) -> dict[str, Any] | None:
    names = [entry.get("name") if isinstance(entry, dict) else None for entry in entries]
    if len(set(names)) < len(names) or not all(isinstance(name, str) for name in names):
        return None
    return dict(zip(map(str, names), entries, strict=True))


def _at(tree: dict[str, object], path: Path) -> Any:
    value: object = tree
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value
