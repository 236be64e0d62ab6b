"""The visits of a batch of cases: who held or saw the dialed number, and where a person came from before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta

from sqlalchemy import bindparam
from sqlmodel import Session, col, func, or_, select

from hub.flow.browser_consent import CONSENT_FIELDS
from hub.flow.case import CLOCK_SLACK, SHOWN_FOR, Case
from hub.model import FormSubmission, Lease, Visit
from hub.model.columns import UTCTime
from hub.numbers.rest.late_calls import LATE_CALLS

MAX_VISITS_OF_PERSON = 200
"""A person may have more visits, for example in a call center; then only those that decide something are read."""
CONSENT_KEYS = (*CONSENT_FIELDS, *(f"default_{name}" for name in CONSENT_FIELDS), "tcf", "gpp")
"""The consent of a visit is read from these."""

_SHOWN = (
    select(Visit)
    .where(
        col(Visit.number_shown_id).in_(bindparam("numbers", expanding=True)),
        col(Visit.started_at) <= bindparam("latest", type_=UTCTime()),
        or_(
            col(Visit.started_at) >= bindparam("earliest", type_=UTCTime()),
            col(Visit.last_seen_at) >= bindparam("earliest", type_=UTCTime()),
        ),
    )
    .order_by(col(Visit.started_at).desc())
)
_LEASES = (
    select(Lease, Visit)
    .join(Visit, col(Visit.id) == col(Lease.visit_id))
    .where(
        col(Lease.tracking_number_id).in_(bindparam("numbers", expanding=True)),
        col(Lease.expires_at) >= bindparam("earliest", type_=UTCTime()),
        col(Lease.granted_at) <= bindparam("latest", type_=UTCTime()),
    )
    .order_by(col(Lease.granted_at).desc())
)


def load_visits(session: Session, cases: Sequence[Case]) -> None:
    """Fill in the visits that may have led to the cases, and the visits of their people."""
    open_cases = [case for case in cases if not case.is_attributed]
    pooled = [case for case in open_cases if case.line and case.line.tracker.type == "session"]
    _load_leases(session, pooled, SHOWN_FOR)
    _load_leases(
        session, [case for case in pooled if not any(case.at <= lease.expires_at for lease, _ in case.lease_visits)]
    )
    _load_shown(session, [case for case in open_cases if case.line and case.line.tracker.type == "source"])
    _load_sent_from(session, open_cases)
    _load_visits_of_people(session, cases)
    _load_remembered(session, pooled)


def _load_shown(session: Session, cases: Sequence[Case]) -> None:
    """The visits that saw the dialed shared numbers within the last hour."""
    if not cases:
        return
    numbers = {case.line.number.id for case in cases if case.line}
    earliest, latest = min(case.at for case in cases) - SHOWN_FOR, max(case.at for case in cases) + CLOCK_SLACK
    seen = session.exec(_SHOWN, params={"numbers": list(numbers), "earliest": earliest, "latest": latest}).all()
    shown: dict[str, list[Visit]] = {}
    for visit in seen:
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


def _load_leases(session: Session, cases: Sequence[Case], longest: timedelta = timedelta.max) -> None:
    """The leases of the dialed numbers that ended within the pool's cool-down, and `longest`.

    Most calls find their visitor's live lease. The long list of earlier visitors is read only for the others.
    """
    if not cases:
        return
    numbers = {case.line.number.id for case in cases if case.line}
    ended = {case.subject.id: case.at - min(longest, _cool_down(case)) for case in cases}
    latest = max(case.at for case in cases) + CLOCK_SLACK
    span = {"numbers": list(numbers), "earliest": min(ended.values()), "latest": latest}
    leases = session.exec(_LEASES, params=span).all()
    by_number: dict[str, list[tuple[Lease, Visit]]] = {}
    for lease, visit in leases:
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
        case.remembered_visit = next(
            (each for each in case.visits_of_person if (each.id, number_id) in held and each.started_at <= case.at),
            None,
        )


def _load_visits_of_people(session: Session, cases: Sequence[Case]) -> None:
    """The visits that a call or text made known as the person's. An uncertain attribution makes none known."""
    people = {case.person.id for case in cases if case.person and not case.is_new_person and not case.person.is_typed}
    if not people:
        return
    counts = select(Visit.person_id, func.count()).where(col(Visit.person_id).in_(people))
    known = {str(person_id): count for person_id, count in session.exec(counts.group_by(col(Visit.person_id)))}
    many = {person_id for person_id, count in known.items() if count > MAX_VISITS_OF_PERSON}
    visits: dict[str, dict[str, Visit]] = {}
    for visit in (*_all_visits(session, known.keys() - many), *_deciding_visits(session, many)):
        visits.setdefault(visit.person_id or "", {})[visit.id] = visit
    for case in cases:
        mine = visits.get(case.person.id, {}) if case.person else {}
        if case.person and case.person.id in many:
            mine = mine | {visit.id: visit for visit in _own_visits(session, case)}
        case.visits_of_person = sorted(mine.values(), key=lambda visit: (visit.started_at, visit.id), reverse=True)
        case.earlier_visit = next((visit for visit in case.visits_of_person if visit.started_at < case.at), None)


def _all_visits(session: Session, people: Collection[str]) -> Iterable[Visit]:
    return session.exec(select(Visit).where(col(Visit.person_id).in_(people))).all() if people else ()


def _deciding_visits(session: Session, people: Collection[str]) -> Iterator[Visit]:
    """For people with very many visits: the newest with each set of privacy choices, and the newest with click ids.

    Of equal choices the latest counts, so the decision on consent is the same as if all visits were read.
    """
    if not people:
        return
    of_people = col(Visit.person_id).in_(people)
    newest = (col(Visit.started_at).desc(), col(Visit.id).desc())
    said = [col(Visit.consent)[name].as_string() for name in CONSENT_KEYS]
    choices = (col(Visit.person_id), col(Visit.gpc), col(Visit.dnt), *said)
    for by, kind, most in (
        (choices, of_people, 1),
        ((col(Visit.person_id),), of_people & col(Visit.clicks_end_at).is_not(None), MAX_VISITS_OF_PERSON),
    ):
        place = func.row_number().over(partition_by=by, order_by=newest).label("place")
        ranked = select(Visit.id, place).where(kind).subquery()
        yield from session.exec(select(Visit).join(ranked, ranked.c.id == Visit.id).where(ranked.c.place <= most))


def _own_visits(session: Session, case: Case) -> Iterator[Visit]:
    """For a person with very many visits: those that the attribution of this case may name."""
    person_id = case.person.id if case.person else None
    if case.visit is not None and case.visit.person_id == person_id:
        yield case.visit
    latest = select(Visit).where(Visit.person_id == person_id)
    latest = latest.order_by(col(Visit.started_at).desc(), col(Visit.id).desc()).limit(1)
    yield from session.exec(latest.where(Visit.started_at < case.at))
    if case.line is not None:
        held = select(Lease.visit_id).where(Lease.tracking_number_id == case.line.number.id)
        yield from session.exec(latest.where(Visit.started_at <= case.at, col(Visit.id).in_(held)))


def visits_by_id(session: Session, ids: Iterable[str]) -> dict[str, Visit]:
    """Visits by their ids; deleted ones are left out."""
    wanted = set(ids)
    if not wanted:
        return {}
    return {visit.id: visit for visit in session.exec(select(Visit).where(col(Visit.id).in_(wanted)))}
