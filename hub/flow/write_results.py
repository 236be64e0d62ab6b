"""Writes the results of a batch of calls, texts or forms: people, causes, facts, decisions, conversions and
deliveries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, or_, update
from sqlmodel import Session, col, select

from hub.flow.browser_consent import hear
from hub.flow.case import Case, Subject
from hub.flow.consent import disclosure_row
from hub.flow.convert import Converted
from hub.flow.enrich import Enrichment
from hub.model import (
    Attribution,
    Call,
    ConsentDecision,
    ConversionRow,
    Delivery,
    Disclosure,
    FactRow,
    FormSubmission,
    Person,
    Visit,
)
from hub.model.people import has_known_number, is_typed
from hub.model.states import DeliveryState, SubjectState
from hub.reports.dirty_days import Change
from hub.runtime import Hub
from hub.store.claims import ENDED_LEASE, FROM_THE_START
from hub.store.encryption.encrypted_fields import seal_facts
from hub.store.journal import write_evidence
from hub.store.rows import change_rows, write_rows


def write_results(
    hub: Hub, session: Session, cases: Sequence[Case], enrichment: Enrichment, converted: Converted
) -> None:
    """Write all results of the batch for these cases; results for other cases are left out."""
    by_subject = {case.subject.id: case for case in cases}
    people = {case.person.id: case.person for case in cases if case.person and case.is_new_person}
    if write_rows(session, Person, list(people.values())) < len(people):
        _meet_people(session, cases)
    if again := {case.subject.id: case.at for case in cases if case.attributed_again}:
        session.execute(delete(Attribution).where(col(Attribution.subject_id).in_(again)))
        _send_again(session, again, hub.clock())
        _unlink_visits(session, cases)
    write_rows(session, Attribution, [case.attribution for case in cases if case.attribution])
    _link_visits(session, cases)
    hear(session, cases, hub.clock())
    _write_facts(hub, session, by_subject, enrichment)
    _write_decisions(hub, session, by_subject, enrichment, converted)
    _write_conversions(session, by_subject, converted)


def _send_again(session: Session, began: Mapping[str, datetime], now: datetime) -> None:
    """Conversions that no network counts, because the beginning of their call was not known yet, get the right time and are
    sent again: those for which no network found an ad, now with their click, and those that were held for what another visitor
    had refused. So is what a CRM did not get for that reason. Consent is asked again when they are sent."""
    of_ruling = (col(ConsentDecision.id) == Delivery.decision_id) & (col(ConsentDecision.rule_id) == Delivery.code)
    columns: Any = (Delivery.id, Delivery.conversion_id, Delivery.subject_id, Delivery.state, ConsentDecision.id)
    sent = (
        select(*columns)
        .select_from(Delivery)
        .join(ConsentDecision, of_ruling, isouter=True)
        .where(col(Delivery.subject_id).in_(began))
    )
    items: dict[str, dict[str, bool]] = {}
    times: dict[str, datetime] = {}
    for delivery_id, conversion_id, subject_id, state, ruling in session.exec(sent):
        is_held = state == DeliveryState.HELD and ruling is not None
        items.setdefault(conversion_id or delivery_id, {})[delivery_id] = is_held or state == DeliveryState.UNMATCHED
        if conversion_id is not None:
            times[conversion_id] = began[subject_id]
    again = {key for key, each in items.items() if all(each.values())}
    changed = [{"id": key, "occurred_at": at} for key, at in times.items() if key in again]
    change_rows(session, ConversionRow, changed)
    fresh = {"state": DeliveryState.READY, "due_at": now, **FROM_THE_START}
    due = [delivery_id for key in again for delivery_id in items[key]]
    session.execute(update(Delivery).where(col(Delivery.id).in_(due)).values(fresh))


def _write_facts(hub: Hub, session: Session, by_subject: Mapping[str, Case], enrichment: Enrichment) -> None:
    facts = [(by_subject[fact.subject_id], fact) for fact in enrichment.facts if fact.subject_id in by_subject]
    seal_facts(hub.vault, session, [(case.subject, fact) for case, fact in facts])
    write_rows(session, FactRow, [fact for _, fact in facts])


def _write_decisions(
    hub: Hub, session: Session, by_subject: Mapping[str, Case], enrichment: Enrichment, converted: Converted
) -> None:
    """The decisions on consent, and what the enrichers received because of them."""
    rulings = [ruling for ruling in enrichment.rulings + converted.rulings if ruling.row.subject_id in by_subject]
    accounts = {subject: case.company.account_id for subject, case in by_subject.items()}
    write_evidence(session, ConsentDecision, [ruling.row for ruling in rulings], accounts)
    disclosures = []
    for ruling in enrichment.rulings:
        case = by_subject.get(ruling.row.subject_id)
        name = ruling.row.connector
        if case is not None and ruling.allowed and (name, case.subject.id) not in enrichment.unasked:
            recipient = hub.plugins.connectors[name].manifest.recipient.name
            now, disclosed = ruling.row.decided_at, enrichment.disclosed.get((name, case.subject.id), frozenset())
            disclosures.append(disclosure_row(ruling, case, name, recipient, disclosed, now, delivery_id=None))
    write_evidence(session, Disclosure, disclosures, accounts)


def _write_conversions(session: Session, by_subject: Mapping[str, Case], converted: Converted) -> None:
    made = [row for row in converted.conversions if row.subject_id in by_subject]
    for row in made:
        person = by_subject[row.subject_id].person
        row.person_id = person.id if person else None
    write_rows(session, ConversionRow, made)
    taken_back = [
        {"id": row.id, "retracted": row.retracted, "revision": row.revision}
        for row in converted.retracted
        if row.subject_id in by_subject
    ]
    change_rows(session, ConversionRow, taken_back)
    write_rows(session, Delivery, [row for row in converted.deliveries if row.subject_id in by_subject])


def _meet_people(session: Session, cases: Sequence[Case]) -> None:
    """Use the person that another worker wrote a moment earlier, if there is one. Typed people may exist twice."""
    new = [case for case in cases if case.is_new_person and case.person and not case.person.is_typed]
    numbers = {case.phone_number for case in new if case.phone_number}
    if not numbers:
        return
    found = session.exec(select(Person).where(has_known_number(*numbers)))
    people = {(person.company_id, person.phone_number): person for person in found}
    for case in new:
        met = people.get((case.company.id, case.phone_number), case.person)
        case.person, case.is_new_person = met, met is case.person


def _unlink_visits(session: Session, cases: Sequence[Case]) -> None:
    """Take from a person the visits that only the attribution before had shown to be theirs."""
    visit = Visit.__table__.c
    for case in cases:
        former = case.former_visit
        if former is not None and case.person is not None:
            theirs = [visit.visitor_id == former.visitor_id, visit.company_id == former.company_id]
            theirs += [visit.person_id == case.person.id, visit.started_at <= former.started_at]
            if case.shown_until is not None:
                theirs.append(visit.started_at > case.shown_until)
            session.execute(update(Visit.__table__).where(*theirs).values(person_id=None))


def _link_visits(session: Session, cases: Sequence[Case]) -> None:
    """Mark the visit that a person surely came from as theirs, and that browser's earlier visits to the company.
    Visits that already belong to a person keep that person: the next person at the same browser gets only visits
    without one. The person who typed a form has no visit until a call from it shows whose visit it is."""
    links = [
        {
            "who": case.person.id,
            "visit": case.visit.id,
            "at": case.company.id,
            "browser": case.visit.visitor_id,
            "began": case.visit.started_at,
        }
        for case in cases
        if case.person and case.visit and case.is_sure and case.visit.id not in {v.id for v in case.visits_of_person}
    ]
    if links:
        session.connection().execute(_LINK_VISITS, links)


_visit: Any = Visit.__table__.c
_LINK_VISITS = (
    update(Visit.__table__)
    .where(
        or_(
            _visit.person_id.is_(None),
            select(Person.id).where(col(Person.id) == _visit.person_id, is_typed()).exists(),
        ),
        or_(
            _visit.id == bindparam("visit"),
            and_(
                _visit.visitor_id == bindparam("browser"),
                _visit.company_id == bindparam("at"),
                _visit.started_at <= bindparam("began"),
            ),
        ),
    )
    .values(person_id=bindparam("who"))
)


def changes_of(case: Case) -> Iterator[Change]:
    """What reports must add up again: for the person, and for those to whom the subject and its visit belonged before."""
    # A person who was met just now has no other contacts.
    met = case.person.id if case.person and not case.is_new_person else None
    for visit in (case.visit, *filter(None, [case.former_visit])):
        visited_at, visitor_id = (visit.started_at, visit.visitor_id) if visit else (None, None)
        for person_id in {met, case.subject.person_id, visit.person_id if visit else None}:
            yield Change(case.company.id, case.at, person_id, visited_at, visitor_id)


def finish(
    session: Session, subject_table: type[Subject], subjects: Sequence[Subject], cases: Sequence[Case], now: datetime
) -> None:
    """Release the subjects as done. One without a case is on a number that belongs to no company."""
    by_subject = {case.subject.id: case for case in cases}
    rows = []
    for subject in subjects:
        case = by_subject.get(subject.id)
        row: dict[str, object] = {"id": subject.id, "state": SubjectState.DONE, **ENDED_LEASE}
        row["enriched_at"] = subject.enriched_at or (now if case else None)
        row["person_id"] = case.person.id if case and case.person else subject.person_id
        if isinstance(subject, Call):
            row["first_time_caller"] = not case.has_earlier_call if case and case.person else None
        if isinstance(subject, FormSubmission):
            row["first_time_contact"] = not case.has_earlier_contact if case and case.person else None
        rows.append(row)
    change_rows(session, subject_table, rows)
