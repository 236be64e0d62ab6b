"""Shapes of JSON: what a provider's documentation says of a request, as data. Pure.

A shape is a type (`int`, `float`, `str`, `bool`), a regular expression (a text), a tuple of allowed values, a list with the
shape of each of its entries, or an object, of whose names those that end in `?` may be missing and others may not appear.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

SHA256 = r"[0-9a-f]{64}"
"""The shape of a SHA-256 digest in hexadecimal."""


def has_shape(value: Any, shape: Any) -> bool:
    """Whether a JSON value has a shape."""
    if isinstance(shape, str):
        return isinstance(value, str) and re.fullmatch(shape, value) is not None
    if isinstance(shape, tuple):
        return value in shape
    if isinstance(shape, list):
        return isinstance(value, list) and bool(value) and all(has_shape(each, shape[0]) for each in value)
    if isinstance(shape, Mapping):
        return isinstance(value, Mapping) and _has_members(value, shape)
    numbers = (int, float) if shape is float else shape
    return isinstance(value, numbers) and isinstance(value, bool) == (shape is bool)


def _has_members(value: Mapping[str, object], shape: Mapping[str, object]) -> bool:
    needed = {name for name in shape if not name.endswith("?")}
    named = {name.removesuffix("?"): each for name, each in shape.items()}
    return needed <= value.keys() <= named.keys() and all(has_shape(each, named[name]) for name, each in value.items())
