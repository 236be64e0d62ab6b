"""The callers whom nobody has spoken with since they called: the work list of missed calls and voicemails."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.model import Call, Lead, OutgoingCall
from hub.model.marks import LeadStatus
from hub.model.states import CallStatus
from hub.platform.fields import from_fields
from hub.store.encryption.encrypted_fields import names_of
from hub.store.encryption.vault import Vault

MISSED_WITHIN = timedelta(days=14)
"""A call that was missed longer ago is no longer on the list."""
SETTLED = (LeadStatus.BOOKED, LeadStatus.NOT_A_LEAD)
"""A missed call that a user has marked so needs no call back."""


@dataclass(frozen=True, kw_only=True)
class MissedCaller:
    """A caller of one company who waits for a call back."""

    call_id: str
    """The newest of the missed calls."""
    company_id: str
    tracking_number: str | None
    caller_number: str
    caller_name: str | None
    missed: int
    """How many of their calls were missed since somebody last spoke with them."""
    first_missed_at: datetime
    last_missed_at: datetime
    waits: timedelta
    """Since the first of them."""
    voicemail: bool
    """Whether the newest call left a message."""


def missed_not_called_back(
    session: Session, scope: AccessScope, vault: Vault, now: datetime, *, limit: int = 50
) -> list[MissedCaller]:
    """Callers whose calls of the last 14 days were missed and with whom nobody has spoken since, who waits longest first.

    Spoken with: a later call from the number was answered, or a call back to it was. One entry for each caller and company.
    """
    return waiting_callers(session, scope, vault, now, limit=limit)[0]


def waiting_callers(
    session: Session,
    scope: AccessScope,
    vault: Vault,
    now: datetime,
    *,
    companies: Collection[str] | None = None,
    limit: int = 50,
) -> tuple[list[MissedCaller], int]:
    """As `missed_not_called_back`, of some companies or all, and how many callers there are without the limit."""
    total: Any = func.count().over()
    waiting = _waiting(scope, now, companies).add_columns(total.label("total"))
    rows = session.execute(waiting.order_by(func.min(Call.started_at), func.max(Call.id)).limit(limit)).all()
    calls = {call.id: call for call in session.exec(select(Call).where(col(Call.id).in_([row.newest for row in rows])))}
    names = names_of(vault, session, list(calls.values()))
    callers = [_missed(row, calls[row.newest], names.get(row.newest), now) for row in rows]
    return callers, int(rows[0].total) if rows else 0


def newest_missed_calls(session: Session, scope: AccessScope, now: datetime, limit: int) -> frozenset[str]:
    """The ids of the newest missed call of each caller on the list; at most `limit`, the newest."""
    waiting = _waiting(scope, now, None)
    return frozenset(
        row.newest for row in session.execute(waiting.order_by(func.max(Call.started_at).desc()).limit(limit))
    )


def _waiting(scope: AccessScope, now: datetime, companies: Collection[str] | None) -> Any:
    """One row for each caller: the newest call, how many were missed, the first and the last time."""
    query = scope.calls().where(*_nobody_reached(), col(Call.started_at) >= now - MISSED_WITHIN)
    if companies is not None:
        query = query.where(col(Call.company_id).in_(companies))
    what: Sequence[object] = (
        func.max(Call.id).label("newest"),
        func.count().label("missed"),
        func.min(Call.started_at).label("first_at"),
        func.max(Call.started_at).label("last_at"),
    )
    return query.with_only_columns(*what).group_by(col(Call.company_id), col(Call.caller_number))


@cache
def _nobody_reached() -> tuple[Any, ...]:
    """The conditions that a call was missed and that nobody has spoken with the caller since. Made once, as that takes as long
    as the query.

    Both subqueries look up one number in an index, so a caller with very many calls costs no more than others.
    """
    later, back = aliased(Call), aliased(OutgoingCall)
    answered = select(later.id).where(
        later.caller_number == col(Call.caller_number),
        later.company_id == col(Call.company_id),
        col(later.answered_at) > col(Call.started_at),
    )
    called = select(back.id).where(
        back.person_number == col(Call.caller_number),
        back.company_id == col(Call.company_id),
        col(back.answered_at) > col(Call.started_at),
    )
    marked = select(Lead.subject_id).where(Lead.subject_id == col(Call.id), col(Lead.status).in_(SETTLED))
    return (
        col(Call.answered_at).is_(None),
        col(Call.caller_number).is_not(None),
        col(Call.spam).is_(False),
        col(Call.status).in_((CallStatus.COMPLETED, CallStatus.FAILED)),
        ~answered.exists(),
        ~called.exists(),
        ~marked.exists(),
    )


def _missed(row: Any, call: Call, name: str | None, now: datetime) -> MissedCaller:
    assert call.company_id is not None and call.caller_number is not None
    return from_fields(
        MissedCaller,
        call,
        call_id=call.id,
        caller_name=name,
        missed=row.missed,
        first_missed_at=row.first_at,
        last_missed_at=row.last_at,
        waits=now - row.first_at,
    )
