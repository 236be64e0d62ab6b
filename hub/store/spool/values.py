"""Rows as bytes and back: JSON, with times, dates, amounts and bytes, without a type that could run code."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

BYTES, TIME, DATE, AMOUNT, KEYS = MARKS = "$b", "$t", "$date", "$amount", "$m"


def dumped(row: Mapping[str, object]) -> bytes:
    """A row of texts, numbers, amounts, times, dates, bytes, lists and mappings, as bytes."""
    return json.dumps(_plain(row), separators=(",", ":")).encode()


def loaded(data: bytes) -> dict[str, Any]:
    """The row again."""
    row: dict[str, object] = _rich(json.loads(data))
    return row


def _plain(value: object) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            return {BYTES: base64.b64encode(value).decode("ascii")}
        case datetime():
            return {TIME: value.isoformat()}
        case date():
            return {DATE: value.isoformat()}
        case Decimal():
            return {AMOUNT: str(value)}
        case Mapping():
            plain = {str(name): _plain(each) for name, each in value.items()}
            marked = len(plain) == 1 and next(iter(plain)) in MARKS
            return {KEYS: plain} if marked else plain
        case list() | tuple() | set() | frozenset():
            return [_plain(each) for each in value]
    raise TypeError(f"a row of the spool cannot hold a {type(value).__name__}")


def _rich(value: object) -> Any:
    if isinstance(value, list):
        return [_rich(each) for each in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"$b": str(text)} if len(value) == 1:
            return base64.b64decode(text)
        case {"$t": str(text)} if len(value) == 1:
            return datetime.fromisoformat(text)
        case {"$date": str(text)} if len(value) == 1:
            return date.fromisoformat(text)
        case {"$amount": str(text)} if len(value) == 1:
            return Decimal(text)
        case {"$m": dict(inner)} if len(value) == 1:
            return {name: _rich(each) for name, each in inner.items()}
    return {name: _rich(each) for name, each in value.items()}
