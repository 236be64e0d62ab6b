"""Which calls a program asks for, as one query that the database answers along an index.

With one company it is the index of the company's days; with several, the calls are read by time and the company is only
looked at. Marks and causes are asked by `EXISTS`, which costs one look for each call that is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_
from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.contracts.phones import phone_number
from hub.marks.spam import is_spam
from hub.model import Attribution, Call, Lead, Tag, Tracker, Visit
from hub.model.states import CallStatus
from hub.queries.listings.paging import NARROW, Order
from hub.queries.lists.kinds import indexless

LIVE = (CallStatus.RINGING, CallStatus.IN_PROGRESS)
MAX_NARROWED = 3_000
"""Up to so many ids that a tag, a lead status or a source gives, calls are read by id, else by time."""
NUMBERS = (col(Call.caller_number), col(Call.tracking_number), col(Call.answered_by))
MIN_DIGITS = 3
"""A shorter part of a number fits too many."""


@dataclass(frozen=True, kw_only=True)
class CallFilter:
    """What is asked of calls; None or empty: everything. Times are aware, durations are seconds."""

    begins: datetime | None = None
    ends: datetime | None = None
    company_id: str | None = None
    trackers: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    """Of `answered`, `missed` (voicemail included), `voicemail`, `first_call`; all must hold."""
    inbound: bool = True
    """False: the calls that the business placed, which are no rows of this table."""
    devices: tuple[str, ...] = ()
    """Words that must stand in the visitor's user agent; with `-` before it, words that must not."""
    lead_statuses: tuple[str, ...] | None = None
    """Marks of which the call has one; empty: it has none of all."""
    tags: tuple[str, ...] = ()
    """All of them."""
    agent_numbers: tuple[str, ...] | None = None
    shortest: int | None = None
    longest: int | None = None
    search: str | None = None
    sources: tuple[str, ...] = ()


def visible_calls(scope: AccessScope) -> Any:
    """The calls that the user may see, without those that are marked as spam."""
    return scope.calls().where(~is_spam(col(Call.id)))


def calls_query(session: Session, scope: AccessScope, wanted: CallFilter) -> Any:
    """Those of them that the filter selects."""
    query = visible_calls(scope)
    if wanted.company_id is not None:
        query = query.where(col(Call.company_id) == wanted.company_id)
    for few in _selective(session, scope, wanted):
        query = query.where(col(Call.id).in_(few) if few else false()).execution_options(**{NARROW: True})
    return query.where(*_on_call(wanted), *_on_marks(wanted), *_on_cause(wanted), *_on_search(session, scope, wanted))


def start_order(*, descending: bool = True) -> Order:
    """By start: the order of the index."""
    return Order(
        col(Call.started_at), col(Call.id), descending, kind=datetime.fromisoformat, company=col(Call.company_id)
    )


def order_of(name: str, *, descending: bool) -> Order | None:
    """The order that a program names; None if calls cannot be sorted by it."""
    columns: dict[str, tuple[Any, Any, Any]] = {
        "duration": (Call.duration, 0, int),
        "customer_phone_number": (Call.caller_number, "", str),
        "tracking_phone_number": (Call.tracking_number, "", str),
    }
    if name in ("start_time", "created_at"):
        return start_order(descending=descending)
    if name not in columns:
        return None
    column, blank, kind = columns[name]
    return Order(col(column), col(Call.id), descending, blank, kind)


def _selective(session: Session, scope: AccessScope, wanted: CallFilter) -> Iterator[list[str]]:
    """The only ids that can match a tag, a lead status, a source or a whole number, if these are few."""
    queries = [scope.select(Tag).where(Tag.name == name).with_only_columns(Tag.subject_id) for name in wanted.tags]
    if wanted.lead_statuses:
        marked = scope.select(Lead).where(col(Lead.status).in_(wanted.lead_statuses))
        queries.append(marked.with_only_columns(Lead.subject_id))
    if wanted.sources:
        caused = scope.select(Attribution).where(col(Attribution.source).in_(wanted.sources))
        queries.append(caused.with_only_columns(Attribution.subject_id))
    whole = phone_number(wanted.search or "")
    groups = [[query] for query in queries]
    if whole is not None:
        groups.append([scope.calls().where(each == whole).with_only_columns(Call.id) for each in NUMBERS])
    for group in groups:
        ids = [each for query in group for each in session.execute(query.limit(MAX_NARROWED + 1)).scalars()]
        if len(ids) <= MAX_NARROWED:
            yield ids


