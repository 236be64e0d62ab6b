"""The list of numbers: each with its tracker, its calls, its price and its state; a pool is one entry."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import func, select
from sqlmodel import Session, col

from hub.access.scope import AccessScope
from hub.contracts.values import Money
from hub.model import Call, Company, FlowVersion, Lease, Tracker, TrackingNumber
from hub.numbers.rest.rules import rest_ends
from hub.platform.fields import from_fields

QUIET = timedelta(days=30)
"""A number in use without a call for this long is shown as quiet."""
COUNTED_DAYS = timedelta(days=30)

NumberState = Literal["in_use", "quiet", "resting", "elsewhere", "absent"]
"""`elsewhere`: its webhooks do not point at this hub; `absent`: the carrier does not list it."""


@dataclass(frozen=True, kw_only=True)
class NumberRow:
    """One number that is ours."""

    id: str
    number: str
    company_id: str
    tracker_id: str
    tracker: str
    tracker_title: str
    """What people call the tracker."""
    type: str
    """Of the tracker: `source` or `session`."""
    is_default: bool
    for_signals: bool
    source: str | None
    medium: str | None
    campaign: str | None
    carrier: str
    flow: str | None
    """The name of the call flow that answers it."""
    bought: bool
    last_call_at: datetime | None
    calls: int
    """In the last 30 days."""
    price: Money | None
    """A month."""
    state: NumberState
    retired_at: datetime | None
    rest_ends: datetime | None
    """When a resting number may be given back."""
    rest_reason: str | None
    """Why it rests (`hub.numbers.rest.rules.RestReason`)."""
    quiet_days: int | None
    """Days since the last call; None if it was never called."""

    @property
    def is_pooled(self) -> bool:
        """Whether it is one of several in a pool that is in use."""
        return self.type == "session" and self.state != "resting"


@dataclass(frozen=True)
class NumberEntry:
    """One row of the list: a number, or all numbers of a pool."""

    numbers: tuple[NumberRow, ...]

    @property
    def first(self) -> NumberRow:
        """The number that stands for the others."""
        return self.numbers[0]

    @property
    def last_call_at(self) -> datetime | None:
        """The latest call on any of them."""
        return max((each.last_call_at for each in self.numbers if each.last_call_at), default=None)

    @property
    def calls(self) -> int:
        """In the last 30 days, on all of them."""
        return sum(each.calls for each in self.numbers)

    @property
    def price(self) -> Money | None:
        """Of all of them a month; None if one is unknown, or if they differ in currency."""
        prices = [each.price for each in self.numbers if each.price is not None]
        if len(prices) < len(self.numbers) or len({each.currency for each in prices}) != 1:
            return None
        return Money(sum((each.amount for each in prices), Decimal()), prices[0].currency)

    @property
    def state(self) -> NumberState:
        """The state of most concern; a pool is quiet only as a whole."""
        states = {each.state for each in self.numbers}
        worst: tuple[NumberState, ...] = ("absent", "elsewhere", "in_use")
        return next((state for state in worst if state in states), self.first.state)

    @property
    def quiet_days(self) -> int | None:
        """Days since the last call on any of them."""
        return min((each.quiet_days for each in self.numbers if each.quiet_days is not None), default=None)


def list_numbers(
    session: Session,
    scope: AccessScope,
    company_ids: Collection[str],
    now: datetime,
    *,
    tracker_id: str | None = None,
    number_id: str | None = None,
) -> list[NumberRow]:
    """The numbers of the companies, or of one tracker, or one number, that have not been given back; by number."""
    number: Any = TrackingNumber
    tracker: Any = Tracker
    flow: Any = FlowVersion
    lease: Any = Lease
    call: Any = Call
    mine = scope.select(Company).with_only_columns(col(Company.id))
    of_number = (call.tracking_number == number.number, call.company_id == tracker.company_id)
    last = select(func.max(call.started_at)).where(*of_number).scalar_subquery()
    recent = select(func.count()).where(*of_number, call.started_at >= now - COUNTED_DAYS).scalar_subquery()
    lent = select(number.id).where(lease.tracking_number_id == number.id).exists()
    query = (
        select(number, tracker, flow.name, last, recent, lent)
        .join(tracker, tracker.id == number.tracker_id)
        .outerjoin(flow, flow.id == tracker.flow_version_id)
        .where(
            tracker.company_id.in_(list(company_ids)),
            tracker.company_id.in_(mine),
            number.released_at.is_(None),
            number.retired_at.is_(None) | number.standing.is_distinct_from("not at the carrier"),
        )
        .order_by(number.number)
    )
    if tracker_id is not None:
        query = query.where(number.tracker_id == tracker_id)
    if number_id is not None:
        query = query.where(number.id == number_id)
    return [_row(*found, now=now) for found in session.execute(query)]


def entries(rows: Sequence[NumberRow], *, each: bool = False) -> list[NumberEntry]:
    """The rows as a list shows them: the numbers of a pool together, unless `each` is wanted."""
    found: dict[str, list[NumberRow]] = {}
    for row in rows:
        found.setdefault(row.id if each or not row.is_pooled else row.tracker_id, []).append(row)
    return [NumberEntry(tuple(numbers)) for numbers in found.values()]


def _row(
    number: TrackingNumber,
    tracker: Tracker,
    flow: str | None,
    last_call_at: datetime | None,
    calls: int,
    lent: bool,
    *,
    now: datetime,
) -> NumberRow:
    price = number.monthly_price
    return from_fields(
        NumberRow,
        tracker,
        id=number.id,
        number=number.number,
        tracker_id=tracker.id,
        tracker=tracker.name,
        tracker_title=tracker.shown_name,
        flow=flow,
        bought=number.bought,
        last_call_at=last_call_at,
        calls=calls,
        price=Money(price, number.price_currency) if price is not None and number.price_currency else None,
        state=_state(number, last_call_at, now),
        retired_at=number.retired_at,
        rest_ends=rest_ends(number, last_call_at, lent=lent, now=now) if number.retired_at else None,
        rest_reason=number.rest_reason,
        quiet_days=(now - last_call_at).days if last_call_at else None,
    )


def _state(number: TrackingNumber, last_call_at: datetime | None, now: datetime) -> NumberState:
    if number.retired_at is not None:
        return "resting"
    if number.standing == "elsewhere":
        return "elsewhere"
    if number.standing == "not at the carrier":
        return "absent"
    if last_call_at is not None and now - last_call_at >= QUIET:
        return "quiet"
    return "in_use"
