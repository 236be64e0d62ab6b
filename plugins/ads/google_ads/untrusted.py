"""JSON from outside, read with distrust: what is not as expected reads as empty. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def json_object(body: bytes) -> Mapping[str, Any] | None:
    """The JSON object in a body; None where it is anything else."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def mapping(value: Any) -> Mapping[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(value: Any) -> str:
    """A text, or an empty one."""
    return value if isinstance(value, str) else ""


def count(value: Any) -> int:
    """A whole number, which protobuf's JSON may carry as text; otherwise 0."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
