"""A call, text or form on its way through the flow, with everything that its stages read, loaded for a whole batch at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, or_, select

from hub.model import (
    Attribution,
    Call,
    Company,
    ConsentEntry,
    ConversionRow,
    Delivery,
    FactRow,
    FormSubmission,
    Lease,
    Person,
    PrivacyRequest,
    TextMessage,
    Tracker,
    Visit,
)
from hub.model.columns import CALL_LIFE
from hub.model.requests import CLOSED
from hub.numbers.directory import Directory, Line

Subject = Call | TextMessage | FormSubmission
CONSENT_FACTS = ("country", "region", "age")
"""What consent is asked by."""
CLOCK_SLACK = timedelta(seconds=2)
"""Carriers' call lists tell whole seconds, and their clocks are not ours."""
SHOWN_FOR = timedelta(hours=1)
"""How long a shared number that was shown to a visitor may still be dialled by that visitor."""


@dataclass
class Case:
    """One call, text or form and what is known around it. Stages fill in what they find out."""

    subject: Subject
    company: Company
    tracker: Tracker | None
    """Whose number was dialled; a form has none."""
    line: Line | None
    person: Person | None = None
    is_new_person: bool = False
    earlier_calls: int = 0
    earlier_contacts: int = 0
    """Of a form's person: earlier calls, texts and forms."""
    attribution: Attribution | None = None
    visit: Visit | None = None
    may_be: list[Visit] = field(default_factory=list)
    """The visits that are as likely the caller's as `visit` is, itself among them: if one of them objects, that counts."""
    held: list[tuple[Lease, Visit]] = field(default_factory=list)
    """Visits that held the dialled number of a pool within its cool-down, newest lease first."""
    remembered: Visit | None = None
    """The latest of the person's own visits that ever held the dialled number of a pool."""
    shown: list[Visit] = field(default_factory=list)
    """Visits that were shown the dialled shared number within the last hour, newest first."""
    sent_from: Visit | None = None
    """The visit on which the form was sent."""
    earlier_visit: Visit | None = None
    """The latest visit before this that is known to be the person's."""
    facts: list[FactRow] = field(default_factory=list)
    """Facts that consent is asked by, where they are known already, and all that this batch learns."""
    words: list[ConsentEntry] = field(default_factory=list)
    under_13: bool = False
    """Somebody who has proven the number or address asks for the erasure of a child's data."""
    visits_of_person: list[Visit] = field(default_factory=list)
    """Every visit known to be the person's: their signals count."""

    converted: dict[str, ConversionRow] = field(default_factory=dict)
    """Conversions made of it so far, by key."""
    sent_to: set[tuple[str, str]] = field(default_factory=set)
    """(connector, dedup key) of the deliveries made of it so far."""

    @property
    def at(self) -> datetime:
        """When the call began, the text came or the form was sent."""
        return moment_of(self.subject)

    @property
    def phone_number(self) -> str | None:
        """The person's number, E.164; None where it is hidden or was not given."""
        match self.subject:
            case Call() as call:
                return call.caller_number
            case TextMessage() as text:
                return text.person_number
            case FormSubmission() as form:
                return form.phone_number

    @property
    def email(self) -> str | None:
        """The person's e-mail address, in lower case: of this form, or known from an earlier one."""
        given = self.subject.email if isinstance(self.subject, FormSubmission) else None
        return given or (self.person.email if self.person else None)

    def fact(self, name: str) -> str | None:
        """The most confident value of a fact."""
        known = [fact for fact in self.facts if fact.name == name and fact.value]
        return max(known, key=lambda fact: fact.confidence).value if known else None


