"""One row of any table, whole enough for both databases: every personal column filled, every table above it too."""

from __future__ import annotations

import itertools
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Boolean, Date, Float, Integer, LargeBinary, Numeric
from sqlmodel import Session, SQLModel

from hub.model import every_table
from hub.model.columns import UTCTime, new_id

CANARY = "Quetzalcoatlus"
NUMBERS = itertools.count(1)
every_table()
TABLES = {mapper.local_table.name: mapper.class_ for mapper in SQLModel._sa_registry.mappers}  # type: ignore[attr-defined]


def seed(session: Session, table: type[SQLModel], at: datetime, /, **given: Any) -> Any:
    """A row of `table` in the session; its times are `at` where nothing else is given."""
    values = dict(given)
    for column in table.__table__.c:  # type: ignore[attr-defined]
        if column.name in values:
            continue
        if column.foreign_keys and not column.nullable:
            (key,) = column.foreign_keys
            above = TABLES[key.column.table.name]
            values[column.name] = getattr(seed(session, above, at), key.column.name)
        elif "category" in column.info or (not column.nullable and not column.foreign_keys):
            values[column.name] = filled(column, at)
    row = table(**values)
    session.add(row)
    session.flush()
    return row


def filled(column: Any, at: datetime) -> Any:
    """A value of the column's type, not an empty one where it is personal data."""
    if isinstance(column.type, LargeBinary):
        return CANARY.encode()
    if isinstance(column.type, UTCTime):
        return at
    if isinstance(column.type, JSON) or "JSON" in type(column.type).__name__.upper():
        empty: Any = column.default.arg(None) if column.default is not None else []
        personal: Any = [CANARY] if empty == [] else {"name": CANARY}
        return personal if "category" in column.info else empty
    if isinstance(column.type, Date):
        return at.date()
    if isinstance(column.type, Boolean):
        return False
    if isinstance(column.type, Float):
        return next(NUMBERS) + 0.5
    if isinstance(column.type, Numeric):
        return Decimal(f"{next(NUMBERS)}.1250")
    if isinstance(column.type, Integer):
        return next(NUMBERS)
    if column.name == "time_zone":
        return "America/Chicago"
    wanted = CANARY if "category" in column.info else new_id()[::-1]
    return wanted[: getattr(column.type, "length", None)]
