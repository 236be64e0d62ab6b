"""Trackers, their tracking numbers and how these were bought, and how full pools of numbers were."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Index, UniqueConstraint, false, text
from sqlmodel import Field

import hub.model.accounts
import hub.model.flows  # noqa: F401 - foreign keys
from hub.contracts.titles import TrackerName
from hub.model.columns import Row, UTCTime, id_column, json_column, money_column, time_column

PurchaseState = Literal["asked", "bought", "refused", "unknown"]
"""`asked`: before the carrier has answered; `unknown`: its answer never came, so the number may be ours."""
OPEN_PURCHASE = text("state IN ('asked', 'unknown')")


class Tracker(Row, TrackerName, table=True):
    """`source`: one number stands for one source. `session`: a pool, one number per visitor."""

    __table_args__ = (UniqueConstraint("company_id", "name"),)

    id: str = id_column()
    company_id: str = Field(foreign_key="company.id", index=True)
    name: str = Field(max_length=64)
    title: str = Field(default="", max_length=80, sa_column_kwargs={"server_default": ""})
    """What people call it; empty if only config.yaml's name is there."""
    type: str = Field(max_length=16)
    carrier: str = Field(max_length=64)
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    is_default: bool = False
    for_signals: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether its number is shown to browsers that send a privacy signal, and to nobody else."""
    hold_seconds: int = Field(default=1_800, sa_column_kwargs={"server_default": "1800"})
    max_idle_seconds: int = Field(default=14_400, sa_column_kwargs={"server_default": "14400"})
    """Without a page view for so long a lease ends, however often the page says that the visitor is there."""
    cool_down_seconds: int = Field(default=604_800, sa_column_kwargs={"server_default": "604800"})
    reserve: float = Field(default=0.2, sa_column_kwargs={"server_default": "0.2"})
    """The share of a pool that is reserved for visitors who show signs of a human."""
    flow_version_id: str | None = Field(default=None, foreign_key="flow_version.id")
    """The current version of the call flow that answers its numbers."""
    retired_at: datetime | None = time_column(nullable=True)


class TrackingNumber(Row, table=True):
    """A number (E.164) of one tracker. The pool assigns numbers by `leased_until`; leases are the history."""

    __tablename__ = "tracking_number"
    __table_args__ = (Index("ix_tracking_number_idle", "tracker_id", "leased_until", "id"),)

    id: str = id_column()
    tracker_id: str = Field(foreign_key="tracker.id")
    number: str = Field(unique=True, max_length=16)
    leased_until: datetime | None = time_column(nullable=True)
    lease_id: str | None = Field(default=None, max_length=36)
    came_at: datetime | None = time_column(nullable=True)
    """When its tracker got it."""
    bought: bool = False
    """Bought by `hub numbers buy`: it stays with its tracker even though config.yaml does not list it."""
    retired_at: datetime | None = time_column(nullable=True)
    """Since when no visitor is shown it; it is still ours, and costs, until `released_at`."""
    released_at: datetime | None = time_column(nullable=True)
    """When it was given back to the carrier."""
    rest_reason: str | None = Field(default=None, max_length=24)
    """Why it rests (`hub.numbers.rest.rules.RestReason`)."""
    rest_until: datetime | None = time_column(nullable=True)
    """Until when it rests, if the owner has ended that early."""
    monthly_price: Decimal | None = money_column()
    """What the carrier asked a month, when it was bought or last listed; None if the carrier did not say."""
    price_currency: str | None = Field(default=None, max_length=3)
    standing: str | None = Field(default=None, max_length=24)
    """How it compared with the carrier's list (`hub.numbers.ownership.Standing`) at `checked_at`."""
    checked_at: datetime | None = time_column(nullable=True)


class NumberFinding(Row, table=True):
    """Something that is wrong with a number now, or with what numbers cost; gone when a later audit does not find it."""

    __tablename__ = "number_finding"

    id: str = id_column()
    account_id: str | None = Field(default=None, foreign_key="account.id", index=True)
    """None for a number that belongs to no account, at a carrier that several accounts use."""
    company_id: str | None = Field(default=None, foreign_key="company.id", index=True)
    """None for what concerns the whole account."""
    kind: str = Field(max_length=16)
    """A key of `hub.numbers.health.kinds.KINDS`."""
    number: str = Field(default="", max_length=16)
    """E.164; empty if it concerns no single number."""
    connector: str = Field(default="", max_length=64)
    dedup_key: str = Field(unique=True, max_length=200)
    facts: dict[str, Any] = json_column()
    """Counts, dates, prices and names of trackers; nothing about a caller."""
    found_at: datetime = time_column()


class DirectoryChange(Row, table=True):
    """One row, which has another id of a change after each change of what the directory of numbers is read from
    (hub/store/triggers/directory_changes.py)."""

    __tablename__ = "directory_change"

    id: int = Field(primary_key=True)
    change_id: str = Field(max_length=32)


class NumberPurchase(Row, table=True):
    """One order of a number, stored before the carrier is asked: no number is ever ordered twice, and an open order counts
    against the cap."""

    __tablename__ = "number_purchase"
    __table_args__ = (
        Index("ix_number_purchase_open", "number", unique=True, sqlite_where=OPEN_PURCHASE,
              postgresql_where=OPEN_PURCHASE),
    )  # fmt: skip

    id: str = id_column()
    account_id: str = Field(foreign_key="account.id", index=True)
    tracker_id: str = Field(foreign_key="tracker.id", index=True)
    number: str = Field(max_length=16)
    monthly_price: Decimal | None = money_column()
    price_currency: str | None = Field(default=None, max_length=3)
    state: str = Field(default="asked", max_length=16)
    """A `PurchaseState`."""
    detail: str = ""
    """Why it was refused, or why its outcome is unknown."""
    asked_at: datetime = time_column()
    asked_by: str = Field(max_length=64)
    ended_at: datetime | None = time_column(nullable=True)


class PoolOverflow(Row, table=True):
    """A visitor who found no free number in a pool and saw the shared number instead. Only a count, without the visitor."""

    __tablename__ = "pool_overflow"
    __table_args__ = (Index("ix_pool_overflow_read", "tracker_id", "at"),)

    id: str = id_column()
    tracker_id: str = Field(foreign_key="tracker.id")
    at: datetime = time_column()


class PoolHour(Row, table=True):
    """What happened in one clock hour of a pool that is over. An hour without visitors has no row."""

    __tablename__ = "pool_hour"

    tracker_id: str = Field(foreign_key="tracker.id", primary_key=True)
    hour: datetime = Field(sa_type=UTCTime(), primary_key=True)
    """Its beginning, UTC."""
    size: int
    """Numbers in the pool when the hour was added up."""
    most_held: int
    """Most numbers held at the same time."""
    lent: int
    """Visitors who got a number."""
    overflows: int
    """Visitors who found none."""
    held_seconds: int
    """The time that all numbers together were held."""
