"""Outcomes: matches a CRM's outcome for a person with their call, text or form, and creates or changes conversions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, or_, select

from hub.contracts.outcomes import Outcome
from hub.contracts.values import Money
from hub.flow.case import Subject, time_of
from hub.flow.case_loading import load_cases, load_past
from hub.flow.convert import EVENTS, matches, outcome_conversion
from hub.flow.settle import Wanted, settle
from hub.flow.subjects import last_of, read_subjects
from hub.hookspecs import CrmHooks
from hub.model import Call, OutcomeRow, Person
from hub.model.columns import CALL_RETENTION, storable
from hub.model.states import SubjectState
from hub.numbers.directory import Directory
from hub.reports.dirty_days import Change, mark_dirty
from hub.runtime import Hub
from hub.store.connectors import move_cursor, read_cursor
from hub.store.rows import indexless

STREAM = "outcomes"
LOOK_BACK = timedelta(days=180)
"""The maximum time between a call, text or form and its outcome."""
CONTACT_AFTER = timedelta(days=1)
"""A deal is often opened before the call that closed it."""
MAX_PENDING_OUTCOMES = 500
MAX_PAGES = 1_000
"""Of one sync: a CRM whose pages have no end must not hold a thread for ever."""
MAX_OUTCOME_VALUE = 10**10
"""In any currency. Higher values are typing errors, and count without a value."""


def pull_outcomes(hub: Hub, directory: Directory, connector: str) -> Counter[str]:
    """Read the outcomes since the cursor, up to `MAX_PAGES`; each page is stored in one transaction with its cursor, and the
    next sync goes on from there."""
    tally: Counter[str] = Counter()
    with hub.store.reading() as session:
        cursor = read_cursor(session, connector, STREAM)
    for _ in range(MAX_PAGES):
        page = hub.plugins.call(connector, CrmHooks.pull_outcomes, cursor)
        tally += _keep(hub, directory, connector, page.outcomes, page.cursor)
        if not page.more or page.cursor == cursor:
            break
        cursor = page.cursor
    tally += _meet_waiting(hub, directory, connector)
    return tally


def _keep(
    hub: Hub, directory: Directory, connector: str, outcomes: Sequence[Outcome], cursor: str | None
) -> Counter[str]:
    now = hub.clock()
    tally: Counter[str] = Counter()
    if not outcomes:
        with hub.store.writing() as session:
            move_cursor(session, connector, STREAM, cursor, now)
        return tally
    with hub.store.writing() as session:
        upserted = [_upsert(session, connector, outcome) for outcome in outcomes]
        rows = [row for row, _ in upserted]
        for row in rows:
            _meet(hub, session, directory, row)
        _mark_days(session, [row for row, changed in upserted if changed], now)
        _convert(hub, session, directory, rows, now, tally)
        move_cursor(session, connector, STREAM, cursor, now)
    tally["outcomes"] += len(outcomes)
    return tally


def _meet_waiting(hub: Hub, directory: Directory, connector: str) -> Counter[str]:
    """Deals that were known before their call, text or form: search for it again."""
    now = hub.clock()
    tally: Counter[str] = Counter()
    waiting = (
        select(OutcomeRow)
        .where(
            OutcomeRow.connector == connector,
            col(OutcomeRow.subject_id).is_(None),
            OutcomeRow.changed_at > now - CONTACT_AFTER * 7,
        )
        .limit(MAX_PENDING_OUTCOMES)
    )
    with hub.store.reading() as session:
        if session.exec(waiting).first() is None:
            return tally
    with hub.store.writing() as session:
        rows = list(session.exec(waiting))
        met = [row for row in rows if _meet(hub, session, directory, row)]
        if met:
            _mark_days(session, met, now)
            _convert(hub, session, directory, met, now, tally)
    return tally


def _mark_days(session: Session, rows: Sequence[OutcomeRow], now: datetime) -> None:
    """Mark the days of the deals' calls, texts and forms: reports count their leads and customers."""
    subjects = read_subjects(session, [row.subject_id for row in rows if row.subject_id])
    mark_dirty(session, [Change(each.company_id, time_of(each)) for each in subjects if each.company_id], now)


