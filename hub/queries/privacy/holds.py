"""Legal holds, and the requests that they keep from being carried out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.model import Company, LegalHold, PrivacyRequest
from hub.model.requests import EVERYBODY
from hub.model.states import RequestState


@dataclass(frozen=True)
class HoldShown:
    """One legal hold; the person is known only by a keyed hash."""

    hold: LegalHold
    company: str
    """The company's name in config.yaml."""
    title: str
    everybody: bool
    requests: tuple[str, ...] = ()
    """Ids of the requests that it keeps from being carried out."""


def holds_of(session: Session, companies: Collection[str], *, everything: bool = False) -> list[HoldShown]:
    """The legal holds of some companies that are in force, or all, the oldest first."""
    query = select(LegalHold, Company.name, Company.title).join(Company, col(Company.id) == col(LegalHold.company_id))
    query = query.where(col(LegalHold.company_id).in_(companies))
    if not everything:
        query = query.where(col(LegalHold.lifted_at).is_(None))
    rows = session.exec(query.order_by(col(LegalHold.set_at), col(LegalHold.id))).all()
    held = _held(session, {hold.company_id for hold, _, _ in rows if hold.lifted_at is None})
    return [
        HoldShown(hold, name, title, hold.fingerprint == EVERYBODY, _kept_back(hold, held))
        for hold, name, title in rows
    ]


def count_holds(session: Session, companies: Collection[str]) -> int:
    """How many legal holds are in force."""
    live = select(func.count()).select_from(LegalHold).where(col(LegalHold.company_id).in_(companies))
    return int(session.execute(live.where(col(LegalHold.lifted_at).is_(None))).scalar_one())


def _held(session: Session, companies: Collection[str]) -> Mapping[str, list[tuple[str, str]]]:
    """Company → (id, fingerprint) of its requests that a hold stops."""
    columns = (PrivacyRequest.company_id, PrivacyRequest.id, PrivacyRequest.fingerprint)
    stopped = select(*columns).where(
        col(PrivacyRequest.company_id).in_(companies), PrivacyRequest.state == RequestState.HELD
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for company_id, request_id, fingerprint in session.execute(stopped) if companies else ():
        found.setdefault(company_id, []).append((request_id, fingerprint))
    return found


def _kept_back(hold: LegalHold, held: Mapping[str, list[tuple[str, str]]]) -> tuple[str, ...]:
    if hold.lifted_at is not None:
        return ()
    return tuple(
        request_id
        for request_id, fingerprint in held.get(hold.company_id, ())
        if hold.fingerprint in (EVERYBODY, fingerprint)
    )
