"""The values of a YAML text with the positions where each begins and ends, for edits that change nothing around them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from hub.config.document import LOADER


@dataclass(slots=True)
class Node:
    """A scalar, a section or a list. Positions count characters from the start of the text."""

    start: int
    end: int
    line: int
    """Counted from 1."""
    column: int
    kind: str
    """scalar, section, list or alias."""
    flow: bool = False
    """Written in { } or [ ]."""
    style: str = ""
    """Of a scalar: empty for plain, or one of ' " | >."""
    anchor: str | None = None
    content: str = ""
    entries: list[tuple[Node, Node]] = field(default_factory=list)
    """Of a section: keys and values."""
    items: list[Node] = field(default_factory=list)

    @property
    def is_block(self) -> bool:
        """Whether it takes lines of its own: a block section or list, or a text after | or >."""
        return (self.kind in ("section", "list") and not self.flow) or self.style in ("|", ">")

    @property
    def children(self) -> list[Node]:
        """The values in a section or a list."""
        return self.items if self.kind == "list" else [value for _, value in self.entries]

    def value(self, key: str) -> Node | None:
        """The value of one key of a section."""
        return next((value for name, value in self.entries if name.content == key), None)


def root_of(text: str) -> Node:
    """The section at the root of a text that `read_document` accepts."""
    for event in (events := iter(yaml.parse(text, Loader=LOADER))):
        if isinstance(event, yaml.DocumentStartEvent):
            return _node(next(events), events)
    raise ValueError("an empty document has no root")


def _node(event: Any, events: Iterator[Any]) -> Node:
    start, end = event.start_mark, event.end_mark
    node = Node(start.index, end.index, start.line + 1, start.column, "scalar", anchor=event.anchor)
    if isinstance(event, yaml.AliasEvent):
        node.kind = "alias"
    elif isinstance(event, yaml.ScalarEvent):
        node.content, node.style = event.value, event.style or ""
    else:
        node.flow = bool(event.flow_style)
        node.kind = "list" if isinstance(event, yaml.SequenceStartEvent) else "section"
        children, node.end = _children(events)
        if node.kind == "list":
            node.items = children
        else:
            node.entries = list(zip(children[::2], children[1::2], strict=True))
    return node


def _children(events: Iterator[Any]) -> tuple[list[Node], int]:
    children: list[Node] = []
    for event in events:
        if type(event) in (yaml.SequenceEndEvent, yaml.MappingEndEvent):
            return children, event.end_mark.index
        children.append(_node(event, events))
    raise ValueError("a section or list without an end")


def content_end(text: str, node: Node) -> int:
    """Where the last character of a value ends; a comment after it is not a part of it."""
    if node.style in ("|", ">"):
        return node.start + len(text[node.start : node.end].rstrip())
    if node.is_block and node.children:
        return content_end(text, node.children[-1])
    return node.end
