"""The visits of a batch of cases: who held or saw the dialed number, and where a person came from before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Integer, bindparam, exists, func, or_, select
from sqlmodel import Session

from hub.flow.browser_consent import CONSENT_FIELDS
from hub.flow.case import CLOCK_SLACK, SHOWN_FOR, SURE_FROM, Case
from hub.model import Attribution, FormSubmission, Lease, Visit
from hub.model.columns import UTCTime
from hub.numbers.rest.late_calls import LATE_CALLS
from hub.store.rows import indexless, read, read_objects

MAX_VISITS_OF_PERSON = 200
"""A person may have more visits, for example in a call center; then only those that decide something are read."""
LONGEST_VISIT = timedelta(days=1)
"""A visit that began longer before it was seen last is not looked for among those that saw a shared number."""
FEW_VISITS = 50
"""If all people of a batch have no more, nothing needs to be counted."""
CONSENT_KEYS = (*CONSENT_FIELDS, *(f"default_{name}" for name in CONSENT_FIELDS), "tcf", "gpp")
"""The consent of a visit is read from these."""

_visit, _lease, _attribution = Visit.__table__.c, Lease.__table__.c, Attribution.__table__.c
_NUMBERS: Any = bindparam("numbers", expanding=True)
_EARLIEST = bindparam("earliest", type_=UTCTime())
_LATEST, _OF_PEOPLE = bindparam("latest", type_=UTCTime()), _visit.person_id.in_(bindparam("people", expanding=True))
_NEWEST = (_visit.started_at.desc(), _visit.id.desc())

# Built once: to build a statement takes longer than to run it.
_SHOWN = (
    select(*_visit)
    .where(
        _visit.number_shown_id.in_(_NUMBERS),
        _visit.started_at <= _LATEST,
        _visit.started_at >= bindparam("begun", type_=UTCTime()),
        or_(_visit.started_at >= _EARLIEST, _visit.last_seen_at >= _EARLIEST),
    )
    .order_by(_visit.started_at.desc())
)
_OVER = _lease.expires_at < bindparam("first_call", type_=UTCTime())
_NEAR = (
    select(
        _lease.id,
        _OVER.label("over"),
        func.row_number()
        .over(partition_by=(_lease.tracking_number_id, _OVER), order_by=_lease.granted_at.desc())
        .label("place"),
    )
    .where(_lease.tracking_number_id.in_(_NUMBERS), _lease.expires_at >= _EARLIEST, _lease.granted_at <= _LATEST)
    .subquery()
)
# All that ended after the first call began, and of each number the last one before.
_LEASES = (
    select(*_lease, *_visit)
    .join(_NEAR, _NEAR.c.id == _lease.id)
    .join(Visit.__table__, _visit.id == _lease.visit_id)
    .where(or_(~_NEAR.c.over, _NEAR.c.place == 1))
    .order_by(_lease.granted_at.desc())
)
_HELD = select(_lease.visit_id, _lease.tracking_number_id).where(
    _lease.visit_id.in_(bindparam("visits", expanding=True))
)
_BY_ID = select(*_visit).where(_visit.id.in_(bindparam("visits", expanding=True)))
_MOST_OF_PEOPLE = select(*_visit).where(_OF_PEOPLE).limit(bindparam("most", type_=Integer()))
_COUNTS = select(_visit.person_id, func.count()).where(_OF_PEOPLE).group_by(_visit.person_id)
_LATEST_OF = select(*_visit).where(_visit.person_id == bindparam("person")).order_by(*_NEWEST).limit(1)
_LATEST_BEFORE = _LATEST_OF.where(_visit.started_at < _LATEST)
_LATEST_AT = _LATEST_OF.where(
    _visit.started_at <= _LATEST,
    exists().where(_lease.visit_id == _visit.id, indexless(_lease.tracking_number_id) == bindparam("number")),
)
_SHOWN_UNTIL = (
    select(func.max(_visit.started_at, type_=UTCTime()))
    .join(Attribution.__table__, _visit.id == _attribution.visit_id)
    .where(
        _visit.visitor_id == bindparam("browser"),
        _visit.person_id == bindparam("person"),
        _visit.company_id == bindparam("company"),
        _attribution.subject_id != bindparam("subject"),
        _attribution.confidence >= SURE_FROM,
    )
)


def load_visits(session: Session, cases: Sequence[Case]) -> None:
    """Fill in the visits that may have led to the cases, and the visits of their people."""
    open_cases = [case for case in cases if not case.is_attributed]
    pooled = [case for case in open_cases if case.line and case.line.tracker.type == "session"]
    _load_leases(session, pooled, every=False)
    free = [case for case in pooled if not any(case.at <= lease.expires_at for lease, _ in case.lease_visits)]
    _load_leases(session, free, every=True)
    _load_shown(session, [case for case in open_cases if case.line and case.line.tracker.type == "source"])
    _load_sent_from(session, open_cases)
    _load_former(session, [case for case in open_cases if case.attribution is not None])
    _load_visits_of_people(session, cases)
    _load_remembered(session, pooled)


def _load_shown(session: Session, cases: Sequence[Case]) -> None:
    """The visits that saw the dialed shared numbers within the last hour."""
    if not cases:
        return
    numbers = {case.line.number.id for case in cases if case.line}
    earliest, latest = min(case.at for case in cases) - SHOWN_FOR, max(case.at for case in cases) + CLOCK_SLACK
    times = {"begun": earliest - LONGEST_VISIT, "earliest": earliest, "latest": latest}
    shown: dict[str, list[Visit]] = {}
    for visit in read_objects(session, Visit, _SHOWN, numbers=list(numbers), **times):
        shown.setdefault(visit.number_shown_id or "", []).append(visit)
    for case in cases:
        case.shown_visits = [
            visit
            for visit in shown.get(case.line.number.id if case.line else "", [])
            if visit.started_at <= case.at + CLOCK_SLACK
            and case.at - SHOWN_FOR <= (visit.last_seen_at or visit.started_at)
        ]


def _load_sent_from(session: Session, cases: Sequence[Case]) -> None:
    """The visits on which the forms were sent."""
    forms = {case.subject.visit_id for case in cases if isinstance(case.subject, FormSubmission)}
    visits = visits_by_id(session, [visit_id for visit_id in forms if visit_id])
    for case in cases:
        if isinstance(case.subject, FormSubmission):
            case.sent_from = visits.get(case.subject.visit_id or "")


def _load_former(session: Session, cases: Sequence[Case]) -> None:
    """The visits that are no longer the person's, because the contact is attributed again."""
    for case in cases:
        before, visit = case.attribution, case.visit
        if before is None or visit is None or case.person is None or before.confidence < SURE_FROM:
            continue
        about = {"person": case.person.id, "company": case.company.id, "subject": case.subject.id}
        ((case.shown_until,),) = read(session, _SHOWN_UNTIL, browser=visit.visitor_id, **about)
        case.former_visit = visit


