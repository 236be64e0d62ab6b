"""Why a contact has its source: the rule, its steps, and every visit that it could be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from hub.model import Attribution, Lease, PageView, TrackingNumber, Visit
from hub.store.rows import indexless

MAX_CANDIDATES = 10
MAX_PAGES = 8


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One visit that may have led to the contact."""

    visit_id: str
    at: datetime | None
    """When the visit began; None if the visit is deleted."""
    source: str
    medium: str | None
    why: str
    confidence: float


@dataclass(frozen=True, kw_only=True)
class NumberShown:
    """A number that a visit's page showed, and until when it was held for the visit."""

    at: datetime
    until: datetime
    number: str


@dataclass(frozen=True, kw_only=True)
class SourceEvidence:
    """A contact's cause with its evidence. `visit` is None if no visit led to it or the visit is deleted."""

    cause: Attribution
    visit: Visit | None
    candidates: Sequence[Candidate]
    shown: Sequence[NumberShown]
    pages: int
    """How many pages the visitor looked at."""
    last_pages: Sequence[PageView]


def source_evidence(session: Session, subject_id: str, tracking_number: str | None) -> SourceEvidence | None:
    """Why a contact has its source; None before the flow has attributed it."""
    cause = session.get(Attribution, subject_id)
    if cause is None:
        return None
    reported = cause.candidates[:MAX_CANDIDATES]
    ids = {each["visit"] for each in reported} | ({cause.visit_id} if cause.visit_id else set())
    visits = {row.id: row for row in session.exec(select(Visit).where(col(Visit.id).in_(ids)))} if ids else {}
    visit = visits.get(cause.visit_id or "")
    of_visit = PageView.visit_id == cause.visit_id
    pages = session.exec(select(func.count()).select_from(PageView).where(of_visit)).one() if visit else 0
    latest = select(PageView).where(of_visit).order_by(col(PageView.id).desc()).limit(MAX_PAGES)
    return SourceEvidence(
        cause=cause,
        visit=visit,
        candidates=[_candidate(each, visits.get(each["visit"])) for each in reported],
        shown=_shown(session, visit, tracking_number) if visit and tracking_number else (),
        pages=pages,
        last_pages=list(session.exec(latest))[::-1] if pages else (),
    )


def _candidate(reported: dict[str, object], visit: Visit | None) -> Candidate:
    return Candidate(
        visit_id=str(reported["visit"]),
        at=visit.started_at if visit else None,
        source=str(reported["source"]),
        medium=visit.medium if visit else None,
        why=str(reported["why"]),
        confidence=float(reported["confidence"]),  # type: ignore[arg-type]
    )


def _shown(session: Session, visit: Visit, tracking_number: str) -> list[NumberShown]:
    query = (
        select(Lease)
        .join(TrackingNumber, col(TrackingNumber.id) == indexless(Lease.tracking_number_id))
        .where(Lease.visit_id == visit.id, TrackingNumber.number == tracking_number)
        .order_by(col(Lease.granted_at))
    )
    leases = session.exec(query)
    return [NumberShown(at=each.granted_at, until=each.expires_at, number=tracking_number) for each in leases]