def load_cases(session: Session, directory: Directory, subjects: Sequence[Subject], now: datetime) -> list[Case]:
    """The cases of a batch of calls, texts or forms; those on numbers that belong to nobody are left out."""
    companies = {company.id: company for company in directory.companies.values()}
    trackers = {tracker.id: tracker for each in directory.trackers.values() for tracker in each}
    cases = []
    for subject in subjects:
        company = companies.get(subject.company_id or "")
        if isinstance(subject, FormSubmission):
            if company is not None:
                cases.append(Case(subject, company, None, None))
            continue
        tracker = trackers.get(subject.tracker_id or "")
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
    _load_children(session, cases)
    return cases


def load_past(session: Session, cases: Sequence[Case]) -> None:
    """What came before, and what was made of the cases so far: rules of conversions ask for it, deliveries do not."""
    if cases:
        _count_earlier(session, cases)
        _load_effects(session, cases)


def moment_of(subject: Subject) -> datetime:
    """When the call began, the text came or the form was sent."""
    match subject:
        case Call():
            return subject.started_at
        case TextMessage():
            return subject.at
        case FormSubmission():
            return subject.submitted_at


def _load_people(session: Session, cases: Sequence[Case], now: datetime) -> None:
    """Who it is: the person with this number, else with this e-mail address, else somebody new."""
    numbers = {case.phone_number for case in cases if case.phone_number}
    emails = {case.email for case in cases if case.email}
    by_number: dict[tuple[str, str], Person] = {}
    by_email: dict[tuple[str, str], Person] = {}
    known = select(Person).where(or_(col(Person.phone_number).in_(numbers), col(Person.email).in_(emails)))
    for person in session.exec(known.order_by(col(Person.id))):
        if person.phone_number:
            by_number[person.company_id, person.phone_number] = person
        if person.email:
            by_email.setdefault((person.company_id, person.email), person)
    new: set[str] = set()
    for case in cases:
        number, email = (case.company.id, case.phone_number or ""), (case.company.id, case.email or "")
        if not number[1] and not email[1]:
            continue
        met = by_number.get(number) or by_email.get(email)
        if met is None:
            met = new_person(case.company.id, case.phone_number, case.at, now)
            if isinstance(case.subject, FormSubmission):
                met.email, met.name = case.subject.email, case.subject.name
            new.add(met.id)
        if number[1]:
            by_number.setdefault(number, met)
        if email[1]:
            by_email.setdefault(email, met)
        case.person, case.is_new_person = met, met.id in new


def _count_earlier(session: Session, cases: Sequence[Case]) -> None:
    known = {case.person.id for case in cases if case.person and not case.is_new_person}
    calls = _times(session, known, Call, Call.started_at)
    others: dict[str, list[tuple[datetime, str]]] = {}
    if any(isinstance(case.subject, FormSubmission) for case in cases):
        for table, at in ((TextMessage, TextMessage.at), (FormSubmission, FormSubmission.submitted_at)):
            for person_id, times in _times(session, known, table, at).items():
                others.setdefault(person_id, []).extend(times)
    for case in cases:
        if case.person is not None:
            kind = calls if isinstance(case.subject, Call) else others
            kind.setdefault(case.person.id, []).append((case.at, case.subject.id))
    for case in cases:
        if case.person is not None:
            earlier = {at for at, _ in calls.get(case.person.id, ()) if at < case.at}
            case.earlier_calls = len(earlier)
            case.earlier_contacts = len(earlier) + len(
                {
                    subject
                    for at, subject in others.get(case.person.id, ())
                    if (at, subject) < (case.at, case.subject.id)
                }
            )


def _times(session: Session, people: set[str], table: Any, at: Any) -> dict[str, list[tuple[datetime, str]]]:
    found: dict[str, list[tuple[datetime, str]]] = {}
    if people:
        for person_id, when, subject_id in session.exec(
            select(table.person_id, at, table.id).where(col(table.person_id).in_(people))
        ):
            found.setdefault(person_id, []).append((when, subject_id))
    return found


