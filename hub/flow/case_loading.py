"""Loads what is known about calls, texts and forms, for a whole batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlmodel import Session
from sqlmodel import select as select_objects

from hub.flow.case import CONSENT_FACTS, Case, Subject, as_likely, new_person, time_of
from hub.flow.case_visits import load_visits, visits_by_id
from hub.flow.consent import ANY_REFUSAL
from hub.model import (
    Attribution,
    Call,
    ConsentEntry,
    ConversionRow,
    Delivery,
    FactRow,
    FormSubmission,
    Person,
    PrivacyRequest,
    SpamMark,
    TextMessage,
    Tracker,
)
from hub.model.people import CARRIER, TYPED
from hub.model.states import CLOSED_REQUEST_STATES, SubjectState
from hub.numbers.directory import Directory
from hub.store.rows import read, read_objects

_person, _form, _spoken = Person.__table__.c, FormSubmission.__table__.c, ConsentEntry.__table__.c
_request, _delivery, _fact = PrivacyRequest.__table__.c, Delivery.__table__.c, FactRow.__table__.c


def _any_of(name: str) -> Any:
    return bindparam(name, expanding=True)


# Built once: to build a statement takes longer than to run it.
_PEOPLE = (
    select(*_person)
    .where(or_(_person.phone_number.in_(_any_of("numbers")), _person.email.in_(_any_of("emails"))))
    .order_by(_person.id)
)
_FORMS_BEHIND = (
    select(*_form)
    .where(_form.visit_id.in_(_any_of("visits")), _form.phone_number.in_(_any_of("numbers")))
    .order_by(_form.submitted_at)
)
_CHILDREN = select(_request.company_id, _request.phone_number, _request.email).where(
    _request.company_id.in_(_any_of("companies")),
    _request.kind == "child",
    _request.state.not_in(CLOSED_REQUEST_STATES),
    _request.verified_at.is_not(None),
)
_RARE = select(*ANY_REFUSAL, select(_request.id).limit(1).scalar_subquery())
_ATTRIBUTIONS = select(*Attribution.__table__.c).where(Attribution.__table__.c.subject_id.in_(_any_of("subjects")))
_FACTS = select(*_fact).where(_fact.subject_id.in_(_any_of("subjects")), _fact.name.in_(CONSENT_FACTS))
_SPOKEN = (
    select(*_spoken)
    .where(_spoken.person_id.in_(_any_of("people")), _spoken.scope == "person")
    .order_by(_spoken.stated_at, _spoken.id)
)
_CONVERSIONS = select_objects(ConversionRow).where(ConversionRow.__table__.c.subject_id.in_(_any_of("subjects")))
_MARKS = select(SpamMark.__table__.c.subject_id).where(SpamMark.__table__.c.subject_id.in_(_any_of("subjects")))
_DELIVERIES = select(_delivery.subject_id, _delivery.connector, _delivery.dedup_key).where(
    _delivery.subject_id.in_(_any_of("subjects"))
)


def _first_of_each(table: Any, at: Any) -> Any:
    """The time and the id of each person's first row in a table of contacts."""
    oldest = select(at).where(table.person_id == _person.id).order_by(at, table.id).limit(1).correlate(Person.__table__)
    first, when = (oldest.with_only_columns(each).scalar_subquery() for each in (table.id, at))
    return select(_person.id, when, first).where(_person.id.in_(_any_of("people")))


_FIRST_CALLS = _first_of_each(Call.__table__.c, Call.__table__.c.started_at)
_FIRST_OTHERS = (
    _first_of_each(TextMessage.__table__.c, TextMessage.__table__.c.at),
    _first_of_each(_form, _form.submitted_at),
)


def load_cases(session: Session, directory: Directory, subjects: Sequence[Subject], now: datetime) -> list[Case]:
    """The cases of a batch of calls, texts or forms, without those on numbers that belong to no company."""
    companies, trackers = directory.companies_by_id, directory.trackers_by_id
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
            cases.append(Case(subject, company, tracker, directory.line(subject.tracking_number, time_of(subject))))
    if not cases:
        return []
    _load_people(session, cases, now)
    if met := _met_before(cases):
        _load_attributions(session, met)
    load_visits(session, cases)
    _load_forms_of_callers(session, cases)
    if met:
        _load_facts(session, met)
    ((*any_refusal, any_request),) = read(session, _RARE)
    for case in cases:
        case.hub_may_refuse = any(any_refusal)
    _load_consent(session, cases)
    if any_request:
        _load_children(session, cases)
    return cases


