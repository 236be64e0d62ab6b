"""Calls that ring or are under way now, and whether something has just happened that an open page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, literal, union_all
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from hub.access.scope import AccessScope
from hub.model import Call, FormSubmission, LeadChange, OutgoingCall, QueueEntry, TextMessage, TranscriptRow
from hub.model.calls import MAX_CALL_AGE, UNDER_WAY
from hub.queries.activity.event_tail import id_at
from hub.queries.contact.view import ContactView, contact_views, read_parts
from hub.store.encryption.vault import Vault
from hub.store.rows import indexless

MAX_SHOWN = 50
RECENT = timedelta(seconds=60)
"""Rows this young are looked at for what is new; longer than a slow commit and the differences of clocks."""
SLOW = timedelta(minutes=30)
"""The same of rows that change long after they were made: calls back, transcripts."""


@dataclass(frozen=True)
class LiveState:
    """What an open page would show now: the calls under way, and the states of recent rows."""

    under_way: frozenset[str]
    recent: frozenset[str]

    def differs_from(self, former: LiveState | None) -> bool:
        """Whether something has happened since. A row that has only become old does not count."""
        return former is None or self.under_way != former.under_way or not self.recent <= former.recent


def live_calls(
    session: Session, scope: AccessScope, vault: Vault, companies: Sequence[str], now: datetime
) -> list[ContactView]:
    """The calls of some companies that are not over, the newest first; at most 50. The cause of a call is known a moment
    after its beginning."""
    live = contact_views(session, vault, session.exec(_live(scope, companies, now)).all(), scope.user)
    read_parts(live, "name", "cause", "answered_by")
    return live


def live_state(session: Session, scope: AccessScope, companies: Sequence[str], now: datetime) -> LiveState:
    """What changes whenever the overview does, in two statements; cheaper to read than what it shows."""
    calls = session.exec(_live(scope, companies, now)).all()
    return LiveState(
        frozenset(f"{row.id} {row.status} {row.answered_at}" for row in calls),
        frozenset(" ".join(map(str, row)) for row in session.execute(_recent(companies, now))),
    )


def _recent(companies: Sequence[str], now: datetime) -> Any:
    """The states of what came in, was written, marked or called back lately. Ids sort by time."""
    new, slow, nothing = id_at(now - RECENT), id_at(now - SLOW), literal("")
    watched: tuple[tuple[Any, str, Any, Any], ...] = (
        (Call, new, col(Call.status), col(Call.state)),
        (TextMessage, new, col(TextMessage.status), col(TextMessage.state)),
        (FormSubmission, new, col(FormSubmission.state), nothing),
        (LeadChange, new, col(LeadChange.status), nothing),
        (OutgoingCall, slow, col(OutgoingCall.status), nothing),
        (QueueEntry, slow, col(QueueEntry.state), func.coalesce(col(QueueEntry.agent), "")),
    )
    parts = [
        select_columns(table.id, state.label("state"), more.label("more")).where(
            table.id >= since, indexless(table.company_id).in_(companies)
        )
        for table, since, state, more in watched
    ]
    written = select_columns(col(TranscriptRow.id), col(TranscriptRow.state), nothing)
    return union_all(*parts, written.where(col(TranscriptRow.id) >= slow))


def _live(scope: AccessScope, companies: Sequence[str], now: datetime) -> Any:
    under_way = scope.calls().where(
        col(Call.company_id).in_(companies),
        Call.started_at > now - MAX_CALL_AGE,
        col(Call.status).in_(UNDER_WAY),
    )
    return under_way.order_by(col(Call.started_at).desc(), col(Call.id).desc()).limit(MAX_SHOWN)
