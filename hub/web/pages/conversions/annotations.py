"""What kinds of values a field of a model takes."""

from __future__ import annotations

import typing
from enum import Enum
from typing import Any, Literal

from pydantic.fields import FieldInfo


def types_in(annotation: Any) -> set[Any]:
    """The plain types in an annotation, at any depth."""
    parts = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    inner = set().union(*(types_in(part) for part in parts)) if parts and origin is not Literal else set()
    return inner | ({origin} if isinstance(origin, type) else {annotation} if isinstance(annotation, type) else set())


def states_of(info: FieldInfo) -> list[Any]:
    """The members of the enum that a list of states is made of."""
    found = [each for each in types_in(info.annotation) if isinstance(each, type) and issubclass(each, Enum)]
    return list(found[0]) if found else []


def literals_in(annotation: Any) -> list[str]:
    if typing.get_origin(annotation) is Literal:
        return [str(each) for each in typing.get_args(annotation)]
    return [word for part in typing.get_args(annotation) for word in literals_in(part)]
