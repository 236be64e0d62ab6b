"""The way of a call, text or form, in its order; what a batch found out is written in one short transaction at the end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, or_, update
from sqlmodel import Session, col, select

from hub import metrics
from hub.assembly import Hub
from hub.flow.attribute import attribute
from hub.flow.case import Case, Subject
from hub.flow.case_loading import load_cases, load_past
from hub.flow.consent import disclosure_row
from hub.flow.convert import Converted, convert
from hub.flow.enrich import Enrichment, enrich, tells_others
from hub.flow.firsts import correct_firsts
from hub.flow.hear import hear, refusals_on_forms
from hub.flow.subjects import gates_of_subjects
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
from hub.numbers.directory import Directory
from hub.privacy.withdrawal import LONGEST, sending, speaking, take_effect
from hub.reports.marks import Change, mark
from hub.store.claims import claim, held_ids
from hub.store.journal import write_evidence
from hub.store.names import seal_facts
from hub.store.rows import change_rows, write_rows
from hub.texts.automatic import answer_calls

BATCH = 100


def process(hub: Hub, directory: Directory, subject_table: type[Subject], batch: int = BATCH) -> int:
    """Claim calls (or texts, or forms) with something new, and take them all the way to the outbox; how many were taken."""
    now = hub.clock()
    begun = time.perf_counter()
    token, subjects = claim(hub.store, subject_table, now=now, limit=batch)
    if not subjects:
        return 0
    with hub.heartbeat.keeping(subject_table, token):
        gates = gates_of_subjects(subjects) if tells_others(hub) else set()
        with sending(hub.store, gates, LONGEST) as free:
            if not free:
                return 0  # their leases end, and they are claimed again
            with hub.store.reading() as session:
                cases = load_cases(session, directory, subjects, now)
                load_past(session, cases)

            for case in cases:
                attribute(case, now)
            enrichment = enrich(hub, cases, now)
        converted = convert(hub, cases, now)

        refusing = {word.person_id for word in refusals_on_forms(cases)}
        objectors = [case.person for case in cases if case.person and case.person.id in refusing]
        objectors += [each for case in cases for each in case.named if each.id in refusing]
        with speaking(hub.store, objectors, "refused"), hub.store.writing() as session:
            held = held_ids(session, subject_table, [subject.id for subject in subjects], token)
            ours = [case for case in cases if case.subject.id in held]
            _write(hub, session, ours, enrichment, converted)
            take_effect(session, hub.config, hub.vault, list(refusals_on_forms(ours)), now)
            _finish(session, subject_table, subjects, cases, held, now)
            correct_firsts(session, ours, now)
            ended = [case.subject for case in cases if isinstance(case.subject, Call) and case.subject.id in held]
            answer_calls(session, hub, directory, ended)
            mark(session, [change for case in cases if case.subject.id in held for change in _changes(case)], now)
    metrics.FLOW.labels("pipeline", "done").inc(len(held))
    metrics.FLOW_SECONDS.labels("pipeline").observe(time.perf_counter() - begun)
    return len(subjects)


def _write(hub: Hub, session: Session, cases: Sequence[Case], enrichment: Enrichment, converted: Converted) -> None:
    """Everything that the batch found out on those calls that are still ours."""
    ours = {case.subject.id: case for case in cases}
    people = {case.person.id: case.person for case in cases if case.person and case.is_new_person}
    write_rows(session, Person, list(people.values()))
    _meet_people(session, cases)
    write_rows(session, Attribution, [case.attribution for case in cases if case.attribution])
    _link_visits(session, cases)
    hear(session, cases, hub.clock())
    facts = [(ours[fact.subject_id], fact) for fact in enrichment.facts if fact.subject_id in ours]
    seal_facts(hub.vault, session, [(case.subject, fact) for case, fact in facts])
    write_rows(session, FactRow, [fact for _, fact in facts])
    rulings = [ruling for ruling in enrichment.rulings + converted.rulings if ruling.row.subject_id in ours]
    accounts = {subject: case.company.account_id for subject, case in ours.items()}
    write_evidence(session, ConsentDecision, [ruling.row for ruling in rulings], accounts)
    disclosures = []
    for ruling in enrichment.rulings:
        case = ours.get(ruling.row.subject_id)
        if case is not None and ruling.allowed:
            name = ruling.row.connector
            recipient = hub.plugins.connectors[name].manifest.recipient.name
            now = ruling.row.decided_at
            disclosures.append(
                disclosure_row(ruling, case, name, recipient, ruling.question.categories, now, delivery_id=None)
            )
    write_evidence(session, Disclosure, disclosures, accounts)
    made = [row for row in converted.conversions if row.subject_id in ours]
    for row in made:
        person = ours[row.subject_id].person
        row.person_id = person.id if person else None
    write_rows(session, ConversionRow, made)
    taken_back = [
        {"id": row.id, "retracted": row.retracted, "revision": row.revision}
        for row in converted.retracted
        if row.subject_id in ours
    ]
    change_rows(session, ConversionRow, taken_back)
    write_rows(session, Delivery, [row for row in converted.deliveries if row.subject_id in ours])


def _meet_people(session: Session, cases: Sequence[Case]) -> None:
    """Where another worker wrote a new person a moment earlier, that person it is. Typed ones may stand there twice."""
    new = [case for case in cases if case.is_new_person and case.person and not case.person.is_typed]
    numbers = {case.phone_number for case in new if case.phone_number}
    if not numbers:
        return
    found = session.exec(select(Person).where(has_known_number(*numbers)))
    people = {(person.company_id, person.phone_number): person for person in found}
    for case in new:
        case.person = people.get((case.company.id, case.phone_number), case.person)


def _link_visits(session: Session, cases: Sequence[Case]) -> None:
    """The visit that a person surely came from is known to be theirs, and so are that browser's earlier visits to the
    company. What is known of somebody stays: the next person at the same browser gets only what is nobody's. Whoever typed a
    form has no visit for long: a call from it shows whose it is."""
    visit: Any = Visit.__table__  # type: ignore[attr-defined]
    links = [
        {
            "who": case.person.id,
            "visit": case.visit.id,
            "at": case.company.id,
            "browser": case.visit.visitor_id,
            "began": case.visit.started_at,
        }
        for case in cases
        if case.person and case.visit and case.is_sure and case.visit not in case.visits_of_person
    ]
    if not links:
        return
    earlier = and_(
        visit.c.visitor_id == bindparam("browser"),
        visit.c.company_id == bindparam("at"),
        visit.c.started_at <= bindparam("began"),
    )
    typed = select(Person.id).where(col(Person.id) == visit.c.person_id, is_typed()).exists()
    theirs = (
        update(visit)
        .where(or_(visit.c.person_id.is_(None), typed), or_(visit.c.id == bindparam("visit"), earlier))
        .values(person_id=bindparam("who"))
    )
    session.connection().execute(theirs, links)


def _changes(case: Case) -> Iterator[Change]:
    """What reports must add up anew: for the person, and for whoever the subject was thought to be of before."""
    visited_at, visitor_id = (case.visit.started_at, case.visit.visitor_id) if case.visit else (None, None)
    for person_id in {case.person.id if case.person else None, case.subject.person_id}:
        yield Change(case.company.id, case.at, person_id, visited_at, visitor_id)


def _finish(
    session: Session,
    subject_table: type[Subject],
    subjects: Sequence[Subject],
    cases: Sequence[Case],
    held: set[str],
    now: datetime,
) -> None:
    by_subject = {case.subject.id: case for case in cases}
    rows = []
    for subject in subjects:
        if subject.id not in held:
            continue
        case = by_subject.get(subject.id)
        row: dict[str, Any] = {"id": subject.id, "state": "done", "lease_until": None, "lease_token": None}
        row["enriched_at"] = subject.enriched_at or (now if case else None)
        row["person_id"] = case.person.id if case and case.person else subject.person_id
        if isinstance(subject, Call):
            row["first_time_caller"] = not case.has_earlier_call if case and case.person else None
        if isinstance(subject, FormSubmission):
            row["first_time_contact"] = not case.has_earlier_contact if case and case.person else None
        rows.append(row)
    if rows:
        session.execute(update(subject_table), rows)
