"""One place per hook: its specification says all that the hub knows about it, and no other table names hooks."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import pytest
from parsed_tree import Module, each_module, violations

import hub.hookspecs
from hub.contracts.conversions import Conversion
from hub.contracts.events import CallEvent, MessageEvent
from hub.contracts.webhooks import WebhookRequest
from hub.delivery.sync import tasks
from hub.hookspecs import FAMILIES, SPECS
from hub.hookspecs.markers import HookSpec, hookspec, spec_of

ROOT = Path(__file__).parents[2]
OWN = (ROOT / "hub/hookspecs", ROOT / "hub/testing")
"""The specifications, and the suites that say which hooks each kind of plugin must have."""


def families() -> Iterator[type]:
    """Every class of specifications in the package."""
    for module in pkgutil.iter_modules(hub.hookspecs.__path__):
        found = importlib.import_module(f"hub.hookspecs.{module.name}")
        yield from (value for value in vars(found).values() if inspect.isclass(value) and Protocol in value.__bases__)


def test_every_family_is_collected() -> None:
    assert set(families()) == set(FAMILIES)


@pytest.mark.parametrize(
    "function",
    [function for family in families() for name, function in vars(family).items() if not name.startswith("_")
     and inspect.isfunction(function)],
    ids=lambda function: function.__name__,
)  # fmt: skip
def test_every_hook_has_its_markers_and_the_type_of_its_result(function: Any) -> None:
    spec = spec_of(function)
    assert SPECS[function.__name__] is spec
    assert isinstance(spec.network, bool) and isinstance(spec.scheduled, bool)
    assert 0 < spec.deadline <= 60, "a refusal is in force within 60 s"
    assert spec.network or (spec.deadline <= 1 and not spec.scheduled), "a caller may be ringing"
    assert spec.result_types or function.__annotations__["return"] == "None"
    assert all(isinstance(each, type) for each in spec.result_types)
    assert inspect.getdoc(function)


def test_a_hook_cannot_be_specified_without_its_markers() -> None:
    with pytest.raises(TypeError, match="scheduled"):
        hookspec(network=True, deadline=1)  # type: ignore[call-arg]


class Sample(Protocol):
    """Hooks as a specification writes them."""

    @hookspec(network=True, deadline=7, scheduled=True)
    def send_all(self, conversions: Sequence[Conversion], dry_run: bool) -> Sequence[CallEvent | MessageEvent]:
        """Several."""

    @hookspec(network=False, deadline=1, scheduled=False)
    def look_at(self, request: WebhookRequest, conversion: Conversion) -> None:
        """Nothing."""


def test_what_a_hook_takes_and_gives_is_read_from_its_annotations() -> None:
    assert spec_of(Sample.send_all) == HookSpec(
        name="send_all",
        network=True,
        deadline=7,
        scheduled=True,
        arguments=("conversions", "dry_run"),
        result_types=(CallEvent, MessageEvent),
        returns_sequence=True,
        personal_value=Conversion,
    )
    local = spec_of(Sample.look_at)
    assert local.result_types == () and not local.returns_sequence
    assert local.personal_value is None, "what never leaves the hub is not disclosed"


def test_a_scheduled_sync_has_a_task_for_each_scheduled_hook() -> None:
    nothing: Any = None
    assert {hook.__name__ for hook, _, _ in tasks(nothing, nothing, "any")} == {
        spec.name for spec in SPECS.values() if spec.scheduled
    }


def named_hooks(node: ast.AST) -> set[str]:
    """The hooks that a literal collection names, at any depth."""
    return {each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and each.value in SPECS}


@each_module("hub")
def tables_of_hooks(module: Module) -> Iterator[str]:
    """Literal collections that name several hooks, outside of the specifications."""
    if any(folder in module.file.parents for folder in OWN) or not any(name in module.text for name in SPECS):
        return
    for node in module.nodes:
        if isinstance(node, ast.Dict | ast.Set | ast.List | ast.Tuple) and len(named_hooks(node)) > 1:
            yield module.at(node, f"a table names {sorted(named_hooks(node))}")


def test_no_other_table_names_hooks() -> None:
    assert not (found := violations(tables_of_hooks)), found
