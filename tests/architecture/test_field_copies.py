"""Fields are not copied one by one from a value to another: `hub.platform.fields` copies those that have the same name."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

import pytest
from parsed_tree import Module, each_module

FEW = 3
"""So many fields of one value may be copied by hand in one place."""
MOST = {"hub/cli": 24, "hub/queries": 51}
"""Fields that are still copied by hand in places with more."""


def pairs(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Call):
        yield from ((each.arg, each.value) for each in node.keywords if each.arg)
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant):
                yield str(key.value), value


@each_module(*MOST)
def copies(module: Module) -> Iterator[tuple[str, int]]:
    """The places that copy more fields than a few by hand, with how many."""
    for node in module.nodes:
        sources = Counter(
            value.value.id
            for name, value in pairs(node)
            if isinstance(value, ast.Attribute) and value.attr == name and isinstance(value.value, ast.Name)
        )
        for source, count in sources.items():
            if count > FEW:
                yield f"{module}:{getattr(node, 'lineno', 0)} {source}", count


@pytest.mark.parametrize("folder", MOST)
def test_fields_copied_by_hand_only_become_fewer(folder: str) -> None:
    places = dict(each for name, those in copies().items() if name.startswith(f"{folder}/") for each in those)
    fields = sum(places.values())
    assert fields <= MOST[folder], (
        f"{fields} fields copied by hand, {MOST[folder]} allowed; use from_fields or only: {places}"
    )
