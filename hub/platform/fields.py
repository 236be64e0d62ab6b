"""Fields that two values have in common: rows of the database become frozen values, or plain data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

Value = TypeVar("Value")


def from_fields(made: type[Value], source: object, /, **others: Any) -> Value:
    """A value of the dataclass `made`: `others` give some of its fields, and the attributes of `source` with the same names all
    the others. AttributeError if `source` lacks one."""
    names = (each.name for each in fields(made) if each.name not in others)  # type: ignore[arg-type]
    return made(**{name: getattr(source, name) for name in names}, **others)


def only(*names: str) -> Callable[[object], dict[str, Any]]:
    """A function that returns these attributes of a value by name."""
    return lambda source: {name: getattr(source, name) for name in names}