def _load_leases(session: Session, cases: Sequence[Case], *, every: bool) -> None:
    """The leases of the dialed numbers that were live, and the last one before if it ended within the hour; with `every` all
    that ended within the pool's cool-down.

    Most calls find their visitor's live lease. The long list of earlier visitors is read only for the others.
    """
    if not cases:
        return
    numbers = {case.line.number.id for case in cases if case.line}
    longest = timedelta.max if every else SHOWN_FOR
    ended = {case.subject.id: case.at - min(longest, _cool_down(case)) for case in cases}
    earliest, of_lease = min(ended.values()), len(_lease)
    times = {
        "earliest": earliest,
        "latest": max(case.at for case in cases) + CLOCK_SLACK,
        "first_call": earliest if every else min(case.at for case in cases),
    }
    by_number: dict[str, list[tuple[Lease, Visit]]] = {}
    for row in read(session, _LEASES, numbers=list(numbers), **times):
        lease = Lease.from_columns(_lease.keys(), row[:of_lease])
        visit = Visit.from_columns(_visit.keys(), row[of_lease:])
        by_number.setdefault(lease.tracking_number_id, []).append((lease, visit))
    for case in cases:
        case.lease_visits = [
            (lease, visit)
            for lease, visit in by_number.get(case.line.number.id if case.line else "", [])
            if lease.granted_at <= case.at + CLOCK_SLACK and ended[case.subject.id] <= lease.expires_at
        ]


