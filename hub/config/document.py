"""Parses config.yaml into a tree of plain values and keeps the line of each value.

Hostile YAML is refused here: tags, alias bombs, very deep nesting, duplicate keys. Scalars are read as people mean
them: only `true`, `false`, `null` and plain whole numbers are special, so `+13125550142`, `NO` and `12:30` stay text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from hub.errors import Problem

Path = tuple[str | int, ...]
"""The path of a value: keys and list positions from the root."""

MAX_DEPTH = 32
MAX_VALUES = 50_000
CONSTANTS = {"true": True, "True": True, "false": False, "False": False, "null": None, "~": None, "": None}
WHOLE_NUMBER = re.compile(r"-?(0|[1-9]\d{0,17})", re.ASCII)
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Document:
    """A tree of dicts, lists and scalars, and the line of each value (counted from 1)."""

    tree: dict[str, Any]
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int | None:
        """The line of the value at `path`, or of the nearest section around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)

    def problem(self, path: Path, text: str) -> Problem:
        """A problem with the value at `path`."""
        return Problem(text, self.line(path), self.spell(path))

    def spell(self, path: Path) -> str:
        """`path` for people: list entries are shown by their name if they have one, like `conversions[deal
        won].value`."""
        spelled, value = "", self.tree
        for step in path:
            value = _child(value, step)
            if isinstance(step, int):
                name = value.get("name") if isinstance(value, dict) else None
                spelled += f"[{name if isinstance(name, str) else step}]"
            else:
                spelled += f".{step}" if spelled else step
        return spelled

    def at(self, path: Path) -> Any:
        """The value as written at `path`; None if nothing is there."""
        value: Any = self.tree
        for step in path:
            value = _child(value, step)
        return value


def _child(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None


def read_document(text: str, problems: list[Problem]) -> Document | None:
    """`text` as a document; problems are added to `problems`. None means that nothing can be read."""
    try:
        root = _Composer(text).root()
        if not isinstance(root.content, list) or not root.mapping:
            raise _Unreadable("expected sections like `hub:` and `connectors:` at the left margin", root.line)
        unfolding = _Unfolding(problems)
        tree = unfolding.value(root, ())
    except _Unreadable as refusal:
        problems.append(Problem(refusal.text, refusal.line))
        return None
    return Document(tree, unfolding.lines)


class _Unreadable(Exception):
    def __init__(self, text: str, line: int | None) -> None:
        super().__init__(text)
        self.text, self.line = text, line


@dataclass(slots=True)
class _Node:
    line: int
    content: str | list[_Node] | list[tuple[_Node, _Node]] = ""
    plain: bool = False
    mapping: bool = False
    finished: bool = False


class _Composer:
    """Events of the YAML parser to nodes; aliases share the node that they stand for."""

    def __init__(self, text: str) -> None:
        self._events = self._parse(text)
        self._anchors: dict[str, _Node] = {}

    @staticmethod
    def _parse(text: str) -> Iterator[Any]:
        try:
            yield from yaml.parse(text, Loader=LOADER)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise _Unreadable(
                f"is not YAML: {error.problem or error.context}{_hint(text, mark)}", _line(mark)
            ) from None
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            raise _Unreadable("contains a character that YAML does not allow; remove it", line) from None
        except (yaml.YAMLError, ValueError) as error:
            raise _Unreadable("is not YAML", None) from error

    def root(self) -> _Node:
        root = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                first = next(self._events)
                if root is not None:
                    line = first.start_mark.line + 1
                    raise _Unreadable("starts a second document after `---`; keep one", line)
                root = self._node(first, 0)
        if root is None:
            raise _Unreadable("is empty; start from the example config.yaml", None)
        return root

    def _node(self, event: Any, depth: int) -> _Node:
        kind, line = type(event), event.start_mark.line + 1
        if depth > MAX_DEPTH:
            raise _Unreadable(f"is nested deeper than {MAX_DEPTH} levels", line)
        if kind is yaml.AliasEvent:
            shared = self._anchors.get(event.anchor)
            if shared is None:
                raise _Unreadable(f"`*{event.anchor}` is not defined; write `&{event.anchor}` before it", line)
            if not shared.finished:
                raise _Unreadable(f"`*{event.anchor}` refers to itself", line)
            return shared
        if event.tag is not None:
            raise _Unreadable("tags like `!!python/name` are not allowed; write a plain value", line)
        node = _Node(line)
        if event.anchor:
            self._anchors[event.anchor] = node
        if kind is yaml.ScalarEvent:
            node.content, node.plain = event.value, event.style in (None, "")
        elif kind is yaml.SequenceStartEvent:
            node.content = list(self._until(yaml.SequenceEndEvent, depth))
        else:
            flat = list(self._until(yaml.MappingEndEvent, depth))
            node.content, node.mapping = list(zip(flat[::2], flat[1::2], strict=True)), True
        node.finished = True
        return node

    def _until(self, end: type, depth: int) -> Iterator[_Node]:
        for event in self._events:
            if isinstance(event, end):
                return
            yield self._node(event, depth + 1)


@dataclass
class _Unfolding:
    """Nodes to plain values, with the line of each. It counts the values, so that aliases cannot expand without
    limit."""

    problems: list[Problem]
    lines: dict[Path, int] = field(default_factory=dict)

    def value(self, node: _Node, path: Path) -> Any:
        if path:
            self.lines.setdefault(path, node.line)
        if len(self.lines) > MAX_VALUES or len(path) > MAX_DEPTH:
            raise _Unreadable("expands to too many values; use fewer aliases", node.line)
        if isinstance(node.content, str):
            return _scalar(node.content) if node.plain else node.content
        if not node.mapping:
            return [self.value(item, (*path, index)) for index, item in enumerate(node.content)]  # type: ignore[arg-type]
        section: dict[str, Any] = {}
        for key, item in node.content:  # type: ignore[misc]
            if not isinstance(key.content, str):
                raise _Unreadable("a list or a section cannot be a key; write a name before the colon", key.line)
            place = (*path, key.content)
            if key.content in section:
                first = self.lines[place]
                self.problems.append(
                    Problem(f"`{key.content}` is written twice; it is already on line {first}", key.line)
                )
                continue
            self.lines[place] = key.line
            section[key.content] = self.value(item, place)
        return section


def _line(mark: Any) -> int | None:
    return mark.line + 1 if mark else None


def _hint(text: str, mark: Any) -> str:
    """A reference inside { } or [ ] ends at its own bracket unless it is quoted; this mistake is common."""
    lines = text.splitlines()[: mark.line + 1] if mark else []
    return '; inside { } and [ ], write references in quotes: "${env:NAME}"' if lines and "${" in lines[-1] else ""


def _scalar(text: str) -> Any:
    if text in CONSTANTS:
        return CONSTANTS[text]
    return int(text) if WHOLE_NUMBER.fullmatch(text) else text
