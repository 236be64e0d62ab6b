"""Touches of a person: the visits, calls, texts and forms before a contact, read together for one day of a company.

A contact and the visit that directly led to it are one touch, so that a visitor who calls is not counted twice. A contact
without a visit (a printed number), or with other touches since its visit (a remembered number), is a separate touch.
A visit belongs to a person by `Visit.person_id`, which hub.flow.pipeline sets for the visit that led to a contact and for
the same browser's earlier visits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select
from sqlmodel import Session, col

from hub.contracts.leads import LeadStatus
from hub.model import Attribution, Call, FormSubmission, Lead, OutcomeRow, SpamMark, TextMessage, Visit
from hub.model.calls import UNDER_WAY
from hub.reports.credits import Touch, TouchKind, in_order

MARKED_LEADS = (LeadStatus.QUALIFIED, LeadStatus.BOOKED)
ABANDONED_SECONDS = 15
"""A caller who hangs up earlier has not waited."""
CONTACTS_OF_GROUP = 500
CLOCK_SLACK = timedelta(seconds=2)
"""A carrier's clock may be behind ours, so a visit may seem to begin shortly after the call that it led to."""


class Contact(NamedTuple):
    """A call, text or form with the cause that it was attributed to. `at` is never before the visit that led to it."""

    at: datetime
    kind: TouchKind
    id: str
    person_id: str | None
    visit_id: str | None
    source: str
    medium: str
    campaign: str | None
    keyword: str | None
    landing_page: str | None
    answered: bool = False
    first_time: bool = False
    spam: bool = False
    talk_seconds: int = 0
    """How long an answered call lasted."""

    def touch(self, visit: Touch | None = None) -> Touch:
        """The contact as a touch, either separate or joined with the visit that directly led to it."""
        at, kind, id_ = (visit.at, visit.kind, visit.id) if visit else (self.at, self.kind, self.id)
        return Touch(at, kind, id_, self.source, self.medium, self.campaign, self.keyword, self.landing_page, True)


def journeys(
    contacts: Iterable[Contact], visits: Iterable[Touch], wanted: Collection[str] | None = None
) -> Iterator[tuple[Contact, list[Touch]]]:
    """Each contact of one person, ordered by time, with the touches up to it; the last touch is its own.

    With `wanted`, only the contacts with these ids, because a robocaller has too many to copy the touches for each.
    """
    events: list[tuple[Any, Touch | None, Contact | None]] = [(in_order(visit), visit, None) for visit in visits]
    starts = {visit.id: visit.at for _, visit, _ in events if visit is not None}
    for contact in contacts:
        begun = starts.get(contact.visit_id or "")
        later = contact if begun is None or begun <= contact.at else contact._replace(at=begun)
        events.append((in_order(later), None, later))
    path: list[Touch] = []
    for _, visit, met in sorted(events, key=lambda event: event[0]):
        if visit is not None:
            path.append(visit)
        elif met is not None:
            if path and path[-1].kind == "visit" and path[-1].id == met.visit_id:
                path[-1] = met.touch(path[-1])
            else:
                path.append(met.touch())
            if wanted is None or met.id in wanted:
                yield met, list(path)


def groups_of_day(session: Session, company_id: str, start: datetime, end: datetime) -> Iterator[list[str]]:
    """The ids of the contacts of a company from `start` up to `end`, in groups of some hundreds with all of a person,
    so that a busy day is never in memory as a whole. A call or text counts as soon as it is attributed."""
    found: list[tuple[str, str]] = []
    for query, table, at in _queries():
        of_day = query.where(table.company_id == company_id, at >= start, at < end)
        rows = session.execute(of_day.with_only_columns(table.person_id, table.id))
        found += ((person_id or "", id_) for person_id, id_ in rows)
    group: list[str] = []
    for _, each in groupby(sorted(found), key=lambda pair: pair[0] or pair[1]):
        group += (id_ for _, id_ in each)
        if len(group) >= CONTACTS_OF_GROUP:
            yield group
            group = []
    if group:
        yield group


def contacts_of(session: Session, ids: Collection[str]) -> list[Contact]:
    """The contacts with these ids."""
    return [contact for query, table, _ in _queries() for contact in _contacts(session, query.where(table.id.in_(ids)))]


