"""The only way data leaves the hub: a value as a plugin may see it, with only the fields that its manifest declares."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from hub.contracts.manifest import DataFlow, Manifest, Share
from hub.contracts.untrusted import JsonObject
from hub.contracts.values import TRANSFORMS, personal_fields

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Disclosed(Generic[Value]):
    """A value stripped to what is declared, and the data categories that are really in it."""

    value: Value
    categories: frozenset[str]
    withheld: frozenset[str] = frozenset()
    """The fields that had a value but are not declared: the plugin gets them empty."""


def disclose(value: Value, manifest: Manifest, hook: str) -> Disclosed[Value]:
    """`value` as the plugin may get it through `hook`: undeclared personal fields are emptied, declared ones transformed."""
    flow = manifest.flow(hook)
    shares = {share.field: share for share in flow.shares} if flow else {}
    changes: JsonObject = {}
    categories: set[str] = set()
    withheld: set[str] = set()
    value_type: Any = type(value)
    for name, category in personal_fields(value_type).items():
        held = getattr(value, name)
        if not held:
            continue
        share = shares.get(name)
        shown = _transformed(held, share) if share else None
        if shown:
            categories.add(category)
            changes[name] = shown
        else:
            if share is None:
                withheld.add(name)
            changes[name] = type(held)() if isinstance(held, dict | tuple) else None
    shown_value: Value = dataclasses.replace(value, **changes) if changes else value  # type: ignore[type-var]
    return Disclosed(shown_value, frozenset(categories), frozenset(withheld))


def declared_categories(manifest: Manifest, hook: str, value_type: type) -> frozenset[str]:
    """Every category that the plugin may be given through `hook`, whatever is in a particular value."""
    flow: DataFlow | None = manifest.flow(hook)
    fields = personal_fields(value_type)
    return frozenset(fields[share.field] for share in flow.shares) if flow else frozenset()


def is_named(name: str, keys: Sequence[str]) -> bool:
    """Whether a name is one of `keys`, of which one may stand for all names with its beginning, as `_ga_*`; no keys: all."""
    return not keys or any(name == key or (key.endswith("*") and name.startswith(key[:-1])) for key in keys)


def _transformed(held: Any, share: Share) -> Any:
    hide = TRANSFORMS[share.transform] if isinstance(share.transform, str) else share.transform
    if isinstance(held, dict):
        names = [name for name in held if is_named(name, share.keys)]
        hidden = {name: hide(held[name]) for name in names if held.get(name)}
        return {name: text for name, text in hidden.items() if text}
    if isinstance(held, tuple):
        return tuple(text for text in map(hide, held) if text)
    return hide(held) if isinstance(held, str) else held
