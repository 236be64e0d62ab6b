"""Slips in a plugin's hooks that its class shows: names, decorators, arguments, kinds, and the flows of its manifest."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hub.contracts.connector import Connector
from hub.contracts.values import personal_fields
from hub.hookspecs import KINDS_OF_FAMILY, PERSONAL_VALUES, PROJECT, SPECS, HookSpec
from hub.platform.id_words import nearest, suggest
from hub.plugin_host.inspection.findings import Finding, place_of, returned_form, signature

MARK = f"{PROJECT}_impl"
LIKE_A_HOOK = 0.85
"""How similar the name of a function without `hookimpl` is to a hook's, so that a hook was probably meant."""
KINDS_OF_HOOK: Mapping[str, tuple[str, ...]] = {
    name: kinds for family, kinds in KINDS_OF_FAMILY.items() for name in vars(family) if name in SPECS
}


def own_functions(connector_class: type[Connector]) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The functions that the plugin's own classes define, each by its name in the connector's class."""
    seen: set[str] = set()
    for base in connector_class.__mro__:
        for name, held in vars(base).items():
            function = getattr(held, "__func__", held)
            if name not in seen and inspect.isfunction(function) and not base.__module__.startswith("hub."):
                yield name, function
            seen.add(name)


def hook_findings(connector_class: type[Connector]) -> Iterator[Finding]:
    """The slips in the hooks of a class."""
    functions = dict(own_functions(connector_class))
    for name, function in functions.items():
        spec = SPECS.get(name)
        if hasattr(function, MARK):
            yield from _of_hook(connector_class, spec, function) if spec else _unknown(name, function)
        elif spec is not None:
            words = (
                f"{name} has the name of a hook but no @hookimpl, so the hub never calls it; write @hookimpl above it"
            )
            yield Finding(place_of(function), words)
        elif (
            not name.startswith("_")
            and (meant := nearest(name, SPECS, LIKE_A_HOOK))
            and not hasattr(connector_class, meant)
        ):
            words = f"{name} is not a hook, so the hub never calls it; did you mean {meant}, with @hookimpl?"
            yield Finding(place_of(function), words)


def _unknown(name: str, function: Callable[..., Any]) -> Iterator[Finding]:
    meant = nearest(name, SPECS)
    hint = f"did you mean {meant}? Write `{signature(SPECS[meant])}`" if meant else "see `hub docs hooks` for all hooks"
    yield Finding(place_of(function), f"{name} is marked with @hookimpl, but there is no such hook; {hint}", stops=True)


def _of_hook(connector_class: type[Connector], spec: HookSpec, function: Callable[..., Any]) -> Iterator[Finding]:
    def found(words: str, *, stops: bool = False) -> Finding:
        return Finding(place_of(function), f"{spec.name} {words}", stops)

    right = f"write `{signature(spec)}`"
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        yield found(f"is `async def`, but hooks are called in threads, without an event loop; {right}", stops=True)
    elif inspect.isgeneratorfunction(function):
        yield found(f"has a `yield`, but it returns {returned_form(spec)}; collect and return them", stops=True)
    taken = [*inspect.signature(function).parameters.values()]
    if not taken or (taken[0].name in spec.arguments and len(taken) == 1):
        yield found(f"lacks `self`; {right}", stops=True)
        return
    named = [each for each in taken[1:] if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]
    for each in named:
        has_default = each.default is not each.empty
        if each.name not in spec.arguments and not has_default:
            meant = nearest(each.name, spec.arguments)
            hint = f"did you mean {meant!r}? " if meant else ""
            yield found(f"wants the argument {each.name!r}, which the hub does not give; {hint}{right}", stops=True)
        elif each.name in spec.arguments and has_default:
            yield found(f"gives {each.name!r} a default, so the hub never fills it in; {right}", stops=True)
    if missing := [each for each in spec.arguments if each not in {each.name for each in named}]:
        yield found(f"does not take {', '.join(map(repr, missing))}; {right}")
    kinds, kind = KINDS_OF_HOOK.get(spec.name), connector_class.manifest.kind
    if kinds and kind not in kinds:
        yield found(
            f"is a hook of plugins of kind {' or '.join(kinds)}, and the manifest says kind {kind!r}: no promise of that kind "
            "is about it; correct the kind, or make it a plugin of its own"
        )


def flow_findings(connector_class: type[Connector]) -> Iterator[Finding]:
    """Flows of the manifest from which no field ever reaches the plugin."""
    for flow in connector_class.manifest.flows:
        what, value = f"the manifest's flow {flow.hook!r}", PERSONAL_VALUES.get(flow.hook)
        if value is None:
            words = f"is not of a hook with personal data; {suggest(flow.hook, PERSONAL_VALUES)}"
            yield Finding("", f"{what} {words}", stops=True)
            continue
        fields = personal_fields(value)
        for share in (each for each in flow.shares if each.field not in fields):
            words = f"shares {share.field!r}, which {value.__name__} does not have; {suggest(share.field, fields)}"
            yield Finding("", f"{what} {words}", stops=True)
        if not hasattr(connector_class, flow.hook):
            yield Finding("", f"{what} is of a hook that the plugin does not have: `{signature(SPECS[flow.hook])}`")