def new_person(company_id: str, phone_number: str | None, seen_at: datetime, now: datetime) -> Person:
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
    likely = {row.subject_id: _likely(row) for row in found.values()}
    visits = _visits(session, [visit_id for ids in likely.values() for visit_id in ids])
    for case in cases:
        case.attribution = found.get(case.subject.id)
        if case.attribution is not None and case.attribution.visit_id:
            case.visit = visits.get(case.attribution.visit_id)
            case.may_be = [visits[visit_id] for visit_id in likely[case.subject.id] if visit_id in visits]


def as_likely(confidence: float, best: float) -> bool:
    """Whether a candidate is about as likely as the best one."""
    return confidence >= 0.9 * best


def _likely(attribution: Attribution) -> list[str]:
    """The visits that an attribution holds for about equally likely, the chosen one first."""
    ids = [
        str(each["visit"])
        for each in attribution.candidates
        if as_likely(float(each["confidence"]), attribution.confidence)
    ]
    return list(dict.fromkeys([attribution.visit_id, *ids])) if attribution.visit_id else []


def _load_visits(session: Session, cases: Sequence[Case]) -> None:
    open_cases = [case for case in cases if case.attribution is None]
    pool = {case.line.number.id for case in open_cases if case.line and case.line.tracker.type == "session"}
    shared = {case.line.number.id for case in open_cases if case.line and case.line.tracker.type == "source"}
    if pool:
        pooled = [case for case in open_cases if case.line and case.line.number.id in pool]
        _load_leases(session, pooled, SHOWN_FOR)
        _load_leases(
            session, [case for case in pooled if not any(case.at <= lease.expires_at for lease, _ in case.held)]
        )
    if shared:
        earliest = min(case.at for case in open_cases) - SHOWN_FOR
        seen = session.exec(
            select(Visit)
            .where(
                col(Visit.number_shown_id).in_(shared),
                or_(col(Visit.started_at) >= earliest, col(Visit.last_seen_at) >= earliest),
            )
            .order_by(col(Visit.started_at).desc())
        ).all()
        shown: dict[str, list[Visit]] = {}
        for visit in seen:
            shown.setdefault(visit.number_shown_id or "", []).append(visit)
        for case in open_cases:
            case.shown = [
                visit
                for visit in shown.get(case.line.number.id if case.line else "", [])
                if visit.started_at <= case.at + CLOCK_SLACK
                and case.at - SHOWN_FOR <= (visit.last_seen_at or visit.started_at)
            ]
    forms = {case.subject.visit_id for case in open_cases if isinstance(case.subject, FormSubmission)}
    sent_from = _visits(session, [visit_id for visit_id in forms if visit_id])
    for case in open_cases:
        if isinstance(case.subject, FormSubmission):
            case.sent_from = sent_from.get(case.subject.visit_id or "")
    _load_visits_of_people(session, cases)
    _load_remembered(session, [case for case in open_cases if case.line and case.line.number.id in pool])


def _load_leases(session: Session, cases: Sequence[Case], longest: timedelta = timedelta.max) -> None:
    """The leases of the dialled numbers that had ended for no longer than the pool's cool-down, and `longest`.

    Most calls find their visitor's live lease; only for the others the long list of earlier visitors is read.
    """
    if not cases:
        return
    numbers = {case.line.number.id for case in cases if case.line}
    ended = {case.subject.id: case.at - min(longest, _cool_down(case)) for case in cases}
    leases = session.exec(
        select(Lease, Visit)
        .join(Visit, col(Visit.id) == col(Lease.visit_id))
        .where(
            col(Lease.tracking_number_id).in_(numbers),
            col(Lease.expires_at) >= min(ended.values()),
            col(Lease.granted_at) <= max(case.at for case in cases) + CLOCK_SLACK,
        )
        .order_by(col(Lease.granted_at).desc())
    ).all()
    by_number: dict[str, list[tuple[Lease, Visit]]] = {}
    for lease, visit in leases:
        by_number.setdefault(lease.tracking_number_id, []).append((lease, visit))
    for case in cases:
        case.held = [
            (lease, visit)
            for lease, visit in by_number.get(case.line.number.id if case.line else "", [])
            if lease.granted_at <= case.at + CLOCK_SLACK and ended[case.subject.id] <= lease.expires_at
        ]