def load_past(session: Session, cases: Sequence[Case]) -> None:
    """Load what came before, and what the cases led to so far. Rules for conversions need it; deliveries do not."""
    if cases:
        _load_earlier_contacts(session, cases)
        if met := _met_before(cases):
            _load_effects(session, met)


def _met_before(cases: Sequence[Case]) -> list[Case]:
    """Those that may have led to something already: all but the ones that the flow has now for the first time."""
    return [
        case
        for case in cases
        if case.subject.enriched_at is not None or case.subject.state not in (SubjectState.READY, SubjectState.LEASED)
    ]


def _load_people(session: Session, cases: Sequence[Case], now: datetime) -> None:
    """Finds the person: the known person whose number called or texted, or the person who typed the same number and
    address before."""
    numbers = {case.phone_number for case in cases if case.phone_number}
    emails = {case.email for case in cases if case.email}
    people = _People()
    for person in read_objects(session, Person, _PEOPLE, numbers=list(numbers), emails=list(emails)):
        people.add(person)
    for case in cases:
        if not case.phone_number and not case.email:
            continue
        is_form = isinstance(case.subject, FormSubmission)
        met = people.typed(case) if is_form else people.known(case)
        if met is None:
            met = new_person(
                case.company.id, case.phone_number, TYPED if is_form else CARRIER, case.at, now, case.email
            )
            people.add(met)
            people.new.add(met.id)
        case.person, case.is_new_person = met, met.id in people.new
    for case in cases:
        same = people.alike(case)
        case.alike = {each.id for each in same}
        if isinstance(case.subject, FormSubmission):
            case.named = [each for each in same if not each.is_typed]


def _load_forms_of_callers(session: Session, cases: Sequence[Case]) -> None:
    """The forms that the visits behind a call sent with the caller's number. A refusal there is the caller's if the
    visit is."""
    calls = [case for case in cases if isinstance(case.subject, Call) and case.phone_number]
    behind = {case.subject.id: case.candidate_ids() for case in calls}
    visits, numbers = set().union(*behind.values()), {case.phone_number for case in calls}
    if not visits:
        return
    forms = read_objects(session, FormSubmission, _FORMS_BEHIND, visits=list(visits), numbers=list(numbers))
    for case in calls:
        case.forms = [
            form
            for form in forms
            if form.phone_number == case.phone_number and form.visit_id in behind[case.subject.id]
        ]


class _People:
    """The people of a batch by their identifiers."""

    def __init__(self) -> None:
        self._by_name: dict[tuple[str, str], dict[str, Person]] = {}
        self.new: set[str] = set()

    def add(self, person: Person) -> None:
        for name in filter(None, (person.phone_number, person.email)):
            self._by_name.setdefault((person.company_id, name), {})[person.id] = person

    def alike(self, case: Case) -> list[Person]:
        """All people, known or typed, with the case's number or address."""
        names = filter(None, (case.phone_number, case.email))
        found = [self._by_name.get((case.company.id, name), {}) for name in names]
        return list({person_id: person for each in found for person_id, person in each.items()}.values())

    def known(self, case: Case) -> Person | None:
        found = self._by_name.get((case.company.id, case.phone_number or ""), {}).values()
        return next((person for person in found if person.known_number), None)

    def typed(self, case: Case) -> Person | None:
        both = (case.phone_number, case.email)
        same = (person for person in self.alike(case) if person.is_typed)
        return next((person for person in same if (person.phone_number, person.email) == both), None)


def _load_earlier_contacts(session: Session, cases: Sequence[Case]) -> None:
    """Whether the person called before, and whether anyone with a form's number or address was in contact before.

    Reads only the first contact of each person, because a robocaller has tens of thousands.
    """
    new = {case.person.id for case in cases if case.person and case.is_new_person}
    people = {case.person.id for case in cases if case.person} - new
    alike = set().union(*(case.alike for case in cases)) - new
    calls = _first_contacts(session, people | alike, _FIRST_CALLS)
    others: dict[str, _Contact] = {}
    if any(isinstance(case.subject, FormSubmission) for case in cases):
        for query in _FIRST_OTHERS:
            for person_id, contact in _first_contacts(session, alike, query).items():
                _keep_earlier(others, person_id, contact)
    for case in cases:  # contacts of this batch have no person in the database yet
        if case.person is not None:
            kind = calls if isinstance(case.subject, Call) else others
            _keep_earlier(kind, case.person.id, (case.at, case.subject.id))
    for case in cases:
        case.has_earlier_call = case.person is not None and _called_before(calls, case.person.id, case.at)
        case.has_earlier_contact = any(
            _called_before(calls, each, case.at) or (each in others and others[each] < (case.at, case.subject.id))
            for each in case.alike
        )


