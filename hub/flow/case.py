"""A call or text on its way through the flow, with everything that its stages read, loaded for a whole batch at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from hub.model import (
    Attribution,
    Call,
    Company,
    ConsentWord,
    ConversionRow,
    Delivery,
    FactRow,
    Lease,
    Person,
    TextMessage,
    Tracker,
    Visit,
)
from hub.model.columns import CALL_LIFE
from hub.numbers.directory import Directory, Line

Subject = Call | TextMessage
COOL_DOWN = timedelta(days=7)
"""How long after its lease a pool's number still points to its last visitors."""
CLOCK_SLACK = timedelta(seconds=2)
"""Carriers' call lists tell whole seconds, and their clocks are not ours."""
SHOWN_FOR = timedelta(hours=1)
"""How long a shared number that was shown to a visitor may still be dialled by that visitor."""


@dataclass
class Case:
    """One call or text and what is known around it. Stages fill in what they find out."""

    subject: Subject
    company: Company
    tracker: Tracker
    line: Line | None
    person: Person | None = None
    is_new_person: bool = False
    earlier_calls: int = 0
    attribution: Attribution | None = None
    visit: Visit | None = None
    held: list[tuple[Lease, Visit]] = field(default_factory=list)
    """Visits that held the dialled number of a pool within the cool-down, newest lease first."""
    shown: list[Visit] = field(default_factory=list)
    """Visits that were shown the dialled shared number within the last hour, newest first."""
    earlier_visit: Visit | None = None
    """The visit that the person's latest earlier call was attributed to."""
    facts: list[FactRow] = field(default_factory=list)
    words: list[ConsentWord] = field(default_factory=list)
    visits_of_person: list[Visit] = field(default_factory=list)
    """Every visit known to be the person's: their signals count."""

    converted: dict[str, ConversionRow] = field(default_factory=dict)
    """Conversions made of it so far, by key."""
    sent_to: set[tuple[str, str]] = field(default_factory=set)
    """(connector, dedup key) of the deliveries made of it so far."""

    @property
    def at(self) -> datetime:
        """When the call or text began."""
        return self.subject.started_at if isinstance(self.subject, Call) else self.subject.received_at

    @property
    def phone_number(self) -> str | None:
        """The person's number, E.164; None where it is hidden."""
        return self.subject.caller_number if isinstance(self.subject, Call) else self.subject.sender_number

    def fact(self, name: str) -> str | None:
        """The most confident value of a fact."""
        known = [fact for fact in self.facts if fact.name == name and fact.value]
        return max(known, key=lambda fact: fact.confidence).value if known else None


def load_cases(session: Session, directory: Directory, subjects: Sequence[Subject], now: datetime) -> list[Case]:
    """The cases of a batch of calls or texts; those on numbers that belong to nobody are left out."""
    companies = {company.id: company for company in directory.companies.values()}
    trackers = {tracker.id: tracker for each in directory.trackers.values() for tracker in each}
    cases = []
    for subject in subjects:
        company, tracker = companies.get(subject.company_id or ""), trackers.get(subject.tracker_id or "")
        if tracker is None and subject.tracker_id:
            tracker = session.get(Tracker, subject.tracker_id)
        if company is not None and tracker is not None:
            cases.append(Case(subject, company, tracker, directory.lines.get(subject.tracking_number or "")))
    if not cases:
        return []
    _load_people(session, cases, now)
    _load_attributions(session, cases)
    _load_visits(session, cases)
    _load_facts_and_words(session, cases)
    _load_effects(session, cases)
    return cases


def _load_people(session: Session, cases: Sequence[Case], now: datetime) -> None:
    numbers = {case.phone_number for case in cases if case.phone_number}
    people = {
        (person.company_id, person.phone_number): person
        for person in session.exec(select(Person).where(col(Person.phone_number).in_(numbers)))
    }
    for case in cases:
        if case.phone_number is None:
            continue
        key = (case.company.id, case.phone_number)
        if key not in people:
            people[key] = new_person(case.company.id, case.phone_number, case.at, now)
            case.is_new_person = True
        case.person = people[key]
    known = [case.person.id for case in cases if case.person and not case.is_new_person]
    calls: dict[str, list[datetime]] = {}
    for person_id, started_at in session.exec(
        select(Call.person_id, Call.started_at).where(col(Call.person_id).in_(known))
    ):
        calls.setdefault(person_id or "", []).append(started_at)
    for case in cases:
        if case.person is not None:
            calls.setdefault(case.person.id, []).append(case.at)
    for case in cases:
        if case.person is not None:
            case.earlier_calls = len({at for at in calls[case.person.id] if at < case.at})


def new_person(company_id: str, phone_number: str, seen_at: datetime, now: datetime) -> Person:
    """A person that a company has not heard of before."""
    return Person(
        company_id=company_id, phone_number=phone_number, first_seen_at=min(seen_at, now), expires_at=now + CALL_LIFE
    )


