"""Puts one value of a YAML text in place of another, adds, removes or moves one; all other lines stay as they are."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from hub.config.document import Node, Path
from hub.config.yaml_text.writing import Layout, inline, is_multiline, layout_of, written
from hub.errors import ConfigError

COMMENT = re.compile(r"[ \t]+#[^\r\n]*")
END_OF_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\Z)")
COLON = re.compile(r"\s*:(?=\s|\Z)|:")
ABOVE = re.compile(r"(?:^[ \t]*(?:#[^\n]*)?\n)*\Z", re.MULTILINE)
"""Empty lines and comments before an entry."""


@dataclass
class Spliced:
    """One text, and the edits of single values in it. Places are keys and list positions from the root. ConfigError if
    the text is written in a way that an edit would damage."""

    text: str
    root: Node

    def __post_init__(self) -> None:
        self.layout: Layout = layout_of(self.text, self.root)

    # the four edits

    def replace(self, place: Path, value: object) -> str:
        """The text with another value at `place`, where a value is."""
        parent, node = self._found(place)
        if parent.flow or not (node.is_block or _takes_lines(node, value)):
            quote = node.style if node.style in ("'", '"') else ""
            new = inline(value, flow=parent.flow or isinstance(value, (dict, list)), quote=quote)
            return self._with(node.start, node.end, " " + new if node.start == node.end else new)
        after = self._after_head(parent, node, _position(parent, place[-1]))
        head, *below = written([value] if parent.kind == "list" else {"k": value}, self.layout)
        end = self._content_end(node)
        found = COMMENT.match(self.text, end)
        comment, end = (found[0], found.end()) if found else ("", end)
        if node.is_block:
            line_end = END_OF_LINE.match(self.text, after).end()  # type: ignore[union-attr]
            found = COMMENT.search(self.text, after, line_end) if node.start >= line_end or node.style else None
            comment = "  " + found[0].strip() if found else ""
        lines = [head[1 if parent.kind == "list" else 2 :] + comment, *_indented(below, parent.column)]
        return self._with(after, end, self.layout.newline.join(lines))

    def remove(self, place: Path) -> str:
        """The text without the entry at `place`."""
        parent, node = self._found(place)
        position = _position(parent, place[-1])
        if len(parent.children) == 1:
            if len(place) == 1:
                raise _refusal(node.line, "the last section cannot be removed")
            return self.replace(place[:-1], [] if parent.kind == "list" else {})
        if parent.flow:
            return self._remove_inline(parent, position)
        begin = self._begin(parent, position)
        line_start = self.text.rfind("\n", 0, begin) + 1
        if self.text[line_start:begin].strip():  # a dash stands before it: the next one moves there
            follower = self._begin(parent, 1)
            self._refuse_comment(self._content_end(node), follower, parent.line)
            return self._with(begin, follower, "")
        end = self._over(END_OF_LINE, self._content_end(node))
        return self._with(line_start, self._over(_deeper_comments(parent.column, ""), end), "")

    def add(self, place: Path, value: object) -> str:
        """The text with a new entry: a new last entry of a list, or a new key of a section."""
        parent = self._found(place[:-1])[1]
        new = [value] if isinstance(place[-1], int) else {place[-1]: value}
        if not parent.children:
            return self.replace(place[:-1], new)
        if parent.flow:
            at = parent.children[-1].end
            return self._with(at, at, f", {inline(new)[1:-1]}")
        lines, newline = written(new, self.layout), self.layout.newline
        text = newline.join(_indented(lines, parent.column))
        at = self._after_entry(parent)
        if at and self.text[at - 1] != "\n":
            return self._with(at, at, newline + text)
        gap = newline if self._is_spaced(parent) and len(lines) > 1 else ""
        return self._with(at, at, gap + text + newline)

    def move(self, place: Path, to: int) -> str:
        """The text with the entry of a list at position `to`; its comments and empty lines go with it."""
        node = self._found(place[:-1])[1]
        if node.kind != "list" or node.flow:
            raise _refusal(node.line, "this list cannot be put in another order here")
        first = self.text.rfind("\n", 0, node.start) + 1
        if self.text[first : node.start].strip():
            raise _refusal(node.line, "the first entry stands on the line of its key")
        above = ABOVE.search(self.text[:first])
        ends = [self._over(END_OF_LINE, self._content_end(item)) for item in node.children]
        bounds = [above.start() if above else first, *ends]
        parts = [self.text[begin:end] for begin, end in itertools.pairwise(bounds)]
        parts[-1] += "" if parts[-1].endswith("\n") else self.layout.newline
        parts.insert(to, parts.pop(int(place[-1])))
        return self._with(bounds[0], bounds[-1], "".join(parts))

    # where things are

    def _with(self, begin: int, end: int, new: str) -> str:
        return self.text[:begin] + new + self.text[end:]

    def _over(self, pattern: re.Pattern[str], at: int) -> int:
        """The position after what the pattern matches at `at`."""
        found = pattern.match(self.text, at)
        return found.end() if found else at

    def _found(self, place: Path) -> tuple[Node, Node]:
        parent, node = self.root, self.root
        for step in (*place, None):
            if node.kind == "alias" or node.anchor:
                raise _refusal(node.line, "this is shared between several places with `&` and `*`")
            if step is not None:
                parent, node = node, node.children[_position(node, step)]
        return parent, node

    def _content_end(self, node: Node) -> int:
        """Where the last character of a value ends; a comment after it is not a part of it."""
        if node.style in ("|", ">"):
            return node.start + len(self.text[node.start : node.end].rstrip())
        return self._content_end(node.children[-1]) if node.is_block and node.children else node.end

    def _begin(self, parent: Node, position: int) -> int:
        """Where an entry of a block section or list begins: its key or its dash."""
        if parent.kind == "section":
            return parent.keys[position].start
        if position == 0:
            return parent.start
        before = self._content_end(parent.children[position - 1])
        dash = re.compile(rf"^[ ]{{{parent.column}}}-(?=\s|\Z)", re.MULTILINE)
        return dash.search(self.text, before).end() - 1  # type: ignore[union-attr]

    def _after_head(self, parent: Node, node: Node, position: int) -> int:
        """Where the colon or the dash of an entry ends."""
        begin = self._begin(parent, position)
        if parent.kind == "list":
            return begin + 1
        if self.text[begin] == "?" or self.text[self.text.rfind("\n", 0, begin) + 1 : begin].strip().endswith("?"):
            raise _refusal(node.line, "a key after `?` cannot be edited here")
        colon = COLON.match(self.text, parent.keys[position].end)
        if colon is None:
            raise _refusal(node.line, "the colon after the key was not found")
        return colon.end()

    def _after_entry(self, parent: Node) -> int:
        """Where a new entry goes: after the last one, and after the comments that are indented like its content."""
        at = self._over(END_OF_LINE, self._content_end(parent))
        return self._over(_deeper_comments(parent.column, r"(?:[ \t]*\r?\n)*"), at)

    def _is_spaced(self, parent: Node) -> bool:
        """Whether an empty line stands between the entries of a section or list."""
        if len(parent.children) < 2:
            return False
        before, last = self._content_end(parent.children[-2]), self._begin(parent, len(parent.children) - 1)
        return re.search(r"\n[ \t]*\r?\n", self.text[before:last]) is not None

    def _remove_inline(self, parent: Node, position: int) -> str:
        begins = [each.start for each in parent.keys or parent.children]
        last = position == len(begins) - 1
        begin = parent.children[position - 1].end if last else begins[position]
        end = parent.children[position].end if last else begins[position + 1]
        self._refuse_comment(begin, end, parent.children[position].line)
        return self._with(begin, end, "")

    def _refuse_comment(self, begin: int, end: int, line: int) -> None:
        if "#" in re.sub(r"\"[^\"]*\"|'[^']*'", "", self.text[begin:end]):
            raise _refusal(line, "a comment stands between these values")


def _takes_lines(node: Node, value: object) -> bool:
    """Whether a new value needs lines of its own: a section or list, unless it replaces one in { } or [ ]."""
    if isinstance(value, (dict, list)):
        return bool(value) and not (node.flow and node.children)
    return isinstance(value, str) and is_multiline(value)


def _indented(lines: list[str], column: int) -> list[str]:
    return [" " * column + line if line else "" for line in lines]


def _deeper_comments(column: int, blank: str) -> re.Pattern[str]:
    """Lines of comments that are indented like the content of an entry in `column`."""
    return re.compile(rf"(?:{blank}[ ]{{{column + 1},}}#[^\r\n]*(?:\r?\n|\Z))*")


def _position(node: Node, step: str | int) -> int:
    return step if isinstance(step, int) else [key.content for key in node.keys].index(step)


def _refusal(line: int, why: str) -> ConfigError:
    return ConfigError(f"config.yaml, line {line}: {why}; edit the file by hand.")