def _cool_down(case: Case) -> timedelta:
    """How far back a visitor of the number counts: the pool's cool-down, which stands still while the number rests, because
    nobody else is shown it then."""
    if case.late > LATE_CALLS:
        return timedelta()
    return case.late + timedelta(seconds=case.tracker.cool_down_seconds if case.tracker else 0)


def _load_remembered(session: Session, cases: Sequence[Case]) -> None:
    visits = {visit.id for case in cases for visit in case.visits_of_person}
    if not visits:
        return
    held = {tuple(row) for row in read(session, _HELD, visits=list(visits))}
    for case in cases:
        number_id = case.line.number.id if case.line else ""
        case.remembered_visit = next(
            (each for each in case.visits_of_person if (each.id, number_id) in held and each.started_at <= case.at),
            None,
        )


def _load_visits_of_people(session: Session, cases: Sequence[Case]) -> None:
    """The visits that a call or text made known as the person's. An uncertain attribution makes none known."""
    people = {case.person.id for case in cases if case.person and not case.is_new_person and not case.person.is_typed}
    if not people:
        return
    found, many = _all_visits(session, people, FEW_VISITS), set[str]()
    if len(found) > FEW_VISITS:
        counts = read(session, _COUNTS, people=list(people))
        many = {person_id for person_id, count in counts if count > MAX_VISITS_OF_PERSON}
        rest = people - many
        found = [*_all_visits(session, rest, len(rest) * MAX_VISITS_OF_PERSON), *_deciding_visits(session, many)]
    visits: dict[str, dict[str, Visit]] = {}
    for visit in found:
        visits.setdefault(visit.person_id or "", {})[visit.id] = visit
    for case in cases:
        mine = visits.get(case.person.id, {}) if case.person else {}
        if case.person and case.person.id in many:
            mine = mine | {visit.id: visit for visit in _own_visits(session, case)}
        still = [visit for visit in mine.values() if not case.is_former(visit)]
        case.visits_of_person = sorted(still, key=lambda visit: (visit.started_at, visit.id), reverse=True)
        case.earlier_visit = next((visit for visit in case.visits_of_person if visit.started_at < case.at), None)


def _all_visits(session: Session, people: Collection[str], most: int) -> list[Visit]:
    """One more than `most` shows that there are others."""
    return read_objects(session, Visit, _MOST_OF_PEOPLE, people=list(people), most=most + 1) if people else []


def _deciding_visits(session: Session, people: Collection[str]) -> Iterator[Visit]:
    """For people with very many visits: the newest with each set of privacy choices, and the newest with click ids.

    Of equal choices the latest counts, so the decision on consent is the same as if all visits were read.
    """
    if not people:
        return
    for query in _DECIDING:
        yield from read_objects(session, Visit, query, people=list(people))


def _ranked(by: Sequence[Any], kind: Any, most: int) -> Any:
    """Of each group of people's visits the newest."""
    place = func.row_number().over(partition_by=by, order_by=_NEWEST).label("place")
    ranked = select(_visit.id, place).where(kind).subquery()
    return select(*_visit).join(ranked, ranked.c.id == _visit.id).where(ranked.c.place <= most)


_DECIDING = (
    _ranked(
        (_visit.person_id, _visit.gpc, _visit.dnt, *(_visit.consent[name].as_string() for name in CONSENT_KEYS)),
        _OF_PEOPLE,
        1,
    ),
    _ranked((_visit.person_id,), _OF_PEOPLE & _visit.clicks_end_at.is_not(None), MAX_VISITS_OF_PERSON),
)


def _own_visits(session: Session, case: Case) -> Iterator[Visit]:
    """For a person with very many visits: those that the attribution of this case may name."""
    person_id = case.person.id if case.person else None
    if case.visit is not None and case.visit.person_id == person_id:
        yield case.visit
    yield from read_objects(session, Visit, _LATEST_BEFORE, person=person_id, latest=case.at)
    if case.line is not None:
        number = case.line.number.id
        yield from read_objects(session, Visit, _LATEST_AT, person=person_id, latest=case.at, number=number)


def visits_by_id(session: Session, ids: Iterable[str]) -> dict[str, Visit]:
    """Visits by their ids; deleted ones are left out."""
    wanted = list(set(ids))
    return {visit.id: visit for visit in read_objects(session, Visit, _BY_ID, visits=wanted)} if wanted else {}
