"""The decorators of hooks: `hookspec` on a specification of the hub, `hookimpl` on a plugin's implementation of it."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import pluggy

from hub.contracts.manifest import MAIN_HOOKS, USES_OF_HOOKS
from hub.contracts.values import personal_fields

PROJECT = "ringfence"
hookimpl = pluggy.HookimplMarker(PROJECT)
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class HookSpec:
    """What the hub knows about one hook; all of it comes from the hook's specification."""

    name: str
    network: bool
    """Whether it may use the network. A hook that may not never shares a thread with one that may."""
    deadline: float
    """Seconds for one call, unless the caller gives another deadline. At most 60: while a person's data is sent, their
    refusal waits, and a refusal must be in force within 60 s."""
    scheduled: bool
    """Whether the connector's scheduled sync calls it. A connector without such a hook has no schedule."""
    arguments: tuple[str, ...]
    result_types: tuple[type, ...]
    """The allowed types of a result or of each item in it; empty if the hook returns nothing."""
    returns_sequence: bool
    personal_value: type | None
    """The value that carries personal data to the provider; None if the hook sends none."""
    use: str = ""
    """The data use of its flow if the manifest leaves it out; empty if each manifest must say it."""
    once: bool = False
    """Whether a failed call is never made again automatically, because the plugin may have bought, called or sent before."""

    def by_name(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The arguments of one call by name, as pluggy expects them."""
        return dict(zip(self.arguments, args, strict=False)) | kwargs


def hookspec(
    *, network: bool, deadline: float, scheduled: bool, use: str = "", main_of: str = "", once: bool = False
) -> Callable[[Function], Function]:
    """Mark a function as the specification of a hook. `HookSpec` says what each marker means; `main_of` is the kind of plugin
    whose `Manifest.shares` speaks of this hook."""

    def mark(function: Function) -> Function:
        hints = get_type_hints(function)
        result = hints.pop("return")
        function.hook = HookSpec(  # type: ignore[attr-defined]
            name=function.__name__,
            network=network,
            deadline=deadline,
            scheduled=scheduled,
            arguments=tuple(hints),
            result_types=() if result is type(None) else _types(result),
            returns_sequence=get_origin(result) is Sequence,
            personal_value=next(filter(_is_personal, map(_item, hints.values())), None) if network else None,
            use=use,
            once=once,
        )
        if use:
            USES_OF_HOOKS[function.__name__] = use
        if main_of:
            MAIN_HOOKS[main_of] = function.__name__
        return pluggy.HookspecMarker(PROJECT)(function)

    return mark


def spec_of(function: Callable[..., Any]) -> HookSpec:
    """The specification's facts, as in `spec_of(NumberHooks.buy_number)`."""
    spec: HookSpec = function.hook  # type: ignore[attr-defined]
    return spec


def _item(annotation: Any) -> Any:
    """The type of a sequence's items; any other type unchanged."""
    return get_args(annotation)[0] if get_origin(annotation) is Sequence else annotation


def _types(annotation: Any) -> tuple[type, ...]:
    item = _item(annotation)
    return get_args(item) if get_origin(item) in (Union, types.UnionType) else (item,)


def _is_personal(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and isinstance(value, type) and bool(personal_fields(value))
