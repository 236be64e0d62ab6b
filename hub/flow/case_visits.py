"""The visits around a batch of cases: who held or saw the dialled number, and where a person came from before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlmodel import Session, col, or_, select

from hub.flow.case import CLOCK_SLACK, SHOWN_FOR, Case
from hub.model import (
    FormSubmission,
    Lease,
    Visit,
)


def load_visits(session: Session, cases: Sequence[Case]) -> None:
    """Fill in the visits that the cases may go back to, and those of the people in them."""
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
    sent_from = visits_by_id(session, [visit_id for visit_id in forms if visit_id])
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
    """The visits that a call or text made known as the person's; an attribution that is not sure makes none known."""
    people = {case.person.id for case in cases if case.person and not case.is_new_person and not case.person.is_typed}
    if not people:
        return
    known: dict[str, list[Visit]] = {}
    linked = select(Visit).where(col(Visit.person_id).in_(people))
    for visit in session.exec(linked.order_by(col(Visit.started_at).desc(), col(Visit.id).desc())):
        known.setdefault(visit.person_id or "", []).append(visit)
    for case in cases:
        case.visits_of_person = known.get(case.person.id, []) if case.person else []
        case.earlier_visit = next((visit for visit in case.visits_of_person if visit.started_at < case.at), None)


def visits_by_id(session: Session, ids: Iterable[str]) -> dict[str, Visit]:
    """Visits by their ids; those that are gone are left out."""
    wanted = set(ids)
    if not wanted:
        return {}
    return {visit.id: visit for visit in session.exec(select(Visit).where(col(Visit.id).in_(wanted)))}
