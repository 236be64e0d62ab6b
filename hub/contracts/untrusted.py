"""Parses untrusted JSON and XML: anything unexpected reads as empty. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.parsers import expat

JsonObject = dict[str, Any]
"""A JSON object as it is on the wire: whatever reads a member checks it (`as_text`, `as_mapping`)."""


def json_object(body: bytes | str | None) -> JsonObject | None:
    """The JSON object in a body; None if it is anything else."""
    try:
        content = json.loads(body or b"")
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def first_object(body: bytes | str | None) -> JsonObject:
    """The JSON object in a body, or the first one of a list; empty if it is anything else."""
    try:
        content = json.loads(body or b"")
    except (ValueError, RecursionError):
        return {}
    first = content[0] if isinstance(content, list) and content else content
    return first if isinstance(first, dict) else {}


def xml_root(body: bytes) -> Element | None:
    """The root of the XML document in a body; None if it is anything else. A document with a document type is not read, so
    that no entity is ever expanded or fetched."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_document_type
    try:
        parser.Parse(body, True)
        return fromstring(body)  # noqa: S314 - it has no document type
    except (expat.ExpatError, ParseError, ValueError, LookupError):
        return None


def _refuse_document_type(*_: Any) -> None:
    raise ValueError("a document type")


def as_mapping(value: Any) -> Mapping[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_mappings(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def as_text(value: Any) -> str:
    """A text, or an empty one."""
    return value if isinstance(value, str) else ""


def value_at(value: Any, path: str) -> Any:
    """The value at a path like `error.details.0.code`; None if it is not there; the value itself for an empty path."""
    for name in path.split(".") if path else ():
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def instant(value: object, per_second: int | None = None) -> datetime | None:
    """A time in UTC, written as ISO 8601 (without an offset it is UTC), or as a number since 1970; None if it is none.
    A number counts in `per_second` to the second; by default in seconds, milliseconds or microseconds, by its size."""
    try:
        if isinstance(value, str) and not value.isdecimal():
            read = datetime.fromisoformat(value)
            return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
        if not isinstance(value, str | int | float):
            return None
        number = float(value)
        by_size = 10**6 if number > 10**14 else 10**3 if number > 10**11 else 1
        return datetime.fromtimestamp(number / (per_second or by_size), UTC)
    except (ValueError, OverflowError, OSError):
        return None