def _load_attributions(session: Session, cases: Sequence[Case]) -> None:
    found = {
        row.subject_id: row
        for row in session.exec(
            select(Attribution).where(col(Attribution.subject_id).in_([case.subject.id for case in cases]))
        )
    }
    visits = _visits(session, [row.visit_id for row in found.values() if row.visit_id])
    for case in cases:
        case.attribution = found.get(case.subject.id)
        if case.attribution is not None and case.attribution.visit_id:
            case.visit = visits.get(case.attribution.visit_id)


def _load_visits(session: Session, cases: Sequence[Case]) -> None:
    open_cases = [case for case in cases if case.attribution is None]
    pool = {case.line.number.id for case in open_cases if case.line and case.tracker.type == "session"}
    shared = {case.line.number.id for case in open_cases if case.line and case.tracker.type == "source"}
    if pool:
        earliest = min(case.at for case in open_cases) - COOL_DOWN
        leases = session.exec(
            select(Lease, Visit)
            .join(Visit, col(Visit.id) == col(Lease.visit_id))
            .where(col(Lease.tracking_number_id).in_(pool), col(Lease.expires_at) >= earliest)
            .order_by(col(Lease.granted_at).desc())
        ).all()
        by_number: dict[str, list[tuple[Lease, Visit]]] = {}
        for lease, visit in leases:
            by_number.setdefault(lease.tracking_number_id, []).append((lease, visit))
        for case in open_cases:
            case.held = [
                (lease, visit)
                for lease, visit in by_number.get(case.line.number.id if case.line else "", [])
                if lease.granted_at <= case.at + CLOCK_SLACK and case.at - COOL_DOWN <= lease.expires_at
            ]
    if shared:
        earliest = min(case.at for case in open_cases) - SHOWN_FOR
        seen = session.exec(
            select(Visit)
            .where(col(Visit.number_shown_id).in_(shared), col(Visit.started_at) >= earliest)
            .order_by(col(Visit.started_at).desc())
        ).all()
        shown: dict[str, list[Visit]] = {}
        for visit in seen:
            shown.setdefault(visit.number_shown_id or "", []).append(visit)
        for case in open_cases:
            case.shown = [
                visit
                for visit in shown.get(case.line.number.id if case.line else "", [])
                if case.at - SHOWN_FOR <= visit.started_at <= case.at + CLOCK_SLACK
            ]
    _load_visits_of_people(session, cases)


def _load_visits_of_people(session: Session, cases: Sequence[Case]) -> None:
    people = {case.person.id for case in cases if case.person and not case.is_new_person}
    if not people:
        return
    rows = session.exec(
        select(Call.person_id, Call.started_at, Visit)
        .join(Attribution, col(Attribution.subject_id) == col(Call.id))
        .join(Visit, col(Visit.id) == col(Attribution.visit_id))
        .where(col(Call.person_id).in_(people))
        .order_by(col(Call.started_at).desc())
    ).all()
    for case in cases:
        mine = [(at, visit) for person_id, at, visit in rows if case.person and person_id == case.person.id]
        case.visits_of_person = [visit for _, visit in mine]
        case.earlier_visit = next((visit for at, visit in mine if at < case.at), None)


def _load_facts_and_words(session: Session, cases: Sequence[Case]) -> None:
    facts: dict[str, list[FactRow]] = {}
    for fact in session.exec(select(FactRow).where(col(FactRow.subject_id).in_([case.subject.id for case in cases]))):
        facts.setdefault(fact.subject_id, []).append(fact)
    people = {case.person.id for case in cases if case.person and not case.is_new_person}
    words: dict[str, list[ConsentWord]] = {}
    if people:
        spoken = select(ConsentWord).where(col(ConsentWord.person_id).in_(people)).order_by(col(ConsentWord.spoken_at))
        for word in session.exec(spoken):
            words.setdefault(word.person_id, []).append(word)
    for case in cases:
        case.facts = facts.get(case.subject.id, [])
        case.words = words.get(case.person.id, []) if case.person else []


def _load_effects(session: Session, cases: Sequence[Case]) -> None:
    by_subject = {case.subject.id: case for case in cases}
    for row in session.exec(select(ConversionRow).where(col(ConversionRow.subject_id).in_(by_subject))):
        by_subject[row.subject_id].converted[row.key] = row
    made = select(Delivery.subject_id, Delivery.connector, Delivery.dedup_key)
    for subject_id, connector, dedup_key in session.exec(made.where(col(Delivery.subject_id).in_(by_subject))):
        by_subject[subject_id].sent_to.add((connector, dedup_key))


def _visits(session: Session, ids: Iterable[str]) -> dict[str, Visit]:
    wanted = set(ids)
    if not wanted:
        return {}
    return {visit.id: visit for visit in session.exec(select(Visit).where(col(Visit.id).in_(wanted)))}
