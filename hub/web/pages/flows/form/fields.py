"""What kind of input each field of a step needs, read from the step's model."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from hub.config.callflow.definition import STEP_NAME, STEP_TYPES, Case, Recording
from hub.web.pages.flows.form.labels import CHOICES, LABELS, ROW_LABELS

Shape = Literal["text", "long", "phone", "number", "check", "choice", "step", "file", "week", "rows"]
LONG_TEXT = 100
"""A text that may be longer gets several lines."""
ROW_COLUMNS: Mapping[str, tuple[tuple[str, Shape], ...]] = {
    "keys": (("key", "text"), ("to", "step")),
    "places": (("place", "text"), ("to", "step")),
    "dates": (("day", "text"), ("hours", "text")),
    "weights": (("phone", "phone"), ("weight", "number")),
    "phones": (("phone", "phone"),),
    "tags": (("tag", "text"),),
}
"""What a row of each list holds. Cases have the fields of their own model."""


@dataclass(frozen=True, kw_only=True)
class FormField:
    """One field: how it is shown, and what is allowed."""

    name: str
    shape: Shape
    label: str
    hint: str = ""
    required: bool = False
    default: Any = None
    minimum: int | None = None
    maximum: int | None = None
    """Of a number its value, of a text its length, of a list its rows."""
    choices: tuple[tuple[str, str], ...] = ()
    columns: tuple[FormField, ...] = ()
    """Of a list: the fields of each row."""
    is_mapping: bool = False
    """Of a list: the first column of each row is a key."""


@cache
def fields_of_step(do: str) -> tuple[FormField, ...]:
    """The fields of a step of one kind, without its name; its ways out come last."""
    model = STEP_TYPES[do]
    made = [_field(name, info) for name, info in model.model_fields.items() if name != "do"]
    order = list(LABELS)
    return tuple(sorted(made, key=lambda each: order.index(each.name)))


@cache
def fields_of_recording() -> tuple[FormField, ...]:
    """The fields of `recording:`; all are optional, because the whole of it is."""
    return fields_of_model(Recording)


def fields_of_model(model: type[BaseModel]) -> tuple[FormField, ...]:
    """The fields of any other part of a flow."""
    return tuple(_field(name, info) for name, info in model.model_fields.items())


def _field(name: str, info: FieldInfo) -> FormField:
    annotation, limits = _bare(info.annotation, info.metadata)
    shape, columns = _shape(name, annotation, limits)
    label, hint = LABELS[name]
    return FormField(
        name=name,
        shape=shape,
        label=label,
        hint=hint,
        required=info.is_required(),
        default=None if info.is_required() else info.get_default(call_default_factory=True),
        minimum=limits.get("ge", limits.get("min_length")),
        maximum=limits.get("le", limits.get("max_length")),
        choices=CHOICES.get(name, ()),
        columns=columns,
        is_mapping=_is_mapping(annotation),
    )


def _bare(annotation: Any, metadata: Any = ()) -> tuple[Any, dict[str, Any]]:
    """A type without `None` and without its constraints, and the constraints by name."""
    limits: dict[str, Any] = {}
    for each in metadata:
        inner = getattr(each, "metadata", [each])
        for constraint in inner:
            limits |= {
                key: getattr(constraint, key)
                for key in ("ge", "le", "min_length", "max_length", "pattern")
                if getattr(constraint, key, None) is not None
            }
    if get_origin(annotation) is Annotated:
        bare, *more = get_args(annotation)
        found, inner_limits = _bare(bare, more)
        return found, {**inner_limits, **limits}
    if get_origin(annotation) in (Union, types.UnionType):
        (only,) = (each for each in get_args(annotation) if each is not type(None))
        found, inner_limits = _bare(only)
        return found, {**inner_limits, **limits}
    return annotation, limits


def _shape(name: str, annotation: Any, limits: Mapping[str, Any]) -> tuple[Shape, tuple[FormField, ...]]:
    if limits.get("pattern") == STEP_NAME:
        return "step", ()
    if name in ("hours", "play", "number"):
        special: dict[str, Shape] = {"hours": "week", "play": "file", "number": "phone"}
        return special[name], ()
    if annotation in (bool, int):
        return ("check" if annotation is bool else "number"), ()
    if get_origin(annotation) is Literal:
        return "choice", ()
    if name == "cases":
        return "rows", fields_of_model(Case)
    if _is_mapping(annotation) or get_origin(annotation) is tuple:
        kind = {"numbers": "weights" if _is_mapping(annotation) else "phones"}.get(name, name)
        return "rows", tuple(
            FormField(name=each, shape=shape, label=ROW_LABELS[each]) for each, shape in ROW_COLUMNS[kind]
        )
    return ("long" if limits.get("max_length", 0) > LONG_TEXT else "text"), ()


def _is_mapping(annotation: Any) -> bool:
    origin = get_origin(annotation)
    return isinstance(origin, type) and issubclass(origin, Mapping)
