"""Fields from a pydantic model: kinds and limits from its types, words from the page or from the model's descriptions."""

from __future__ import annotations

import functools
import operator
import types
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from datetime import timedelta
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from hub.contracts.titles import titled
from hub.web.forms.field import Field, Kind

WRONG_SPAN = "Write it like 30 minutes, 2h or 7 days."
LONG_TEXT = 100
"""A text that may be longer gets several lines."""
LIMITS = ("ge", "le", "min_length", "max_length")
KINDS: Mapping[Any, Kind] = {
    SecretStr: "secret", bool: "switch", int: "number", float: "number", str: "text", timedelta: "span",
}  # fmt: skip
YES_NO = (("true", "Yes"), ("false", "No"))
WORDS = {" id": " ID", " sid": " SID", "Api ": "API ", " url": " address"}


def fields_of(
    model: type[BaseModel], words: Mapping[str, Mapping[str, Any]] | None = None, prefix: str = ""
) -> tuple[Field, ...]:
    """The fields of a model. With `words`, the attributes of each field by its dotted path, only those and in their order; else
    all of a kind that a user can type, those of its sections too, and what is required first."""
    if words is not None:
        return tuple(replace(_at(model, tuple(path.split(".")), prefix), **said) for path, said in words.items())
    return tuple(sorted(_all(model, (), prefix), key=lambda field: not field.required))


def said(label: str, hint: str = "", **more: Any) -> Mapping[str, Any]:
    """The words of a field, and what else is not as its type says; `choices` may be words by value."""
    if isinstance(choices := more.get("choices"), Mapping):
        more["choices"] = tuple(choices.items())
    return {"label": label, "hint": hint, **more}


def _all(model: type[BaseModel], path: tuple[str, ...], prefix: str) -> Iterator[Field]:
    for key, info in model.model_fields.items():
        bare, _, _ = _bare(info.annotation)
        if not (isinstance(bare, type) and issubclass(bare, BaseModel)):
            field = _field((*path, key), info, prefix)
            if field is not None:
                yield field
        elif not path:
            inner = sorted(_all(bare, (key,), prefix), key=lambda field: not field.required)
            yield from inner if info.is_required() else (replace(field, required=False) for field in inner)


def _at(model: type[BaseModel], path: tuple[str, ...], prefix: str) -> Field:
    for key in path[:-1]:
        model, _, _ = _bare(model.model_fields[key].annotation)
    info = model.model_fields[path[-1]]
    made = _field(path, info, prefix, "text")
    assert made is not None
    return made


def _field(path: tuple[str, ...], info: FieldInfo, prefix: str, otherwise: Kind | None = None) -> Field | None:
    bare, limits, optional = _bare(info.annotation, info.metadata)
    item = _bare(get_args(bare)[0])[0] if get_origin(bare) in (list, tuple, frozenset, Set) else None
    choices = YES_NO if bare is bool and optional else _choices(bare if item is None else item)
    kind = "yes_no" if choices is YES_NO else _kind(bare, item, bool(choices), limits) or otherwise
    if kind is None:
        return None
    default = None if info.is_required() else info.get_default(call_default_factory=True)
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    return Field(
        name=prefix + ".".join(path),
        label=label_of(path[-1]),
        hint=(info.description or "")[:1].upper() + (info.description or "")[1:],
        kind=kind,
        path=path,
        required=info.is_required(),
        default=default,
        minimum=limits.get("ge", limits.get("min_length")),
        maximum=limits.get("le", limits.get("max_length")),
        choices=choices,
        placeholder=str(default) if kind in ("text", "number") and default is not None else "",
        wrong=WRONG_SPAN if kind == "span" else "",
    )


def _kind(bare: Any, item: Any, has_choices: bool, limits: Mapping[str, Any]) -> Kind | None:
    if item is not None:
        return "choices" if has_choices else "words" if item is str else None
    if has_choices:
        return "choice"
    if get_origin(bare) in (Union, types.UnionType):
        parts = {_bare(part)[0] for part in get_args(bare)}
        return None if str not in parts else "number" if int in parts else "text"
    if bare is str and limits.get("max_length", 0) > LONG_TEXT:
        return "long"
    return KINDS.get(bare) if isinstance(bare, type) else None


def label_of(key: str) -> str:
    """A key in words: `auth_sid` is Auth SID."""
    label = titled("key", key)
    for written, word in WORDS.items():
        label = label.replace(written, word)
    return label


def _choices(annotation: object) -> tuple[tuple[str, str], ...]:
    if get_origin(annotation) is Literal:
        return tuple((str(each), label_of(str(each))) for each in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple((str(each.value), label_of(str(each.value))) for each in annotation)
    return ()


def _bare(annotation: object, metadata: Any = ()) -> tuple[Any, dict[str, Any], bool]:
    """A type without `None` and without its limits; the limits by name; and whether `None` is allowed."""
    limits = {
        key: getattr(limit, key)
        for each in metadata
        for limit in getattr(each, "metadata", [each])
        for key in LIMITS
        if getattr(limit, key, None) is not None
    }
    if get_origin(annotation) is Annotated:
        bare, *more = get_args(annotation)
        found, inner, optional = _bare(bare, more)
        return found, {**inner, **limits}, optional
    if get_origin(annotation) in (Union, types.UnionType):
        parts = [each for each in get_args(annotation) if each is not type(None)]
        optional = len(parts) < len(get_args(annotation))
        if len(parts) == 1:
            found, inner, _ = _bare(parts[0])
            return found, {**inner, **limits}, optional
        return functools.reduce(operator.or_, parts), limits, optional
    return annotation, limits, False
