"""A diff as rows of a table: which lines differ, and which words within them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

CONTEXT_LINES = 2
MAX_WORD_DIFF = 400
"""Longer lines are shown as wholly changed."""
Part = tuple[str, bool]
"""A piece of a line, and whether it differs from the other side."""


@dataclass(frozen=True)
class DiffRow:
    """One line; `skip` stands for lines in between that are the same."""

    kind: Literal["same", "minus", "plus", "skip"]
    old: int | None = None
    new: int | None = None
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Diff:
    """The rows, and how many lines were changed, added and removed."""

    rows: tuple[DiffRow, ...]
    changed: int
    added: int
    removed: int

    @property
    def words(self) -> str:
        """2 lines changed, 1 added."""
        counts = [(self.changed, "changed"), (self.added, "added"), (self.removed, "removed")]
        said = [(number, what) for number, what in counts if number]
        if not said:
            return "nothing"
        first = f"{said[0][0]:,} line{'' if said[0][0] == 1 else 's'} {said[0][1]}"
        return ", ".join([first, *(f"{number:,} {what}" for number, what in said[1:])])


def diff_rows(old: str, new: str) -> Diff:
    """The lines that differ, with two lines around them."""
    before, after = old.splitlines(), new.splitlines()
    rows: list[DiffRow] = []
    changed = added = removed = 0
    for group in SequenceMatcher(None, before, after).get_grouped_opcodes(CONTEXT_LINES):
        rows.append(DiffRow("skip", old=group[0][1] + 1, new=group[0][3] + 1))
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                rows += [
                    DiffRow("same", old_from + each + 1, new_from + each + 1, ((before[old_from + each], False),))
                    for each in range(old_to - old_from)
                ]
                continue
            pairs = min(old_to - old_from, new_to - new_from)
            changed, added = changed + pairs, added + new_to - new_from - pairs
            removed += old_to - old_from - pairs
            rows += _changed(before[old_from:old_to], after[new_from:new_to], old_from, new_from)
    return Diff(tuple(rows), changed, added, removed)


def _changed(old: Sequence[str], new: Sequence[str], old_from: int, new_from: int) -> Iterator[DiffRow]:
    """Lines that took each other's place, as many as both sides have; the rest was added or removed."""
    pairs = min(len(old), len(new))
    said = [_parts(old[each], new[each]) for each in range(pairs)]
    for number, (mine, _) in enumerate(said):
        yield DiffRow("minus", old=old_from + number + 1, parts=mine)
    for number in range(pairs, len(old)):
        yield DiffRow("minus", old=old_from + number + 1, parts=((old[number], False),))
    for number, (_, mine) in enumerate(said):
        yield DiffRow("plus", new=new_from + number + 1, parts=mine)
    for number in range(pairs, len(new)):
        yield DiffRow("plus", new=new_from + number + 1, parts=((new[number], False),))


def _parts(old: str, new: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    if max(len(old), len(new)) > MAX_WORD_DIFF:
        return ((old, False),), ((new, False),)
    mine: list[Part] = []
    other: list[Part] = []
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if old_to > old_from:
            mine.append((old[old_from:old_to], tag != "equal"))
        if new_to > new_from:
            other.append((new[new_from:new_to], tag != "equal"))
    return tuple(mine), tuple(other)
