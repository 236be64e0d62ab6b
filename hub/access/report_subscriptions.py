"""Reports by email: who gets which report of which companies when, for people without an account too; started and stopped."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.errors import CannotDo
from hub.model import Company, ReportSubscription, SavedView, User
from hub.store import audit

EVERY = {"weekly": "Every Monday", "monthly": "On the first of the month"}
MAX_OF_ACCOUNT = 500
MAX_ADDRESSES = 20
"""Of one form."""
MAX_QUERY_CHARACTERS = 2_000
ADDRESS = re.compile(r"[^@\s<>\",;]{1,64}@[^@\s<>\",;]{1,185}")
FORGOTTEN_AFTER = timedelta(days=30)
"""A stopped address is kept for so long, so that the page can say who stopped it."""


def subscribe(
    session: Session,
    user: User,
    company: Company,
    addresses: str,
    report: str,
    query: str,
    *,
    every: str,
    hour: int,
    all_companies: bool,
    now: datetime,
    saved_view_id: str | None = None,
) -> list[ReportSubscription]:
    """Send a report to some addresses, weekly or monthly at an hour in the company's time zone, with one audit entry each.

    CannotDo says what is wrong with a value. `all_companies`: of all that the user may see at each sending, else of `company`.
    `saved_view_id`: the saved report that is sent as it is then.
    """
    named = list(dict.fromkeys(each.strip().lower() for each in re.split(r"[\s,;]+", addresses) if each.strip()))
    wrong = next((each for each in named if ADDRESS.fullmatch(each) is None), None)
    if not named or wrong is not None:
        raise CannotDo(
            f"{wrong[:80]!r} is not an email address." if wrong else "Write at least one email address.",
            field="addresses",
        )
    if len(named) > MAX_ADDRESSES:
        raise CannotDo(f"Write at most {MAX_ADDRESSES} addresses at a time.", field="addresses")
    if every not in EVERY:
        raise CannotDo("Choose weekly or monthly.", field="every")
    if not 0 <= hour <= 23:
        raise CannotDo("Choose an hour of the day.", field="hour")
    if len(query) > MAX_QUERY_CHARACTERS:
        raise CannotDo("This report's address is too long to be sent by email.")
    working = select(ReportSubscription.id).where(
        ReportSubscription.account_id == user.account_id, col(ReportSubscription.stopped_at).is_(None)
    )
    if len(session.exec(working.limit(MAX_OF_ACCOUNT)).all()) + len(named) > MAX_OF_ACCOUNT:
        raise CannotDo(f"At most {MAX_OF_ACCOUNT} reports go out by email; stop some first.")
    made = []
    for address in named:
        row = ReportSubscription(
            account_id=user.account_id,
            user_id=user.id,
            company_id=company.id,
            all_companies=all_companies,
            report=report,
            query=query,
            saved_view_id=saved_view_id,
            every=every,
            hour=hour,
            time_zone=ZoneInfo(company.time_zone).key,
            email=address,
            made_at=now,
        )
        session.add(row)
        session.flush()
        whose = "all companies" if all_companies else company.name
        audit.note(session, now, user.id, "report_mail.add", company.id, f"{row.id}: {report}, {whose}, {every}")
        made.append(row)
    return made


def stop(session: Session, row: ReportSubscription, reason: str, actor: str, now: datetime) -> None:
    """Send no more to an address; again changes nothing. The address is forgotten after a month."""
    if row.stopped_at is None:
        row.stopped_at, row.stop_reason, row.expires_at = now, reason, now + FORGOTTEN_AFTER
        session.add(row)
        session.flush()
        audit.note(session, now, actor, "report_mail.stop", row.company_id, f"{row.id}: {reason}")


def stop_own(session: Session, scope: AccessScope, row_id: str, now: datetime) -> None:
    """Stop one that the user may see; NotFound if it is another account's or company's."""
    row: ReportSubscription = scope.one(session, ReportSubscription, row_id)
    stop(session, row, "A user stopped it.", scope.user.id, now)


def follow_saved(session: Session, view: SavedView) -> None:
    """Let the emails of a saved report be of the company that it shows now."""
    for row in session.exec(select(ReportSubscription).where(ReportSubscription.saved_view_id == view.id)):
        row.company_id, row.all_companies = view.company_id or row.company_id, view.company_id is None
        session.add(row)


def stop_saved(session: Session, view_id: str, actor: str, now: datetime) -> None:
    """Stop the emails of a saved report that is deleted."""
    for row in session.exec(select(ReportSubscription).where(ReportSubscription.saved_view_id == view_id)):
        stop(session, row, "Its saved report was deleted.", actor, now)
