"""Converts column values to JSON and back, in the same way for both databases."""

from __future__ import annotations

import base64
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Date, LargeBinary, Numeric

from hub.model.columns import UTCTime


def to_json(value: object) -> object:
    """Bytes as base64, times and dates in ISO 8601, amounts as text; JSON's own types stay as they are."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def from_json(column: Column[Any], value: Any) -> object:
    """The inverse of `to_json`, by the column's type."""
    if value is None:
        return None
    kind = column.type
    if isinstance(kind, LargeBinary):
        return base64.b64decode(value)
    if isinstance(kind, UTCTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    return Decimal(value) if isinstance(kind, Numeric) and isinstance(value, str) else value
