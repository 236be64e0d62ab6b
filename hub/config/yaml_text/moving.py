"""Moves an entry of a list to another position; its comments and empty lines go with it."""

from __future__ import annotations

import itertools
import re

from hub.config.yaml_text.nodes import Node, content_end, root_of
from hub.config.yaml_text.splicing import CannotEdit

ABOVE = re.compile(r"(?:^[ \t]*(?:#[^\n]*)?\n)*\Z", re.MULTILINE)
"""Empty lines and comments before an entry."""


def moved(text: str, place: tuple[str | int, ...], to: int) -> str:
    """`text` with the entry at `place` at position `to` of its list."""
    node: Node = root_of(text)
    for step in place[:-1]:
        node = _child(node, step)
    at = place[-1]
    assert isinstance(at, int)
    if node.kind != "list" or node.flow or node.anchor:
        raise CannotEdit(f"line {node.line}: this list cannot be put in another order here; edit the file by hand.")
    text = text if text.endswith("\n") else text + "\n"
    bounds = _bounds(text, node)
    parts = [text[begin:end] for begin, end in itertools.pairwise(bounds)]
    parts.insert(to, parts.pop(at))
    return text[: bounds[0]] + "".join(parts) + text[bounds[-1] :]


def _bounds(text: str, node: Node) -> list[int]:
    """Where each entry begins, with what stands above it, and where the last one ends."""
    first = text.rfind("\n", 0, node.start) + 1
    if text[first : node.start].strip():
        raise CannotEdit(f"line {node.line}: the first entry stands on the line of its key; edit the file by hand.")
    above = ABOVE.search(text[:first])
    ends = [text.index("\n", content_end(text, item)) + 1 for item in node.items]
    return [above.start() if above else first, *ends]


def _child(node: Node, step: str | int) -> Node:
    if isinstance(step, int):
        return node.items[step]
    found = node.value(step)
    assert found is not None
    return found
