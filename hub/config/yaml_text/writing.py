"""Writes values as YAML that every reader understands in the same way, in the layout of the file around them."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml
from yaml.emitter import Emitter

from hub.config.document import CONSTANTS, WHOLE_NUMBER
from hub.config.yaml_text.nodes import Node

UNPRINTABLE = re.compile("[\x7f-\x9f\xa0\u2028\u2029\ufeff\ufffe\uffff]")
"""Characters that a double-quoted text escapes, besides those that JSON escapes."""


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
    _measure(root, sections, lists)
    return Layout(
        max(set(sections), key=sections.count, default=2),
        max(set(lists), key=lists.count, default=2),
        "\r\n" if "\r\n" in text else "\n",
    )


def _measure(node: Node, sections: list[int], lists: list[int]) -> None:
    for key, value in node.entries:
        if value.is_block and value.kind == "section":
            sections.append(max(1, value.column - node.column))
        elif value.is_block and value.kind == "list":
            lists.append(max(0, value.column - key.column))
    for child in node.children:
        _measure(child, sections, lists)


def scalar(value: Any, *, flow: bool = False, quote: str = "") -> str:
    """A value on one line. `quote` is the style of the text that it replaces."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if not isinstance(value, str):
        return str(value)
    if quote == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if quote != '"' and is_plain(value, flow=flow):
        return value
    return UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def is_plain(value: str, *, flow: bool) -> bool:
    """Whether a text can be written without quotes: no reader takes it for a number, a date, a truth value or a comment."""
    if value in CONSTANTS or WHOLE_NUMBER.fullmatch(value) or not value.isprintable() or "  " in value:
        return False
    resolver, emitter = _yaml()
    if resolver.resolve(yaml.ScalarNode, value, (True, False)) != "tag:yaml.org,2002:str":
        return False
    analysis = emitter.analyze_scalar(value)
    allowed = analysis.allow_flow_plain if flow else analysis.allow_block_plain
    return bool(allowed) and not analysis.multiline and not value.startswith(("=", "<<"))


@cache
def _yaml() -> tuple[Any, Any]:
    return yaml.SafeLoader(""), Emitter(io.StringIO(), allow_unicode=True)


def inline(value: Any) -> str:
    """A value in { } and [ ]."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key(name, flow=True)}: {inline(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(inline(item) for item in value) + "]"
    return scalar(value, flow=True)


def key(name: str, *, flow: bool = False) -> str:
    """A key; one that looks like a number is quoted."""
    return scalar(name, flow=flow)


def block(value: Any, indent: int, list_indent: int, layout: Layout) -> tuple[str, list[str]]:
    """What follows a colon or a dash on its own line, and the lines below it.

    `indent` is where the lines of a section or text begin, `list_indent` where the dashes of a list begin.
    """
    if isinstance(value, Mapping) and value:
        return "", [" " * indent + line if line else "" for line in section_lines(value, layout)]
    if isinstance(value, list) and value:
        return "", [" " * list_indent + line if line else "" for line in list_lines(value, layout)]
    if isinstance(value, str) and _is_multiline(value):
        chomping = "" if value.endswith("\n") else "-"
        lines = value.removesuffix("\n").split("\n")
        return "|" + chomping, [" " * indent + line if line else "" for line in lines]
    return inline(value) if isinstance(value, (Mapping, list)) else scalar(value), []


def _is_multiline(value: str) -> bool:
    lines = value.removesuffix("\n").split("\n")
    return "\n" in value and value[0] not in " #" and bool(lines[-1].strip()) and all(map(str.isprintable, lines))


def section_lines(value: Mapping[str, Any], layout: Layout) -> list[str]:
    """The lines of a section, without indentation."""
    lines = []
    for name, item in value.items():
        head, below = block(item, layout.indent, layout.list_indent, layout)
        lines += [f"{key(name)}: {head}".rstrip(" ") if head else f"{key(name)}:", *below]
    return lines


def list_lines(value: list[Any], layout: Layout) -> list[str]:
    """The lines of a list, without indentation; an entry's first line stands after its dash."""
    lines = []
    for item in value:
        lines += entry_lines(item, layout)
    return lines


def entry_lines(item: Any, layout: Layout) -> list[str]:
    """The lines of one entry of a list, from its dash."""
    head, below = block(item, 2, 2, layout)
    if head:
        return [f"- {head}", *below]
    return ["- " + below[0].lstrip(" "), *below[1:]] if below else ["-"]
