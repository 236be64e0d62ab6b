"""JSON and headers from outside, read with distrust: what is not as expected reads as empty. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def json_object(body: bytes) -> Mapping[str, Any]:
    """The JSON object in a body; an empty one where it is anything else."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(value: Any) -> str:
    """A text without blanks around it, or an empty one."""
    return value.strip() if isinstance(value, str) else ""


def seconds(header: str | None) -> float | None:
    """A Retry-After in seconds, or None."""
    return float(header) if header and header.isascii() and header.isdigit() and len(header) < 7 else None
