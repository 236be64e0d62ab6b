"""Puts one value of a YAML text in place of another, adds or removes one; all other lines stay as they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from hub.config.yaml_text import writing
from hub.config.yaml_text.nodes import Node, content_end, root_of
from hub.config.yaml_text.writing import Layout, layout_of

COMMENT = re.compile(r"[ \t]+#[^\r\n]*")
END_OF_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\Z)")
COLON = re.compile(r"\s*:(?=\s|\Z)|:")


class CannotEdit(ValueError):
    """The text is written in a way that this edit would damage. Its message is one sentence, with the line."""


@dataclass
class Spliced:
    """One text, and the edits of single values in it. Places are keys and list positions from the root."""

    text: str

    def __post_init__(self) -> None:
        self.root = root_of(self.text)
        self.layout: Layout = layout_of(self.text, self.root)

    # the three edits

    def replace(self, place: tuple[str | int, ...], value: Any) -> str:
        """The text with another value at `place`, where a value is."""
        parent, node = self._found(place)
        if node.anchor or parent.flow or not (node.is_block or self._takes_lines(node, value)):
            return self._replace_inline(parent, node, value)
        head, after = self._head(parent, node, place[-1])
        first, below = self._block(parent, value, head)
        end = content_end(self.text, node)
        comment = ""
        if node.is_block:
            line_end = after + len(_line_rest(self.text, after))
            if node.start >= line_end or node.style:
                found = re.search(r"[ \t]#.*", self.text[after:line_end])
                comment = "  " + found[0].strip() if found else ""
            end = _over(COMMENT, self.text, end)
        else:
            found = COMMENT.match(self.text, end)
            comment, end = (found[0], found.end()) if found else ("", end)
        joined = self.layout.newline.join([(" " + first if first else "") + comment, *below])
        return self.text[:after] + joined + self.text[end:]

    def remove(self, place: tuple[str | int, ...]) -> str:
        """The text without the entry at `place`."""
        parent, node = self._found(place)
        position = _position(parent, place[-1])
        if len(parent.children) == 1:
            if len(place) == 1:
                raise CannotEdit(f"line {node.line}: the last section cannot be removed; edit the file by hand.")
            return self.replace(place[:-1], [] if parent.kind == "list" else {})
        if parent.flow:
            return self._remove_inline(parent, position)
        begin = self._begin(parent, position)
        line_start = self.text.rfind("\n", 0, begin) + 1
        if self.text[line_start:begin].strip():
            return self._remove_first(parent, begin)
        end = _over(END_OF_LINE, self.text, content_end(self.text, node))
        return self.text[:line_start] + self.text[_over(_deeper_comments(parent.column, ""), self.text, end) :]

    def add(self, place: tuple[str | int, ...], value: Any) -> str:
        """The text with a new entry: a new last entry of a list, or a new key of a section."""
        parent = self.root if len(place) == 1 else self._found(place[:-1])[1]
        if parent.kind not in ("section", "list"):
            empty = value if isinstance(place[-1], int) else {place[-1]: value}
            return self.replace(place[:-1], [empty] if isinstance(place[-1], int) else empty)
        if not parent.children:
            whole = [value] if parent.kind == "list" else {place[-1]: value}
            return self.replace(place[:-1], whole)
        if parent.flow:
            return self._add_inline(parent, place[-1], value)
        if parent.kind == "list":
            lines = writing.entry_lines(value, self.layout)
        else:
            lines = writing.section_lines({str(place[-1]): value}, self.layout)
        column = parent.column
        newline = self.layout.newline
        written = "".join((" " * column + line if line else "") + newline for line in lines)
        at = self._after_entry(parent)
        if at and self.text[at - 1] != "\n":
            return self.text[:at] + newline + written.removesuffix(newline)
        gap = newline if self._is_spaced(parent) and len(lines) > 1 else ""
        return self.text[:at] + gap + written + self.text[at:]

    # where things are

    def _found(self, place: tuple[str | int, ...]) -> tuple[Node, Node]:
        parent, node = self.root, self.root
        for step in place:
            if node.kind == "alias" or node.anchor:
                break
            parent, node = node, node.children[_position(node, step)]
        if node.kind == "alias" or node.anchor:
            raise CannotEdit(
                f"line {node.line}: this is shared between several places with `&` and `*`; edit the file by hand."
            )
        return parent, node

    def _begin(self, parent: Node, position: int) -> int:
        """Where an entry of a block section or list begins: its key or its dash."""
        if parent.kind == "section":
            return parent.entries[position][0].start
        if position == 0:
            return parent.start
        before = content_end(self.text, parent.items[position - 1])
        dash = re.compile(rf"^[ ]{{{parent.column}}}-(?=\s|\Z)", re.MULTILINE)
        return dash.search(self.text, before).end() - 1  # type: ignore[union-attr]

    def _head(self, parent: Node, node: Node, step: str | int) -> tuple[int, int]:
        """The column of an entry, and where its colon or dash ends."""
        position = _position(parent, step)
        begin = self._begin(parent, position)
        if parent.kind == "list":
            return parent.column, begin + 1
        if self.text[begin] == "?" or self.text[self.text.rfind("\n", 0, begin) + 1 : begin].strip().endswith("?"):
            raise CannotEdit(f"line {node.line}: a key after `?` cannot be edited here; edit the file by hand.")
        colon = COLON.match(self.text, parent.entries[position][0].end)
        if colon is None:
            raise CannotEdit(f"line {node.line}: the colon after the key was not found; edit the file by hand.")
        return parent.column, colon.end()

    def _block(self, parent: Node, value: Any, column: int) -> tuple[str, list[str]]:
        if parent.kind == "list":
            lines = writing.entry_lines(value, self.layout)
            return lines[0][2:], [" " * column + line if line else "" for line in lines[1:]]
        layout = self.layout
        return writing.block(value, column + layout.indent, column + layout.list_indent, layout)

    def _after_entry(self, parent: Node) -> int:
        """Where a new entry goes: after the last one, and after the comments that are indented like its content."""
        at = _over(END_OF_LINE, self.text, content_end(self.text, parent))
        return _over(_deeper_comments(parent.column, r"(?:[ \t]*\r?\n)*"), self.text, at)

    def _is_spaced(self, parent: Node) -> bool:
        """Whether an empty line stands between the entries of a section or list."""
        if len(parent.children) < 2:
            return False
        before, last = content_end(self.text, parent.children[-2]), self._begin(parent, len(parent.children) - 1)
        return re.search(r"\n[ \t]*\r?\n", self.text[before:last]) is not None

    # values in one line

    def _takes_lines(self, node: Node, value: Any) -> bool:
        """Whether a new value needs lines of its own: a section or list, unless it replaces one in { } or [ ]."""
        if isinstance(value, (dict, list)):
            return bool(value) and not (node.flow and node.children)
        return isinstance(value, str) and bool(writing.block(value, 0, 0, self.layout)[1])

    def _replace_inline(self, parent: Node, node: Node, value: Any) -> str:
        if isinstance(value, (dict, list)):
            written = writing.inline(value)
        else:
            written = writing.scalar(value, flow=parent.flow, quote=node.style)
        if node.start == node.end:
            written = " " + written
        return self.text[: node.start] + written + self.text[node.end :]

    def _add_inline(self, parent: Node, step: str | int, value: Any) -> str:
        written = writing.inline(value)
        if parent.kind == "section":
            written = f"{writing.key(str(step), flow=True)}: {written}"
        at = parent.children[-1].end
        return f"{self.text[:at]}, {written}{self.text[at:]}"

    def _remove_inline(self, parent: Node, position: int) -> str:
        begins = [key.start for key, _ in parent.entries] or [item.start for item in parent.items]
        last = position == len(begins) - 1
        begin = parent.children[position - 1].end if last else begins[position]
        end = parent.children[position].end if last else begins[position + 1]
        self._refuse_comment(begin, end, parent.children[position].line)
        return self.text[:begin] + self.text[end:]

    def _remove_first(self, parent: Node, begin: int) -> str:
        """Remove an entry that stands on a line with the dash before it: the next one moves there."""
        follower = self._begin(parent, 1)
        self._refuse_comment(content_end(self.text, parent.children[0]), follower, parent.line)
        return self.text[:begin] + self.text[follower:]

    def _refuse_comment(self, begin: int, end: int, line: int) -> None:
        if "#" in re.sub(r"\"[^\"]*\"|'[^']*'", "", self.text[begin:end]):
            raise CannotEdit(f"line {line}: a comment stands between these values; edit the file by hand.")


def _over(pattern: re.Pattern[str], text: str, at: int) -> int:
    """The position after what the pattern matches at `at`."""
    found = pattern.match(text, at)
    return found.end() if found else at


def _deeper_comments(column: int, blank: str) -> re.Pattern[str]:
    """Lines of comments that are indented like the content of an entry in `column`."""
    return re.compile(rf"(?:{blank}[ ]{{{column + 1},}}#[^\r\n]*(?:\r?\n|\Z))*")


def _line_rest(text: str, at: int) -> str:
    return END_OF_LINE.match(text, at)[0].rstrip("\r\n")  # type: ignore[index]


def _position(node: Node, step: str | int) -> int:
    if isinstance(step, int):
        return step
    return next(index for index, (key, _) in enumerate(node.entries) if key.content == step)
