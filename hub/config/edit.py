"""Edits of config.yaml that keep comments, order and quoting: only the lines that change are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from hub.config.document import Path, read_document
from hub.config.yaml_text.moving import moved
from hub.config.yaml_text.splicing import CannotEdit, Spliced
from hub.errors import ConfigError, Problem


class _Removed(Enum):
    REMOVED = "removed"


NAMED_LISTS = frozenset({"accounts", "companies", "trackers", "flows", "conversions", "webhooks"})
"""Keys whose value is a list; an entry named below one that does not exist yet begins the list."""
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
    wanted = tree_of(text)
    for change in changes:
        if isinstance(change, Move):
            text = _reordered(text, wanted, change)
            continue
        for place, value in _steps(wanted, change):
            try:
                text = _with(text, wanted, place, value)
            except CannotEdit as refusal:
                raise ConfigError(f"config.yaml, {refusal}") from None
            _put(wanted, place, value)
            _insist(text, wanted, place)
    return text


def _reordered(text: str, wanted: dict[str, Any], move: Move) -> str:
    """`text` and `wanted` with one entry at another position."""
    place = placed(wanted, move.path)
    if _known_length(wanted, place) < len(place) or not isinstance(place[-1], int):
        raise ConfigError(f"config.yaml has no {_spelled(move.path)} any more; look at it again.")
    entries = _at(wanted, place[:-1])
    to = max(0, min(move.to, len(entries) - 1))
    try:
        text = moved(text, place, to)
    except CannotEdit as refusal:
        raise ConfigError(f"config.yaml, {refusal}") from None
    entries.insert(to, entries.pop(place[-1]))
    _insist(text, wanted, place)
    return text


def _insist(text: str, wanted: dict[str, Any], place: Path) -> None:
    """Check that the text says what was wanted and nothing else."""
    problems: list[Problem] = []
    document = read_document(text, problems)
    if document is None or problems or document.tree != wanted:
        raise ConfigError(f"config.yaml is written in a way that hides {_spelled(place)}; edit the file by hand.")


def tree_of(text: str) -> dict[str, Any]:
    """The plain values of a config.yaml, unchecked. ConfigError if it cannot be read."""
    problems: list[Problem] = []
    document = read_document(text, problems)
    if document is None or problems:
        raise ConfigError("config.yaml cannot be edited while it cannot be read.", problems)
    return document.tree


def placed(tree: Any, path: Path) -> Path:
    """`path` with positions instead of the names of list entries; a new entry's position is the list's length."""
    place: list[str | int] = []
    value: Any = tree
    for step in path:
        if isinstance(value, list) and isinstance(step, str):
            names = [entry.get("name") if isinstance(entry, dict) else entry for entry in value]
            step = names.index(step) if step in names else len(value)
        elif isinstance(value, list) and isinstance(step, int):
            step = min(step, len(value))
        elif value is None and isinstance(step, str) and place and place[-1] in NAMED_LISTS:
            step = 0
        place.append(step)
        value = _child(value, step)
    return tuple(place)


def _steps(tree: dict[str, Any], change: Change) -> list[tuple[Path, Any]]:
    """The edits of single values that make one change; a section or list that exists is changed entry by entry."""
    place = placed(tree, change.path)
    value = change.value if change.value is REMOVED else _plain(change.value)
    known = _known_length(tree, place)
    if known == len(place):
        old = _at(tree, place)
        if value is REMOVED:
            return [(place, REMOVED)]
        return list(_differences(place, old, value))
    if value is REMOVED:
        return []
    for depth in range(len(place) - 1, known, -1):
        step, name = place[depth], change.path[depth]
        value = [_named(name, value)] if isinstance(step, int) else {step: value}
    new = place[: known + 1]
    return [(new, _named(change.path[known], value) if isinstance(new[-1], int) else value)]


def _differences(place: Path, old: Any, new: Any) -> Iterable[tuple[Path, Any]]:
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


def _list_differences(place: Path, old: list[Any], new: list[Any]) -> Iterable[tuple[Path, Any]]:
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


def _identity(entry: Any) -> str:
    return f"name {entry['name']}" if isinstance(entry, dict) and "name" in entry else repr(entry)


def _with(text: str, tree: dict[str, Any], place: Path, value: Any) -> str:
    spliced = Spliced(text)
    if value is REMOVED:
        return spliced.remove(place)
    if _known_length(tree, place) == len(place):
        return spliced.replace(place, value)
    return spliced.add(place, value)


def _put(tree: dict[str, Any], place: Path, value: Any) -> None:
    """The same edit in the tree; a section that was null becomes one."""
    parent: Any = tree
    for depth, step in enumerate(place[:-1]):
        child = _child(parent, step)
        if not isinstance(child, (dict, list)):
            child = parent[step] = [] if isinstance(place[depth + 1], int) else {}
        parent = child
    last = place[-1]
    if value is REMOVED:
        del parent[last]
    elif isinstance(parent, list) and last == len(parent):
        parent.append(_as_read(value))
    else:
        parent[last] = _as_read(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, (str, bool, int, float, Decimal)):
        return value
    raise TypeError(f"a {type(value).__name__} has no place in config.yaml")


def _as_read(value: Any) -> Any:
    """A value as `read_document` gives it back: a number with a decimal point is text."""
    if isinstance(value, dict):
        return {name: _as_read(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_as_read(item) for item in value]
    return str(value) if isinstance(value, (float, Decimal)) else value


def _named(name: str | int, value: Any) -> Any:
    """A new list entry with its name first, if it is a section without one."""
    if isinstance(value, dict) and isinstance(name, str) and "name" not in value:
        return {"name": name, **value}
    return value


def _known_length(tree: Any, place: Path) -> int:
    """How many steps of a place exist."""
    value = tree
    for depth, step in enumerate(place):
        exists = step in value if isinstance(value, dict) else isinstance(value, list) and step in range(len(value))
        if not exists:
            return depth
        value = value[step]
    return len(place)


def _at(tree: Any, place: Path) -> Any:
    for step in place:
        tree = tree[step]
    return tree


def _child(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(str(step))
    return value[step] if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value) else None


def _spelled(place: Path) -> str:
    return ".".join(str(step) for step in place)
