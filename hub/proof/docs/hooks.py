"""docs/hooks.md: every hook with its signature and description, and the values that hooks take and return."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import textwrap
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

import hub.hookspecs
from hub.contracts.facts import KNOWN_FACTS, Fact
from hub.contracts.values import personal_fields
from hub.hookspecs import FAMILIES, PERSONAL_VALUES, SPECS, HookSpec
from hub.plugin_host.packages.public_names import public_names
from hub.proof.docs.markdown import code, page, table


def hooks_page() -> str:
    """The whole page."""
    summary, _, rules = inspect.cleandoc(hub.hookspecs.__doc__ or "").partition("\n\n")
    index = table(
        ["Family", "Hooks"],
        [(_title(family), ", ".join(f"[{name}](#{name})" for name, _ in _hooks(family))) for family in FAMILIES],
    )
    families = [block for family in FAMILIES for block in _family(family)]
    values = [block for module, value in _values() for block in _value(module, value)]
    note = "A field with a data category is filled only if the plugin's manifest declares it."
    return page("# Hooks", summary, rules, index, *families, "## Values", note, *values)


def _title(family: type) -> str:
    return inspect.cleandoc(family.__doc__ or "").split(":")[0]


def _hooks(family: type) -> Iterator[tuple[str, object]]:
    return ((name, hook) for name, hook in vars(family).items() if name in SPECS)


def _family(family: type) -> Iterator[str]:
    yield f"## {_title(family)}"
    yield inspect.cleandoc(family.__doc__ or "").partition(": ")[2].capitalize()
    for name, hook in _hooks(family):
        yield f"### {name}"
        yield f"```python\n@hookimpl\ndef {name}{_signature(hook)}\n```"
        yield inspect.cleandoc(hook.__doc__ or "")
        yield _limits(SPECS[name])
        if name in PERSONAL_VALUES:
            value = PERSONAL_VALUES[name].__name__
            yield f"Hands over personal data: the fields of [{value}](#{value.lower()}) that the manifest declares."


def _limits(spec: HookSpec) -> str:
    network = "" if spec.network else " Must not use the network."
    scheduled = " Called on the connector's schedule." if spec.scheduled else ""
    return f"Deadline: {spec.deadline:g} s.{network}{scheduled}"


def _signature(hook: Any) -> str:
    return str(inspect.signature(hook)).replace("'", "")


def _values() -> list[tuple[str, Any]]:
    """The dataclasses of the plugin API with their modules, in alphabetical order."""
    found = [(name, module, value) for module, names in public_names().items() for name, value in names.items()]
    return [(module, value) for _, module, value in sorted(found, key=itemgetter(0)) if dataclasses.is_dataclass(value)]


def _value(module: str, value: Any) -> Iterator[str]:
    yield f"### {value.__name__}"
    yield f"In `{module}`."
    yield inspect.cleandoc(value.__doc__ or "")
    if value is Fact:
        yield "The hub reads facts of these names; of any other it shows name and value with the call."
        yield table(
            ["Name", "Value", "Meaning"],
            [(code(name), f"like {code(each.like)}", each.meaning) for name, each in KNOWN_FACTS.items()],
        )
    methods = [(name, each) for name, each in vars(value).items() if inspect.isfunction(each) and name[0] != "_"]
    computed = [(name, each) for name, each in vars(value).items() if isinstance(each, property) and name[0] != "_"]
    categories, meanings = personal_fields(value), notes(value)
    yield table(
        ["Field", "Type", "Default", "Data category", "Meaning"],
        [
            (
                code(each.name),
                code(each.type),
                _default(each),
                code(categories.get(each.name, "")),
                meanings.get(each.name, ""),
            )
            for each in dataclasses.fields(value)
        ],
    )
    if computed:
        yield table(
            ["Property", "Type", "Meaning"],
            [
                (code(name), code(inspect.signature(each.fget).return_annotation), inspect.cleandoc(each.__doc__ or ""))
                for name, each in computed
                if each.fget is not None
            ],
        )
    if methods:
        rows = [(code(f"{name}{_signature(each)}"), inspect.cleandoc(each.__doc__ or "")) for name, each in methods]
        yield table(["Method", "Meaning"], rows)


def _default(field: dataclasses.Field[object]) -> str:
    if inspect.isfunction(field.default):
        return code(field.default.__name__.strip("_"))
    if field.default is not dataclasses.MISSING:
        return code(repr(field.default).removeprefix("datetime."))
    return "empty" if field.default_factory is not dataclasses.MISSING else "required"


def notes(value: type) -> dict[str, str]:
    """The text below each field in the source."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(value))).body
    assert isinstance(body, ast.ClassDef)
    found = {}
    for above, below in zip(body.body, body.body[1:], strict=False):
        match above, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = text
    return found
