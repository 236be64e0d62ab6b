"""Writes values as YAML that every reader understands in the same way, in the layout of the file around them."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from hub.config.document import Node

TAG = "tag:yaml.org,2002:{}"
_RESOLVER: Any = yaml.SafeLoader("")


@dataclass(frozen=True)
class Layout:
    """How a file is indented and where its lines end."""

    indent: int = 2
    """Spaces between a key and the keys of its section."""
    list_indent: int = 2
    """Spaces between a key and the dashes of its list; 0 if they stand below the key."""
    newline: str = "\n"


def layout_of(text: str, root: Node) -> Layout:
    """The layout that most of a file has."""
    sections: list[int] = []
    lists: list[int] = []
    for parent, value in _block_values(root):
        if value.kind == "section":
            sections.append(max(1, value.column - parent.column))
        elif value.kind == "list":
            lists.append(max(0, value.column - parent.column))
    return Layout(
        max(set(sections), key=sections.count, default=2),
        max(set(lists), key=lists.count, default=2),
        "\r\n" if "\r\n" in text else "\n",
    )


def _block_values(node: Node) -> Iterator[tuple[Node, Node]]:
    """The values of sections that take lines of their own, each with its section."""
    for value in node.children:
        if node.kind == "section" and value.is_block:
            yield node, value
        yield from _block_values(value)


class _Writer(yaml.Dumper):
    """PyYAML's writer, with a layout. Texts that need quotes get double ones, as phone numbers have in the examples."""

    layout = Layout()

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        step = self.layout.list_indent if isinstance(self.event, yaml.SequenceStartEvent) else self.layout.indent
        self.indents.append(self.indent)
        self.indent = (self.indent + (2 if self.sequence_context else step)) if self.indent is not None else 0

    def choose_scalar_style(self) -> str:
        event: Any = self.event
        style: str = super().choose_scalar_style()
        if style and style in "'\"" and event.style != "'":
            # Between double quotes PyYAML escapes what is beyond U+FFFF, such as emoji.
            return "'" if event.value.isprintable() and max(event.value, default="") > "\uffff" else '"'
        return style


def written(value: object, layout: Layout) -> list[str]:
    """The lines of a section or list in block style, without indentation."""
    return _written(_node(value), layout).removesuffix("\n").split("\n")


def inline(value: object, *, flow: bool = True, quote: str = "") -> str:
    """A value on one line; `flow`: it stands in { } or [ ]. `quote` is the style of the text that it replaces."""
    node = _node(value, flow=True)
    if isinstance(value, str):
        node.style = quote if quote == '"' or value.isprintable() else '"'
    holder = yaml.SequenceNode(TAG.format("seq"), [node], flow_style=flow)
    return _written(holder, Layout())[1:-2] if flow else _written(holder, Layout())[2:-1]


def _written(node: yaml.Node, layout: Layout) -> str:
    stream = io.StringIO()
    writer = _Writer(stream, width=sys.maxsize, allow_unicode=True)
    writer.layout = layout
    writer.open()
    writer.serialize(node)
    writer.close()
    return stream.getvalue()


def _node(value: object, *, flow: bool = False) -> Any:
    if isinstance(value, Mapping):
        pairs = [(_node(name, flow=True), _node(item, flow=flow)) for name, item in value.items()]
        return yaml.MappingNode(TAG.format("map"), pairs, flow_style=flow or not value)
    if isinstance(value, list):
        return yaml.SequenceNode(
            TAG.format("seq"), [_node(item, flow=flow) for item in value], flow_style=flow or not value
        )
    if isinstance(value, str):
        return yaml.ScalarNode(TAG.format("str"), value, style="|" if is_multiline(value) and not flow else None)
    text = str(value).lower() if isinstance(value, bool) else "null" if value is None else str(value)
    return yaml.ScalarNode(_RESOLVER.resolve(yaml.ScalarNode, text, (True, False)), text)


def is_multiline(value: str) -> bool:
    """Whether a text is written as lines of its own."""
    lines = value.removesuffix("\n").split("\n")
    return "\n" in value and value[0] not in " #" and bool(lines[-1].strip()) and all(map(str.isprintable, lines))
