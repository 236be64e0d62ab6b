"""Calls that ring or are under way now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.model import Attribution, Call
from hub.model.states import CallStatus
from hub.platform.fields import from_fields
from hub.store.encryption.encrypted_fields import names_of
from hub.store.encryption.vault import Vault

MAX_AGE = timedelta(hours=4)
"""An older call without an end has lost its last webhook; the comparison with the carrier's list will end it."""
MAX_SHOWN = 50


@dataclass(frozen=True, kw_only=True)
class LiveCall:
    """A call now. `source` is empty until its cause is known, which takes a moment."""

    id: str
    caller_number: str | None
    caller_name: str | None
    first_time: bool | None
    started_at: datetime
    answered_at: datetime | None
    source: str | None
    keyword: str | None


def live_calls(
    session: Session, scope: AccessScope, vault: Vault, companies: Sequence[str], now: datetime
) -> list[LiveCall]:
    """The calls of some companies that are not over, the newest first; at most 50."""
    rows = list(session.exec(_live(scope, companies, now)))
    names = names_of(vault, session, rows)
    causes: dict[str, Any] = {
        each.subject_id: each
        for each in session.exec(select(Attribution).where(col(Attribution.subject_id).in_([row.id for row in rows])))
    }
    return [
        from_fields(
            LiveCall,
            row,
            caller_name=names.get(row.id),
            first_time=row.first_time_caller,
            source=f"{cause.source} / {cause.medium}" if (cause := causes.get(row.id)) else None,
            keyword=cause.keyword if cause else None,
        )
        for row in rows
    ]


def live_state(session: Session, scope: AccessScope, companies: Sequence[str], now: datetime) -> tuple[str, ...]:
    """What changes whenever `live_calls` does; cheaper to read."""
    return tuple(f"{row.id} {row.status} {row.answered_at}" for row in session.exec(_live(scope, companies, now)))


def _live(scope: AccessScope, companies: Sequence[str], now: datetime) -> Any:
    under_way = scope.calls().where(
        col(Call.company_id).in_(companies),
        Call.started_at > now - MAX_AGE,
        col(Call.status).in_((CallStatus.RINGING, CallStatus.IN_PROGRESS)),
    )
    return under_way.order_by(col(Call.started_at).desc(), col(Call.id).desc()).limit(MAX_SHOWN)