def _on_call(wanted: CallFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if not wanted.inbound:
        found.append(false())
    if wanted.begins is not None:
        found.append(col(Call.started_at) >= wanted.begins)
    if wanted.ends is not None:
        found.append(col(Call.started_at) < wanted.ends)
    if wanted.trackers:
        tracker = col(Call.tracker_id)
        is_one = len(wanted.trackers) == 1
        found.append(tracker == wanted.trackers[0] if is_one else indexless(tracker).in_(wanted.trackers))
    found += [_outcome(each) for each in wanted.outcomes]
    if wanted.agent_numbers is not None:
        by_agent = col(Call.answered_by).in_(wanted.agent_numbers) if wanted.agent_numbers else false()
        found += [col(Call.answered_at).is_not(None), by_agent]
    if wanted.shortest is not None:
        found.append(func.coalesce(Call.duration, 0) >= wanted.shortest)
    if wanted.longest is not None:
        found.append(func.coalesce(Call.duration, 0) <= wanted.longest)
    return found


def _outcome(name: str) -> ColumnElement[bool]:
    match name:
        case "answered":
            return col(Call.answered_at).is_not(None)
        case "voicemail":
            return col(Call.voicemail).is_(True)
        case "first_call":
            return col(Call.first_time_caller).is_(True)
        case _:
            return and_(col(Call.answered_at).is_(None), col(Call.status).not_in(LIVE))


def _exists(subject: Any, *where: Any) -> Any:
    return select(1).where(subject == col(Call.id), *where).correlate(Call).exists()


def _on_marks(wanted: CallFilter) -> list[Any]:
    found: list[Any] = [_exists(col(Tag.subject_id), col(Tag.name) == name) for name in wanted.tags]
    if wanted.lead_statuses is not None:
        marked = wanted.lead_statuses or ("qualified", "booked", "not_a_lead")
        exists = _exists(col(Lead.subject_id), col(Lead.status).in_(marked))
        found.append(exists if wanted.lead_statuses else ~exists)
    return found


def _on_cause(wanted: CallFilter) -> list[Any]:
    found: list[Any] = []
    if wanted.sources:
        found.append(_exists(col(Attribution.subject_id), col(Attribution.source).in_(wanted.sources)))
    if wanted.devices:
        agent = col(Visit.user_agent)
        words = [
            ~agent.contains(word[1:], autoescape=True)
            if word.startswith("-")
            else agent.contains(word, autoescape=True)
            for word in wanted.devices
        ]
        joined = and_(*words) if wanted.devices[0].startswith("-") else or_(*words)
        visit = select(1).where(col(Visit.id) == Attribution.visit_id, joined).correlate(Attribution).exists()
        found.append(_exists(col(Attribution.subject_id), visit))
    return found


def _on_search(session: Session, scope: AccessScope, wanted: CallFilter) -> list[Any]:
    """What was typed: a number or a part of one, or a word of a tracker or a source. Names and notes are encrypted, so
    they cannot be searched."""
    text = (wanted.search or "").strip()
    if not text:
        return []
    digits = "".join(char for char in text if char.isdigit())
    if digits and not any(char.isalpha() for char in text):
        return [_number_like(text, digits)]
    trackers = [
        row.id for row in session.exec(scope.select(Tracker)) if text.casefold() in row.name.casefold()
    ] if scope.reach == "account" else []  # fmt: skip
    parts = [_exists(col(Attribution.subject_id), col(Attribution.source).icontains(text, autoescape=True))]
    return [or_(*parts, indexless(col(Call.tracker_id)).in_(trackers))]


def _number_like(text: str, digits: str) -> ColumnElement[bool]:
    whole = phone_number(text)
    if whole is not None:
        return or_(*(column == whole for column in NUMBERS))
    if len(digits) < MIN_DIGITS:
        return false()
    return or_(*(column.contains(digits, autoescape=True) for column in NUMBERS))
