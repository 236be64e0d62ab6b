"""Parses config.yaml into a tree of plain values and keeps the line of each value.

Hostile YAML is refused here: tags, alias bombs, very deep nesting, duplicate keys. Scalars are read as people mean
them: only `true`, `false`, `null` and plain whole numbers are special, so `+13125550142`, `NO` and `12:30` stay text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from hub.errors import Problem

Path = tuple[str | int, ...]
"""The path of a value: keys and list positions from the root."""

MAX_DEPTH = 32
MAX_VALUES = 3_000_000
MAX_ALIASED_VALUES, MAX_EXPANSION = 50_000, 8
"""How many values aliases may add: so many, and so many times what is written."""
CONSTANTS = {"true": True, "True": True, "false": False, "False": False, "null": None, "~": None, "": None}
WHOLE_NUMBER = re.compile(r"-?(0|[1-9]\d{0,17})", re.ASCII)
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Document:
    """A tree of dicts, lists and scalars, and the nodes with their lines that it was made of."""

    tree: dict[str, Any]
    root: Node

    def line(self, path: Path) -> int | None:
        """The line of the value at `path`, counted from 1, or of the nearest section around it."""
        lines = self.lines(path)
        return lines[-1] if lines else None

    def is_written(self, path: Path) -> bool:
        """Whether the text has a value at `path`."""
        return len(self.lines(path)) == len(path)

    def lines(self, path: Path) -> list[int]:
        """The lines of the values on the way to `path`, as far as there are any; that of its key if it has one."""
        node, lines = self.root, list[int]()
        for step in path:
            found = node.child(step)
            if found is None:
                break
            line, node = found
            lines.append(line)
        return lines

    def problem(self, path: Path, text: str) -> Problem:
        """A problem with the value at `path`."""
        return Problem(text, self.line(path), self.spell(path))

    def spell(self, path: Path) -> str:
        """`path` for people: list entries are shown by their name if they have one, like `conversions[deal
        won].value`."""
        spelled, value = "", self.tree
        for step in path:
            value = child(value, step)
            if isinstance(step, int):
                name = value.get("name") if isinstance(value, dict) else None
                spelled += f"[{name if isinstance(name, str) else step}]"
            else:
                spelled += f".{step}" if spelled else step
        return spelled

    def at(self, path: Path) -> Any:
        """The value as written at `path`; None if nothing is there."""
        value: object = self.tree
        for step in path:
            value = child(value, step)
        return value


def child(value: object, step: str | int) -> Any:
    """One value of a section or list; None if it is not there."""
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
        return value[step]
    return None


def read_document(text: str, problems: list[Problem]) -> Document | None:
    """`text` as a document; problems are added to `problems`. None means that nothing can be read."""
    try:
        composer = _Composer(text)
        root = composer.root()
        if root.kind != "section":
            raise _Unreadable("expected sections like `hub:` and `connectors:` at the left margin", root.line)
        unfolding = _Unfolding(problems, MAX_ALIASED_VALUES + MAX_EXPANSION * composer.nodes)
        tree = unfolding.value(root)
    except _Unreadable as refusal:
        problems.append(Problem(refusal.text, refusal.line))
        return None
    return Document(tree, root)


class _Unreadable(Exception):
    def __init__(self, text: str, line: int | None) -> None:
        super().__init__(text)
        self.text, self.line = text, line


@dataclass(slots=True)
class Node:
    """A scalar, a section or a list, and where it stands in the text. Positions count characters from its start."""

    start: int
    end: int
    line: int
    """Counted from 1."""
    column: int
    kind: Literal["scalar", "section", "list", "alias"] = "scalar"
    content: str = ""
    """Of a scalar."""
    style: str = ""
    """Of a scalar: empty for plain, or one of ' " | >."""
    flow: bool = False
    """Written in { } or [ ]."""
    anchor: str | None = None
    keys: Sequence[Node] = ()
    """Of a section."""
    children: Sequence[Node] = ()
    """The values in a section or a list."""
    target: Node | None = None
    """Of an alias: what it stands for."""
    finished: bool = False

    @property
    def is_block(self) -> bool:
        """Whether it takes lines of its own: a block section or list, or a text after | or >."""
        return (self.kind in ("section", "list") and not self.flow) or self.style in ("|", ">")

    def child(self, step: str | int) -> tuple[int, Node] | None:
        """The line and the node of a key or of a list's entry."""
        node = self.target or self
        if node.kind == "section":
            pairs = zip(node.keys, node.children, strict=True)
            return next(((key.line, item) for key, item in pairs if key.content == step), None)
        item = node.children[step] if isinstance(step, int) and step < len(node.children) else None
        return (item.line, item) if item else None