def _upsert(session: Session, connector: str, outcome: Outcome) -> tuple[OutcomeRow, bool]:
    """The deal's row, and whether it is new or changed."""
    row = session.exec(
        select(OutcomeRow).where(OutcomeRow.connector == connector, OutcomeRow.external_id == outcome.external_id)
    ).first() or OutcomeRow(
        connector=connector,
        external_id=outcome.external_id,
        stage=outcome.stage,
        occurred_at=outcome.occurred_at,
        changed_at=outcome.changed_at,
        expires_at=outcome.changed_at + CALL_RETENTION,
    )
    if row.changed_at <= outcome.changed_at:
        row.stage, row.occurred_at, row.changed_at = storable(outcome.stage), outcome.occurred_at, outcome.changed_at
        value = outcome.value if _plausible(outcome.value) else None
        row.amount, row.currency = (value.amount, value.currency) if value else (None, None)
        row.contact = {"phone_numbers": list(outcome.phone_numbers), "call_key": outcome.call_key}
        row.email = storable(outcome.email.strip().lower()) if outcome.email else None
    session.add(row)
    changed = row in session.new or session.is_modified(row)
    session.flush()
    return row, changed


def _plausible(value: Money | None) -> bool:
    """Whether a column can hold the value. People type absurd values into CRMs, and one must not block all others."""
    return (
        value is not None
        and value.amount.is_finite()
        and abs(value.amount) < MAX_OUTCOME_VALUE
        and len(value.currency) == 3
    )


def _meet(hub: Hub, session: Session, directory: Directory, row: OutcomeRow) -> bool:
    """Find the cause of an outcome: the call whose id the CRM holds, else the person's last contact before it."""
    if row.subject_id is not None:
        return True
    entry = hub.config.connectors[row.connector]
    companies = [company.id for company in directory.companies.values() if entry.serves(company.name)]
    call_key = row.contact.get("call_key")
    subject: Subject | None = session.get(Call, call_key) if call_key else None
    how = "the CRM holds our call's id"
    if subject is None or subject.company_id not in companies:
        people = _people(session, row, companies)
        subject = last_of(session, people, row.occurred_at - LOOK_BACK, row.occurred_at + CONTACT_AFTER)
        how = (
            f"the last {EVENTS[type(subject)]} of the person with {people[subject.person_id or '']}" if subject else ""
        )
    if subject is None:
        return False
    row.subject_id, row.trace = subject.id, [how]
    session.add(row)
    return True


def _people(session: Session, row: OutcomeRow, companies: Sequence[str]) -> dict[str, str]:
    """The people whom the CRM's contact may be, by id, each with the identifiers in common: those who called or have
    proven who they are, else those who typed only this number or address into forms."""
    numbers, emails = row.contact.get("phone_numbers") or [], [row.email] if row.email else []
    same = select(Person).where(
        indexless(Person.company_id).in_(companies),
        or_(col(Person.phone_number).in_(numbers), col(Person.email).in_(emails)),
    )
    found = session.exec(same).all()
    known = [person for person in found if not person.is_typed]
    typed = [person for person in found if _agrees(person.phone_number, numbers) and _agrees(person.email, emails)]
    return {
        person.id: "the contact's phone number" if person.phone_number in numbers else "the contact's email address"
        for person in known or typed
    }


def _agrees(typed: str | None, of_contact: Sequence[str]) -> bool:
    """Whether the typed name does not contradict the CRM's name."""
    return typed is None or not of_contact or typed in of_contact


def _convert(
    hub: Hub, session: Session, directory: Directory, rows: Sequence[OutcomeRow], now: datetime, tally: Counter[str]
) -> None:
    met = [row for row in rows if row.subject_id]
    loaded = load_cases(session, directory, read_subjects(session, [row.subject_id or "" for row in met]), now)
    load_past(session, loaded)
    # What an erased person bought is sent to nobody: their conversions were retracted, and a change would count them
    # again.
    cases = {case.subject.id: case for case in loaded if case.subject.state != SubjectState.ERASED}
    wanted = [
        Wanted(rule, case, outcome_conversion(rule, case, row, now), matches(rule, case, row))
        for rule in hub.config.conversions
        if rule.when.event == "outcome"
        for row in met
        if (case := cases.get(row.subject_id or "")) is not None
    ]
    session.flush()
    tally += settle(hub, session, wanted, now)
