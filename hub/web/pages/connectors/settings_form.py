"""A form made from a plugin's settings: one field for each key that a person can type in."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from hub.config.error_messages import validated
from hub.connecting.connect import SettingPath, is_reference
from hub.contracts.connector import Connector, PluginSettings
from hub.hookspecs import SPECS

FieldKind = Literal["text", "list", "secret", "number", "choice", "switch"]
"""`list`: texts with commas or spaces between them."""


@dataclass(frozen=True, kw_only=True)
class SettingField:
    """One field of the form."""

    path: SettingPath
    kind: FieldKind
    description: str
    required: bool
    default: Any = None
    choices: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The form field's name."""
        return "set." + ".".join(self.path)

    @property
    def label(self) -> str:
        """The key in words."""
        words = self.path[-1].replace("_", " ")
        return (
            f"{words[0].upper()}{words[1:]}".replace(" id", " ID")
            .replace(" sid", " SID")
            .replace("Api ", "API ")
            .replace(" url", " address")
        )


def fields_of(settings: type[BaseModel], path: SettingPath = ()) -> Iterator[SettingField]:
    """The fields of a plugin's settings, those that are required first. Mappings, and lists that are not required, stay in
    config.yaml."""
    found = [each for name, info in settings.model_fields.items() for each in _fields(info, (*path, name))]
    yield from sorted(found, key=lambda each: not each.required)


def settings_from(fields: list[SettingField], values: Mapping[str, str]) -> dict[str, Any]:
    """What was typed as the plugin's settings; fields that are empty or at their default are left out."""
    tree: dict[str, Any] = {}
    for field in fields:
        typed = values.get(field.name, "")
        value = _value(field, typed)
        if value in ("", field.default) and not (field.required and value):
            continue
        section = tree
        for key in field.path[:-1]:
            section = section.setdefault(key, {})
        section[field.path[-1]] = value
    return tree


def _value(field: SettingField, typed: str) -> Any:
    if field.kind == "list":
        return typed.replace(",", " ").split() or ""
    return typed == "yes" if field.kind == "switch" else _number(typed) if field.kind == "number" else typed


def problems_of(settings: type[PluginSettings], tree: Mapping[str, Any], fields: list[SettingField]) -> dict[str, str]:
    """Field name → what is wrong with it; `form` for what concerns no field alone. References are not checked here."""
    _, wrong = validated(settings, tree)
    names = {field.path: field.name for field in fields}
    found: dict[str, str] = {}
    for path, _, sentence in wrong:
        place = tuple(str(step) for step in path)
        place = place[:-1] if place not in names and place[:-1] in names else place
        if not is_reference(_at(tree, place)):
            words = sentence[0].upper() + sentence[1:]
            found.setdefault(names.get(place, "form"), words if words.endswith(".") else f"{words}.")
    return found


def has_references(tree: Mapping[str, Any]) -> bool:
    """Whether a value says where a secret is instead of being it."""
    return any(has_references(value) if isinstance(value, Mapping) else is_reference(value) for value in tree.values())


def secret_paths(fields: list[SettingField]) -> frozenset[SettingPath]:
    """Which of the fields are secrets."""
    return frozenset(field.path for field in fields if field.kind == "secret")


def has_schedule(connector_class: type[Connector]) -> bool:
    """Whether the hub syncs connectors of this class on a schedule."""
    return any(spec.scheduled and hasattr(connector_class, name) for name, spec in SPECS.items())


def _fields(info: FieldInfo, path: SettingPath) -> Iterator[SettingField]:
    plain, optional = _without_none(info.annotation)
    if isinstance(plain, type) and issubclass(plain, BaseModel):
        if len(path) == 1:
            yield from fields_of(plain, path)
        return
    kind, choices = _kind(plain)
    if kind is None or (kind == "list" and not info.is_required()):
        return
    default = None if info.is_required() else info.get_default(call_default_factory=True)
    yield SettingField(
        path=path,
        kind=kind,
        description=info.description or "",
        required=info.is_required() and not optional,
        default=default.get_secret_value() if isinstance(default, SecretStr) else default,
        choices=choices,
    )


def _kind(annotation: Any) -> tuple[FieldKind | None, tuple[str, ...]]:
    if get_origin(annotation) is Literal:
        return "choice", tuple(map(str, get_args(annotation)))
    if get_origin(annotation) is list:
        (item,) = get_args(annotation)
        return ("list" if getattr(item, "__origin__", item) is str else None), ()
    kinds: dict[Any, FieldKind] = {SecretStr: "secret", bool: "switch", int: "number", float: "number", str: "text"}
    if get_origin(annotation) in (Union, types.UnionType):
        return ("text" if str in get_args(annotation) else None), ()
    return kinds.get(annotation), ()


def _without_none(annotation: Any) -> tuple[Any, bool]:
    parts = [each for each in get_args(annotation) if each is not type(None)]
    if get_origin(annotation) in (Union, types.UnionType) and len(parts) == 1:
        return parts[0], True
    return annotation, False


def _number(typed: str) -> int | float | str:
    try:
        return int(typed) if typed.lstrip("-").isdecimal() else float(typed)
    except ValueError:
        return typed


def _at(tree: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        tree = tree.get(step) if isinstance(tree, Mapping) else None
    return tree