_Contact = tuple[datetime, str]


def _called_before(calls: dict[str, _Contact], person_id: str, at: datetime) -> bool:
    return person_id in calls and calls[person_id][0] < at


def _keep_earlier(first: dict[str, _Contact], person_id: str, contact: _Contact) -> None:
    first[person_id] = min(contact, first.get(person_id, contact))


def _first_contacts(session: Session, people: set[str], query: Any) -> dict[str, _Contact]:
    found = read(session, query, people=list(people)) if people else ()
    return {person_id: (at, contact_id) for person_id, at, contact_id in found if contact_id is not None}


def _load_attributions(session: Session, cases: Sequence[Case]) -> None:
    rows = read_objects(session, Attribution, _ATTRIBUTIONS, subjects=[case.subject.id for case in cases])
    found = {row.subject_id: row for row in rows}
    likely = {row.subject_id: _likely(row) for row in found.values()}
    visits = visits_by_id(session, [visit_id for ids in likely.values() for visit_id in ids])
    for case in cases:
        case.attribution = found.get(case.subject.id)
        if case.attribution is not None and case.attribution.visit_id:
            case.visit = visits.get(case.attribution.visit_id)
            case.candidate_visits = [visits[visit_id] for visit_id in likely[case.subject.id] if visit_id in visits]


def _likely(attribution: Attribution) -> list[str]:
    """The visits that an attribution considers about equally likely, the chosen one first."""
    ids = [
        str(each["visit"])
        for each in attribution.candidates
        if as_likely(float(each["confidence"]), attribution.confidence)
    ]
    return list(dict.fromkeys([attribution.visit_id, *ids])) if attribution.visit_id else []


def _load_facts(session: Session, cases: Sequence[Case]) -> None:
    facts: dict[str, list[FactRow]] = {}
    for fact in read_objects(session, FactRow, _FACTS, subjects=[case.subject.id for case in cases]):
        facts.setdefault(fact.subject_id, []).append(fact)
    for case in cases:
        case.facts = facts.get(case.subject.id, [])


def _load_consent(session: Session, cases: Sequence[Case]) -> None:
    people = {case.person.id for case in cases if case.person and not case.is_new_person}
    people |= {person.id for case in cases for person in case.named}
    entries: dict[str, list[ConsentEntry]] = {}
    if people:
        for entry in read_objects(session, ConsentEntry, _SPOKEN, people=list(people)):
            entries.setdefault(entry.person_id or "", []).append(entry)
    for case in cases:
        case.consent_entries = entries.get(case.person.id, []) if case.person else []
        case.consent_entries_of_named = [entries[person.id] for person in case.named if person.id in entries]


def _load_children(session: Session, cases: Sequence[Case]) -> None:
    """The people whose data a parent asks to have erased, from the proof of who asks until the request is done or
    refused. Laws on children's data apply if their age is known."""
    companies = {case.company.id for case in cases}
    request = read(session, _CHILDREN, companies=list(companies))
    known = {(company_id, name) for company_id, *names in request for name in names if name}
    for case in cases if known else ():
        names = (case.phone_number, case.email)
        case.under_13 = any((case.company.id, name) in known for name in names)


def _load_effects(session: Session, cases: Sequence[Case]) -> None:
    by_subject = {case.subject.id: case for case in cases}
    subjects = list(by_subject)
    for row in session.exec(_CONVERSIONS, params={"subjects": subjects}):
        by_subject[row.subject_id].converted[row.key] = row
    for (subject_id,) in read(session, _MARKS, subjects=subjects):
        by_subject[subject_id].is_spam = True
    for subject_id, connector, dedup_key in read(session, _DELIVERIES, subjects=subjects):
        by_subject[subject_id].sent_to.add((connector, dedup_key))
