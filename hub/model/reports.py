"""Day roll-ups that reports read, and the days whose roll-ups must be computed again."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, Index
from sqlmodel import Field

import hub.model.accounts  # noqa: F401 - foreign keys
from hub.model.columns import Row, id_column, time_column


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


class Rollup(Row):
    """Credits of one company, model, dimension and value, in whole numbers so that they add up exactly (hub.reports.tally).

    All are millionths of one, except `amount` and `won`, the value of conversions and of what customers bought:
    ten-thousandths of the unit of `currency`, which is empty in other rows.
    """

    company_id: str = Field(primary_key=True, foreign_key="company.id")
    model: str = Field(primary_key=True, max_length=16)
    dimension: str = Field(primary_key=True, max_length=16)
    day: date = Field(primary_key=True, sa_type=Date)
    """The day in the company's time zone; for a month or a year its first day."""
    value: str = Field(primary_key=True, max_length=300)
    currency: str = Field(primary_key=True, max_length=3)
    calls: int = Field(default=0, sa_type=BigInteger)
    answered: int = Field(default=0, sa_type=BigInteger)
    first_time: int = Field(default=0, sa_type=BigInteger)
    talk_seconds: int = Field(default=0, sa_type=BigInteger)
    texts: int = Field(default=0, sa_type=BigInteger)
    forms: int = Field(default=0, sa_type=BigInteger)
    conversions: int = Field(default=0, sa_type=BigInteger)
    leads: int = Field(default=0, sa_type=BigInteger)
    customers: int = Field(default=0, sa_type=BigInteger)
    amount: int = Field(default=0, sa_type=BigInteger)
    won: int = Field(default=0, sa_type=BigInteger)
    spam_calls: int = Field(default=0, sa_type=BigInteger)
    """What is spam, which the columns above leave out."""
    spam_answered: int = Field(default=0, sa_type=BigInteger)
    spam_first_time: int = Field(default=0, sa_type=BigInteger)
    spam_talk_seconds: int = Field(default=0, sa_type=BigInteger)
    spam_texts: int = Field(default=0, sa_type=BigInteger)
    spam_forms: int = Field(default=0, sa_type=BigInteger)


class DayRollup(Rollup, table=True):
    """Credits of one company's day."""

    __tablename__ = "day_rollup"
    __table_args__ = ({"sqlite_with_rowid": False},)


class MonthRollup(Rollup, table=True):
    """Credits of one company's month: the sum of its days, so that a long report reads few rows."""

    __tablename__ = "month_rollup"
    __table_args__ = ({"sqlite_with_rowid": False},)


class YearRollup(Rollup, table=True):
    """Credits of one company's year."""

    __tablename__ = "year_rollup"
    __table_args__ = ({"sqlite_with_rowid": False},)


class HourRollup(Row, table=True):
    """The calls of one hour of a company's day, by its clocks, and its texts and forms that are leads (hub.reports.hours)."""

    __tablename__ = "hour_rollup"
    __table_args__ = ({"sqlite_with_rowid": False},)

    company_id: str = Field(primary_key=True, foreign_key="company.id")
    day: date = Field(primary_key=True, sa_type=Date)
    hour: int = Field(primary_key=True)
    """0 to 23. If the clocks are set back, an hour has the calls of both."""
    calls: int = 0
    answered: int = 0
    missed: int = 0
    voicemail: int = 0
    abandoned: int = 0
    first_time: int = 0
    talk_seconds: int = 0
    seconds: int = 0
    leads: int = 0
    spam: int = 0
    other_leads: int = 0


class DirtyDay(Row, table=True):
    """A mark: the roll-ups of a company's day are older than its calls.

    Every change writes its own mark, so that no change waits for another, and an earlier mark never hides a later one.
    """

    __tablename__ = "dirty_day"
    __table_args__ = (Index("ix_dirty_day_company", "company_id", "day"),)

    id: str = id_column()
    company_id: str = Field(foreign_key="company.id")
    day: date = Field(sa_type=Date)
    marked_at: datetime = time_column()