def _cool_down(case: Case) -> timedelta:
    return timedelta(seconds=case.tracker.cool_down_seconds if case.tracker else 0)


def _load_remembered(session: Session, cases: Sequence[Case]) -> None:
    visits = {visit.id for case in cases for visit in case.visits_of_person}
    numbers = {case.line.number.id for case in cases if case.line}
    if not visits:
        return
    held = set(
        session.exec(
            select(Lease.visit_id, Lease.tracking_number_id).where(
                col(Lease.visit_id).in_(visits), col(Lease.tracking_number_id).in_(numbers)
            )
        )
    )
    for case in cases:
        number_id = case.line.number.id if case.line else ""
        case.remembered = next(
            (each for each in case.visits_of_person if (each.id, number_id) in held and each.started_at <= case.at),
            None,
        )


def _load_visits_of_people(session: Session, cases: Sequence[Case]) -> None:
    people = {case.person.id for case in cases if case.person and not case.is_new_person}
    if not people:
        return
    called = session.exec(
        select(Call.person_id, Call.started_at, Visit)
        .join(Attribution, col(Attribution.subject_id) == col(Call.id))
        .join(Visit, col(Visit.id) == col(Attribution.visit_id))
        .where(col(Call.person_id).in_(people))
    ).all()
    linked = session.exec(select(Visit).where(col(Visit.person_id).in_(people))).all()
    known: dict[str, list[tuple[datetime, Visit]]] = {}
    for person_id, at, visit in [*called, *((visit.person_id, visit.started_at, visit) for visit in linked)]:
        known.setdefault(person_id or "", []).append((at, visit))
    for case in cases:
        mine = list(known.get(case.person.id, ())) if case.person else []
        mine.sort(key=lambda each: (each[1].started_at, each[1].id), reverse=True)
        case.visits_of_person = list({visit.id: visit for _, visit in mine}.values())
        case.earlier_visit = next((visit for at, visit in mine if at < case.at), None)


def _load_facts_and_words(session: Session, cases: Sequence[Case]) -> None:
    facts: dict[str, list[FactRow]] = {}
    of_batch = col(FactRow.subject_id).in_([case.subject.id for case in cases])
    for fact in session.exec(select(FactRow).where(of_batch, col(FactRow.name).in_(CONSENT_FACTS))):
        facts.setdefault(fact.subject_id, []).append(fact)
    people = {case.person.id for case in cases if case.person and not case.is_new_person}
    words: dict[str, list[ConsentEntry]] = {}
    if people:
        theirs = (col(ConsentEntry.person_id).in_(people), ConsentEntry.scope == "person")
        spoken = select(ConsentEntry).where(*theirs).order_by(col(ConsentEntry.spoken_at), col(ConsentEntry.position))
        for word in session.exec(spoken):
            words.setdefault(word.person_id or "", []).append(word)
    for case in cases:
        case.facts = facts.get(case.subject.id, [])
        case.words = words.get(case.person.id, []) if case.person else []


def _load_children(session: Session, cases: Sequence[Case]) -> None:
    """Whose data a parent asks to have erased, from the proof of who asks until it is done or refused: laws on the
    data of children speak where their age is known."""
    companies = {case.company.id for case in cases}
    asked = select(PrivacyRequest.company_id, PrivacyRequest.phone_number, PrivacyRequest.email).where(
        col(PrivacyRequest.company_id).in_(companies),
        PrivacyRequest.kind == "child",
        col(PrivacyRequest.state).not_in(CLOSED),
        col(PrivacyRequest.verified_at).is_not(None),
    )
    known = {(company_id, name) for company_id, *names in session.exec(asked) for name in names if name}
    for case in cases if known else ():
        names = (case.phone_number, case.email, case.person and case.person.phone_number)
        case.under_13 = any((case.company.id, name) in known for name in names)


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