class _Composer:
    """Events of the YAML parser to nodes."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._events: Iterator[Any]
        self._anchors: dict[str, Node] = {}
        self.nodes = 0

    def root(self) -> Node:
        """The root of the only document."""
        text = self._text
        try:
            self._events = iter(LOADER(text).get_event, None)
            return self._root()
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

    def _root(self) -> Node:
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

    def _node(self, event: Any, depth: int) -> Node:
        kind, start, end = type(event), event.start_mark, event.end_mark
        line = start.line + 1
        if depth > MAX_DEPTH:
            raise _Unreadable(f"is nested deeper than {MAX_DEPTH} levels", line)
        if kind is yaml.AliasEvent:
            shared = self._anchors.get(event.anchor)
            if shared is None:
                raise _Unreadable(f"`*{event.anchor}` is not defined; write `&{event.anchor}` before it", line)
            if not shared.finished:
                raise _Unreadable(f"`*{event.anchor}` refers to itself", line)
            return Node(start.index, end.index, line, start.column, "alias", shared.content, target=shared)
        if event.tag is not None:
            raise _Unreadable("tags like `!!python/name` are not allowed; write a plain value", line)
        node = Node(start.index, end.index, line, start.column, anchor=event.anchor)
        self.nodes += 1
        if self.nodes > MAX_VALUES:
            raise _Unreadable("has too many values for a config.yaml; name the right file", line)
        if event.anchor:
            self._anchors[event.anchor] = node
        if kind is yaml.ScalarEvent:
            node.content, node.style = event.value, event.style or ""
        else:
            is_list = kind is yaml.SequenceStartEvent
            node.kind, node.flow = "list" if is_list else "section", bool(event.flow_style)
            values = list(self._until(node, yaml.SequenceEndEvent if is_list else yaml.MappingEndEvent, depth))
            node.keys, node.children = ((), values) if is_list else (values[::2], values[1::2])
        node.finished = True
        return node

    def _until(self, node: Node, end: object, depth: int) -> Iterator[Node]:
        for event in self._events:
            if type(event) is end:
                node.end = event.end_mark.index
                return
            yield self._node(event, depth + 1)


@dataclass
class _Unfolding:
    """Nodes to plain values. It counts the values, so that aliases cannot expand without limit."""

    problems: list[Problem]
    limit: int
    values: int = 0

    def value(self, node: Node, depth: int = 0) -> Any:
        self.values += 1
        if self.values > self.limit or depth > MAX_DEPTH:
            raise _Unreadable("expands to too many values; use fewer aliases", node.line)
        node = node.target or node
        if node.kind == "scalar":
            return node.content if node.style else _scalar(node.content)
        if node.kind == "list":
            return [self.value(item, depth + 1) for item in node.children]
        section: dict[str, object] = {}
        for key, item in zip(node.keys, node.children, strict=True):
            if (key.target or key).kind != "scalar":
                raise _Unreadable("a list or a section cannot be a key; write a name before the colon", key.line)
            if key.content in section:
                first = node.child(key.content)
                self.problems.append(
                    Problem(f"`{key.content}` is written twice; it is already on line {first and first[0]}", key.line)
                )
                continue
            section[key.content] = self.value(item, depth + 1)
        return section


def _line(mark: Any) -> int | None:
    return mark.line + 1 if mark else None


def _hint(text: str, mark: Any) -> str:
    """A reference inside { } or [ ] ends at its own bracket unless it is quoted; this mistake is common."""
    lines = text.splitlines()[: mark.line + 1] if mark else []
    return '; inside { } and [ ], write references in quotes: "${env:NAME}"' if lines and "${" in lines[-1] else ""


def _scalar(text: str) -> object:
    if text in CONSTANTS:
        return CONSTANTS[text]
    return int(text) if WHOLE_NUMBER.fullmatch(text) else text