def journeys_of(session: Session, contacts: Sequence[Contact], end: datetime) -> Iterator[tuple[Contact, list[Touch]]]:
    """Each contact with the touches up to it; a contact of an unknown person has only its own."""
    people = {contact.person_id for contact in contacts if contact.person_id is not None}
    theirs = [
        contact
        for query, table, at in _queries()
        for contact in _contacts(session, query.where(table.person_id.in_(people), at < end))
    ]
    visits: dict[str, list[Touch]] = {}
    for person_id, touch in _visits(session, people, end):
        visits.setdefault(person_id, []).append(touch)
    wanted = {contact.id for contact in contacts}
    theirs.sort(key=lambda contact: contact.person_id or "")
    for person_id, each in groupby(theirs, key=lambda contact: contact.person_id or ""):
        yield from journeys(each, visits.get(person_id, ()), wanted)
    for contact in contacts:
        if contact.person_id is None:
            yield contact, [contact.touch()]


def _contacts(session: Session, query: Select[Any]) -> Iterator[Contact]:
    for row in session.execute(query):
        yield Contact(*row)


def contact_tables() -> Iterator[tuple[TouchKind, Any, Any]]:
    """The tables of calls, texts and forms, each with the column of its time."""
    call: Any = Call
    text: Any = TextMessage
    form: Any = FormSubmission
    yield "call", call, call.started_at
    yield "text", text, text.at
    yield "form", form, form.submitted_at


def _queries() -> Iterator[tuple[Select[Any], Any, Any]]:
    """For each table of contacts: the columns of a Contact, the table, and the column of its time."""
    for kind, table, at in contact_tables():
        query = _attributed(kind, table, at)
        if kind == "call":
            first_time = func.coalesce(table.first_time_caller, False)
            talked = case((table.answered_at.is_not(None), func.coalesce(table.duration, 0)), else_=0)
            query = query.add_columns(table.answered_at.is_not(None), first_time, is_spam(table), talked)
        else:
            query = query.add_columns(literal(False), literal(False), is_spam(table), literal(0))
        yield query, table, at


def is_spam(table: Any) -> ColumnElement[bool]:
    """The condition that a call, by its score or a user's mark, or a text or form, by a mark, is spam."""
    if table is Call:
        return col(Call.spam).is_(True)
    return select(1).where(col(SpamMark.subject_id) == table.id).correlate(table).exists()


@cache
def is_lead(table: Any) -> ColumnElement[bool]:
    """The condition that a call, text or form is a lead: `hub.reports.gains.Gains.is_lead`, and not spam. Made once for each
    table, as that takes as long as the query."""

    def marked(*statuses: LeadStatus) -> ColumnElement[bool]:
        mark = select(1).where(col(Lead.subject_id) == table.id, col(Lead.status).in_(statuses))
        return mark.correlate(table).exists()

    deal = select(1).where(col(OutcomeRow.subject_id) == table.id).correlate(table).exists()
    found = or_(marked(*MARKED_LEADS), and_(deal, ~marked(LeadStatus.NOT_A_LEAD)))
    return and_(found, ~is_spam(table))


def unanswered() -> tuple[ColumnElement[bool], ...]:
    """The conditions that a call is over and was not answered; and that it is `missed`, `voicemail` or `abandoned`."""
    over = and_(col(Call.status).not_in(UNDER_WAY), col(Call.answered_at).is_(None))
    none, spoken = col(Call.voicemail).is_(False), col(Call.voicemail).is_(True)
    short = and_(col(Call.duration).is_not(None), col(Call.duration) < ABANDONED_SECONDS)
    long = or_(col(Call.duration).is_(None), col(Call.duration) >= ABANDONED_SECONDS)
    return over, and_(over, none, long), and_(over, spoken), and_(over, none, short)


def _attributed(kind: TouchKind, table: Any, at: Any) -> Select[Any]:
    cause: Any = Attribution
    causes = (cause.visit_id, cause.source, cause.medium, cause.campaign, cause.keyword, cause.landing_page)
    chosen = select(at, literal(kind), table.id, table.person_id, *causes)
    return chosen.join(cause, cause.subject_id == table.id)


def _visits(session: Session, people: Collection[str], end: datetime) -> Iterator[tuple[str, Touch]]:
    """(person, touch) of the people's visits that began before `end`."""
    visit: Any = Visit
    query = select(
        visit.person_id,
        visit.started_at,
        visit.id,
        visit.source,
        visit.medium,
        visit.campaign,
        visit.keyword,
        visit.landing_page,
    )
    before = visit.started_at < end + CLOCK_SLACK
    for person_id, at, id_, *origin in session.execute(query.where(visit.person_id.in_(people), before)):
        yield person_id, Touch(at, "visit", id_, *origin)
