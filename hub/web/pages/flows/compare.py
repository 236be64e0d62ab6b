"""Two versions of a flow as lines of YAML, and what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import yaml

from hub.config.callflow.definition import Flow
from hub.config.callflow.written import written_flow

CONTEXT_LINES = 3


@dataclass(frozen=True)
class DiffLine:
    """One line: its numbers in both versions, and its kind: `minus`, `plus`, `skip`, or nothing if it is the same."""

    old: int | None
    new: int | None
    text: str
    kind: str = ""


def diff_lines(old: Flow, new: Flow) -> list[DiffLine]:
    """The lines that differ, each with three around it; empty if none differs."""
    after = written_flow(new)
    return list(_lines(_yaml(_ordered_like(written_flow(old), after)), _yaml(after)))


def _lines(old: list[str], new: list[str]) -> Iterator[DiffLine]:
    groups = list(SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(CONTEXT_LINES))
    for index, group in enumerate(groups):
        if index:
            yield DiffLine(None, None, f"line {group[0][3] + 1}", "skip")
        for what, i1, i2, j1, j2 in group:
            if what == "equal":
                yield from (DiffLine(i + 1, j1 + i - i1 + 1, old[i]) for i in range(i1, i2))
                continue
            yield from (DiffLine(i + 1, None, old[i], "minus") for i in range(i1, i2))
            yield from (DiffLine(None, j + 1, new[j], "plus") for j in range(j1, j2))


def _yaml(tree: Mapping[str, object]) -> list[str]:
    return str(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=1000)).splitlines()


def _ordered_like(tree: object, like: object) -> Any:
    """The same values with their keys in the order of another tree; the database does not keep the order of keys."""
    if not isinstance(tree, dict) or not isinstance(like, dict):
        return tree
    keys = [key for key in like if key in tree] + [key for key in tree if key not in like]
    return {key: _ordered_like(tree[key], like.get(key)) for key in keys}
