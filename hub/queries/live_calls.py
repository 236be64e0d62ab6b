"""Calls that ring or are under way now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col

from hub.access.scope import AccessScope
from hub.model import Call
from hub.model.states import CallStatus
from hub.queries.contact.view import ContactView, contact_views, read_parts
from hub.store.encryption.vault import Vault

MAX_AGE = timedelta(hours=4)
"""An older call without an end has lost its last webhook; the comparison with the carrier's list will end it."""
MAX_SHOWN = 50


def live_calls(
    session: Session, scope: AccessScope, vault: Vault, companies: Sequence[str], now: datetime
) -> list[ContactView]:
    """The calls of some companies that are not over, the newest first; at most 50. The cause of a call is known a moment
    after its beginning."""
    live = contact_views(session, vault, session.exec(_live(scope, companies, now)).all(), scope.user)
    read_parts(live, "name", "cause")
    return live


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
