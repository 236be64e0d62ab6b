"""Day roll-ups that reports read, and the days whose roll-ups must be made anew."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Date, Index
from sqlmodel import Field

from hub.model.columns import Row, id_column, money_column, time_column


class SourceRule(Row, table=True):
    """A company's own rule on sources, asked before the built-in tables: an exact host, utm_source or parameter."""

    __tablename__ = "source_rule"

    id: str = id_column()
    company_id: str = Field(foreign_key="company.id", index=True)
    kind: str = Field(max_length=16)
    """`host`, `utm_source` or `parameter`."""
    value: str = Field(max_length=255)
    source: str = Field(max_length=100)
    medium: str = Field(max_length=100)
    made_at: datetime = time_column()


class DayRollup(Row, table=True):
    """Credits of one company's day (in its time zone) for one model, dimension and value."""

    __tablename__ = "day_rollup"
    __table_args__ = (Index("ix_day_rollup_read", "company_id", "model", "dimension", "day"),)

    company_id: str = Field(primary_key=True, foreign_key="company.id")
    day: date = Field(primary_key=True, sa_type=Date)
    model: str = Field(primary_key=True, max_length=16)
    dimension: str = Field(primary_key=True, max_length=16)
    value: str = Field(primary_key=True, max_length=300)
    calls: float = 0
    answered: float = 0
    first_time: float = 0
    texts: float = 0
    forms: float = 0
    conversions: float = 0
    amount: Decimal | None = money_column()


class DirtyDay(Row, table=True):
    """A company's day whose roll-ups are older than its calls. `marked_at` tells a mark that came while rolling up."""

    __tablename__ = "dirty_day"

    company_id: str = Field(primary_key=True, foreign_key="company.id")
    day: date = Field(primary_key=True, sa_type=Date)
    marked_at: datetime = time_column()
