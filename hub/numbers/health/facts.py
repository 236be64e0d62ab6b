"""Reads what the rules judge: our numbers and their use, calls without a tracker, caps, and whose each carrier is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from hub.config.models import Config
from hub.contracts.values import Money
from hub.model import Account, Call, Company, Lease, TextMessage, Tracker, TrackingNumber
from hub.numbers.budget import budget_of
from hub.numbers.health.rules import Bill, KnownNumber, Ring
from hub.numbers.rest.moves import wanted_for
from hub.numbers.rest.rules import rest_ends

RINGS_FOR = timedelta(days=30)
"""How long a call without a tracker is reported."""
MOST_RINGING = 100
"""The numbers with the most of these calls: a carrier that sends calls on any number must not fill the list."""


def known_numbers(session: Session, config: Config, now: datetime) -> list[KnownNumber]:
    """Our numbers that were not given back."""
    number, tracker, company = TrackingNumber, Tracker, Company
    rows = session.execute(
        select(number, tracker, company)
        .join(tracker, col(tracker.id) == number.tracker_id)
        .join(company, col(company.id) == tracker.company_id)
        .where(col(number.released_at).is_(None))
        .order_by(col(number.number))
    ).all()
    unused = _unused(session, [row for row, *_ in rows], now - config.numbers.unused_after)
    waiting = wanted_for(config)
    return [
        KnownNumber(
            number=row.number,
            account_id=company.account_id,
            company_id=company.id,
            leads=company.disabled_at is None,
            tracker=tracker.name,
            connector=tracker.carrier,
            standing=row.standing,
            price=Money(row.monthly_price, row.price_currency) if row.monthly_price and row.price_currency else None,
            rests=row.retired_at is not None,
            rest_ends=_rest_ends(session, row, now) if row.retired_at is not None else None,
            waits_for="/".join(waiting.get(row.number, ())) or None if row.rest_reason == "moved" else None,
            unused_since=unused.get(row.id),
        )
        for row, tracker, company in rows
    ]


def rings(session: Session, now: datetime) -> list[Ring]:
    """The numbers on which calls came lately that belong to no company."""
    last, calls = func.max(Call.started_at), func.count()
    rows = session.execute(
        select(col(Call.connector), col(Call.tracking_number), calls, last)
        .where(
            col(Call.company_id).is_(None),
            col(Call.started_at) >= now - RINGS_FOR,
            col(Call.tracking_number).is_not(None),
        )
        .group_by(col(Call.connector), col(Call.tracking_number))
        .order_by(calls.desc())
        .limit(MOST_RINGING)
    )
    return [Ring(connector=row[0], number=row[1], calls=row[2], last_at=row[3]) for row in rows]


def bills(session: Session) -> list[Bill]:
    """The accounts and companies that have a cap, with what their numbers cost."""
    accounts = session.execute(select(col(Account.id)).where(col(Account.number_cap).is_not(None))).scalars()
    found = [Bill(account_id=each, company_id=None, budget=budget_of(session, each)) for each in accounts]
    for company in session.execute(select(Company).where(col(Company.number_cap).is_not(None))).scalars():
        budget = budget_of(session, company.account_id, company_id=company.id)
        found.append(Bill(account_id=company.account_id, company_id=company.id, budget=budget))
    return found


def owners(session: Session) -> dict[str, str]:
    """The account of each carrier, if the trackers of only one use it."""
    rows = session.execute(
        select(col(Tracker.carrier), col(Company.account_id))
        .join(Company, col(Company.id) == Tracker.company_id)
        .distinct()
    ).all()
    accounts: dict[str, set[str]] = {}
    for carrier, account_id in rows:
        accounts.setdefault(carrier, set()).add(account_id)
    return {carrier: ids.pop() for carrier, ids in accounts.items() if len(ids) == 1}


def _rest_ends(session: Session, row: TrackingNumber, now: datetime) -> datetime:
    last, lent = _last_call(session, row.number), _is_lent(session, row.id)
    return rest_ends(row, last, lent=lent, now=now)


def _last_call(session: Session, number: str) -> datetime | None:
    return session.execute(select(func.max(Call.started_at)).where(col(Call.tracking_number) == number)).scalar()


def _is_lent(session: Session, number_id: str) -> bool:
    return (
        session.execute(select(col(Lease.id)).where(col(Lease.tracking_number_id) == number_id).limit(1)).first()
        is not None
    )


def _unused(session: Session, rows: Iterable[TrackingNumber], before: datetime) -> dict[str, datetime]:
    """Number id → since when it is unused, of the numbers in use that nobody called, texted or was shown since `before`."""
    quiet = {
        row.number: row
        for row in rows
        if row.retired_at is None
        and (row.came_at is None or row.came_at <= before)
        and (row.leased_until is None or row.leased_until <= before)
    }
    if not quiet:
        return {}
    last: dict[str, datetime] = {}
    call: Any = Call
    text: Any = TextMessage
    for table, at in ((call, call.started_at), (text, text.at)):
        recent = select(table.tracking_number).where(table.tracking_number.in_(quiet), at >= before).distinct()
        for number in session.execute(recent).scalars().all():
            quiet.pop(number, None)
    for number, row in quiet.items():
        found = [each for each in (_last_call(session, number), row.leased_until, row.came_at) if each is not None]
        last[row.id] = max(found, default=before)
    return last
