"""Edits of config.yaml that keep comments, order and quoting: only the lines that change are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from hub.config.document import Document, Path, child, read_document
from hub.config.yaml_text.splicing import Spliced
from hub.errors import ConfigError, Problem


class _Removed(Enum):
    REMOVED = "removed"


NAMED_LISTS = frozenset({"accounts", "companies", "trackers", "flows", "conversions", "webhooks"})
"""Keys whose value is a list; an entry named below one that does not exist yet begins the list."""
BYTE_ORDER_MARK = "\ufeff"
"""What some editors on Windows write before a text; PyYAML does not count it."""
REMOVED: Final = _Removed.REMOVED
"""The value of a Change that removes what stands at its path."""


@dataclass(frozen=True)
class Change:
    """One edit. `path` names the entries of a list by their `name`, like ("accounts", "agency", "companies", "lakeside",
    "trackers", "yellow", "source"), or by position; what does not exist is added. `value` is plain: dicts, lists,
    scalars, or REMOVED."""

    path: Path
    value: Any


@dataclass(frozen=True)
class Move:
    """Put the entry of a list at `path` at another position of its list; its comments go with it."""

    path: Path
    to: int


def edited(text: str, changes: Iterable[Change | Move]) -> str:
    """`text` with the changes made in order. ConfigError, in one sentence, if it is written in a way that an edit would
    damage; nothing is guessed."""
    if text.startswith(BYTE_ORDER_MARK):
        return BYTE_ORDER_MARK + edited(text.removeprefix(BYTE_ORDER_MARK), changes)
    document = _read(text)
    for change in changes:
        for place, value in _steps(document, change):
            spliced = Spliced(text, document.root)
            if isinstance(change, Move):
                text = spliced.move(place, value)
            elif value is REMOVED:
                text = spliced.remove(place)
            else:
                text = spliced.replace(place, value) if document.is_written(place) else spliced.add(place, value)
            wanted = document.tree
            _put(wanted, place, value, is_move=isinstance(change, Move))
            problems: list[Problem] = []
            said = read_document(text, problems)
            if said is None or problems or said.tree != wanted:
                raise ConfigError(
                    f"config.yaml is written in a way that hides {document.spell(place)}; edit the file by hand."
                )
            document = said
    return text


def tree_of(text: str) -> dict[str, Any]:
    """The plain values of a config.yaml, unchecked. ConfigError if it cannot be read."""
    return _read(text).tree


def _read(text: str) -> Document:
    problems: list[Problem] = []
    document = read_document(text, problems)
    if document is None or problems:
        raise ConfigError("config.yaml cannot be edited while it cannot be read.", problems)
    return document


def placed(tree: object, path: Path) -> Path:
    """`path` with positions instead of the names of list entries; a new entry's position is the list's length."""
    place: list[str | int] = []
    value: object = tree
    for step in path:
        if isinstance(value, list) and isinstance(step, str):
            names = [entry.get("name") if isinstance(entry, dict) else entry for entry in value]
            step = names.index(step) if step in names else len(value)
        elif isinstance(value, list) and isinstance(step, int):
            step = min(step, len(value))
        elif value is None and isinstance(step, str) and place and place[-1] in NAMED_LISTS:
            step = 0
        place.append(step)
        value = child(value, step)
    return tuple(place)


def _steps(document: Document, change: Change | Move) -> list[tuple[Path, Any]]:
    """The edits of single values that make one change; a section or list that exists is changed entry by entry."""
    place = placed(document.tree, change.path)
    known = len(document.lines(place))
    if isinstance(change, Move):
        if known < len(place) or not isinstance(place[-1], int):
            raise ConfigError(f"config.yaml has no {document.spell(change.path)} any more; look at it again.")
        return [(place, max(0, min(change.to, len(document.at(place[:-1])) - 1)))]
    value = change.value if change.value is REMOVED else _plain(change.value)
    if known == len(place):
        return [(place, REMOVED)] if value is REMOVED else list(_differences(place, document.at(place), value))
    if value is REMOVED:
        return []
    for depth in range(len(place) - 1, known, -1):
        step, name = place[depth], change.path[depth]
        value = [_named(name, value)] if isinstance(step, int) else {step: value}
    new = place[: known + 1]
    return [(new, _named(change.path[known], value) if isinstance(new[-1], int) else value)]


def _differences(place: Path, old: object, new: object) -> Iterable[tuple[Path, Any]]:
    if old == new and type(old) is type(new):
        return
    if isinstance(old, dict) and isinstance(new, dict) and old and new:
        yield from (((*place, name), REMOVED) for name in old.keys() - new.keys() if len(old.keys() & new.keys()))
        if not old.keys() & new.keys():
            yield place, new
            return
        for name, value in new.items():
            yield from _differences((*place, name), old[name], value) if name in old else [((*place, name), value)]
    elif isinstance(old, list) and isinstance(new, list) and old and new:
        yield from _list_differences(place, old, new)
    else:
        yield place, new


def _list_differences(place: Path, old: list[object], new: list[object]) -> Iterable[tuple[Path, object]]:
    """Removals, changes in place and new entries at the end; a list in another order is written as a whole."""
    identities, wanted = [_identity(entry) for entry in old], [_identity(entry) for entry in new]
    kept = [each for each in identities if each in wanted]
    unique = len(set(identities)) == len(identities) and len(set(wanted)) == len(wanted)
    if not kept or not unique or wanted[: len(kept)] != kept:
        yield place, new
        return
    for index in range(len(old) - 1, -1, -1):
        if identities[index] not in kept:
            yield (*place, index), REMOVED
    before = [entry for entry, identity in zip(old, identities, strict=True) if identity in kept]
    for index, value in enumerate(new):
        if index >= len(kept):
            yield (*place, index), value
        else:
            yield from _differences((*place, index), before[index], value)


def _identity(entry: object) -> str:
    return f"name {entry['name']}" if isinstance(entry, dict) and "name" in entry else repr(entry)


def _put(tree: dict[str, Any], place: Path, value: object, *, is_move: bool) -> None:
    """The same edit in the tree; a section that was null becomes one."""
    parent: Any = tree
    *steps, last = place
    for step, following in zip(steps, place[1:], strict=True):
        if not isinstance(child(parent, step), (dict, list)):
            parent[step] = [] if isinstance(following, int) else {}
        parent = parent[step]
    if is_move:
        parent.insert(value, parent.pop(last))
    elif value is REMOVED:
        del parent[last]
    elif isinstance(parent, list) and last == len(parent):
        parent.append(_as_read(value))
    else:
        parent[last] = _as_read(value)


def _plain(value: object) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, (str, bool, int, float, Decimal)):
        return value
    raise TypeError(f"a {type(value).__name__} has no place in config.yaml")


def _as_read(value: object) -> object:
    """A value as `read_document` gives it back: a number with a decimal point is text."""
    if isinstance(value, dict):
        return {name: _as_read(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_as_read(item) for item in value]
    return str(value) if isinstance(value, (float, Decimal)) else value


def _named(name: str | int, value: object) -> Any:
    """A new list entry with its name first, if it is a section without one."""
    if isinstance(value, dict) and isinstance(name, str) and "name" not in value:
        return {"name": name, **value}
    return value
