"""The connectors of an account with their health, quota, waiting items and sign-in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.config.models import ConnectorEntry
from hub.contracts.manifest import Manifest
from hub.contracts.quota import QUOTA_NOTE, Quota, quota_of
from hub.model import Company, ConnectorNote, ConnectorState, ConnectorToken, ConversionRow, Delivery, SyncSlot, User
from hub.model.states import DeliveryState, WorkState
from hub.queries.connector_health import last_activity
from hub.runtime import Hub
from hub.store.companion_troubles import companion_troubles
from hub.store.connectors import why_paused
from hub.store.rows import indexless

WAITING = (DeliveryState.READY, DeliveryState.LEASED)
SLOTS_LOOKED_AT = 200
"""How many of a connector's newest syncs are searched for the first one that failed."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What waits to be sent through one connector."""

    count: int = 0
    oldest_at: datetime | None = None
    """When the oldest conversion among them happened."""


@dataclass(frozen=True, kw_only=True)
class ConnectorSummary:
    """One connector as the list shows it."""

    name: str
    entry: ConnectorEntry
    companies: tuple[str, ...]
    """The titles of the account's companies that it serves."""
    serves_all: bool
    last_at: datetime | None
    paused_at: datetime | None = None
    pause_reason: str = ""
    paused_by: str | None = None
    """The name of the user who paused it; None if the hub did."""
    plugin_died: bool = False
    """Whether the hub paused it because its plugin's process ended too often."""
    update_waits: bool = False
    """Whether a person must decide on the new version of its plugin first."""
    troubled_since: datetime | None = None
    trouble: str = ""
    """Why its last syncs failed, or what is wrong with its process beside the hub."""
    has_companion: bool = False
    """Whether the trouble is that process's."""
    next_try_seconds: float | None = None
    """Until its circuit breaker lets the next request through; None while it is closed."""
    quota: Quota | None = None
    waiting: Waiting = Waiting()
    token: Mapping[str, Any] = field(default_factory=dict)
    """What may be shown of its sign-in: who signed in, since when, until when, with which scopes."""
    signs_in: bool = False
    """Whether people connect it by a sign-in at the provider; with other credentials nobody has to."""

    @property
    def manifest(self) -> Manifest:
        """What its plugin declares."""
        return self.entry.connector_class.manifest

    @property
    def is_unsigned(self) -> bool:
        """Whether it cannot work before somebody signs in."""
        if not self.signs_in or self.token or self.entry.in_sandbox:
            return False
        return self.entry.connector_class.needs_sign_in(self.entry.settings)

    @property
    def is_stopped(self) -> bool:
        """Whether the hub paused it: its credentials were refused, or its plugin's process ended too often."""
        return self.paused_at is not None and self.paused_by is None


def connectors_of(
    session: Session, hub: Hub, companies: Sequence[Company], now: datetime, only: str | None = None
) -> list[ConnectorSummary]:
    """The connectors that serve one of `companies`, in the order of config.yaml; `only` one of them.

    Run it in a session of the hub: a connector may serve several accounts, so no account's session sees its state.
    """
    entries = {
        name: entry
        for name, entry in hub.config.connectors.items()
        if only in (None, name) and any(entry.serves(each.name) for each in companies)
    }
    if not entries:
        return []
    states = {row.connector: row for row in session.exec(select(ConnectorState)) if row.paused_at is not None}
    notes = select(ConnectorNote).where(ConnectorNote.name == QUOTA_NOTE)
    quotas = {row.connector: quota_of(row.value, now) for row in session.exec(notes)}
    signed_in = set(session.exec(select(ConnectorToken.connector).where(func.length(ConnectorToken.ciphertext) > 0)))
    people = {row.paused_by for row in states.values() if row.paused_by}
    names = (
        {user.id: user.name for user in session.exec(select(User).where(col(User.id).in_(people)))} if people else {}
    )
    waiting, last = waiting_items(session, entries, companies), last_activity(session, hub.config)
    found, beside = [], companion_troubles(session)
    for name, entry in entries.items():
        state = states.get(name)
        since, trouble = troubles(session, name) if entry.common.schedule else (None, "")
        if name in beside:
            since, trouble = beside[name].since, beside[name].detail
        found.append(
            ConnectorSummary(
                name=name,
                entry=entry,
                companies=tuple(each.title for each in companies if entry.serves(each.name)),
                serves_all=all(entry.serves(each.name) for each in companies),
                last_at=last.get(name),
                paused_at=state.paused_at if state else None,
                pause_reason=why_paused(state) if state else "",
                paused_by=names.get(state.paused_by, "somebody") if state and state.paused_by else None,
                plugin_died=bool(state and state.plugin_died),
                update_waits=bool(state and state.update_waits),
                troubled_since=since,
                trouble=trouble,
                has_companion=name in beside,
                next_try_seconds=_next_try(hub, name),
                quota=quotas.get(name),
                waiting=waiting.get(name, Waiting()),
                token=shown_token(hub, name) if name in signed_in else {},
                signs_in=hub.plugins.connectors[name].sign_in() is not None,
            )
        )
    return found


def waiting_items(
    session: Session, connectors: Mapping[str, object], companies: Sequence[Company]
) -> dict[str, Waiting]:
    """Connector → what of these companies waits to be sent through it."""
    rows = session.execute(
        select(Delivery.connector, func.count(), func.min(ConversionRow.occurred_at))
        .join(ConversionRow, col(ConversionRow.id) == col(Delivery.conversion_id), isouter=True)
        .where(col(Delivery.state).in_(WAITING), indexless(Delivery.connector).in_(list(connectors)))
        .where(indexless(Delivery.company_id).in_([each.id for each in companies]))
        .group_by(col(Delivery.connector))
    )
    return {name: Waiting(count=count, oldest_at=oldest) for name, count, oldest in rows}


def troubles(session: Session, connector: str) -> tuple[datetime | None, str]:
    """Since when each sync of a connector has failed, and why the last one did; nothing if the last one ended well."""
    query = (
        select(SyncSlot.finished_at, SyncSlot.trouble)
        .where(SyncSlot.connector == connector, SyncSlot.state == WorkState.DONE)
        .order_by(col(SyncSlot.due_at).desc())
        .limit(SLOTS_LOOKED_AT)
    )
    since, words = None, ""
    for finished_at, trouble in session.execute(query):
        if trouble is None:
            break
        since, words = finished_at, words or trouble
    return since, words


def shown_token(hub: Hub, name: str) -> dict[str, object]:
    """What may be shown of a connector's stored sign-in; never the token."""
    token = hub.plugins.connectors[name].services.tokens.load() or {}
    found: dict[str, object] = {key: token[key] for key in ("signed_in_as", "account", "scope") if token.get(key)}
    for key in ("signed_in_at", "sign_in_ends_at", "expires_at"):
        if isinstance(token.get(key), int | float):
            found[key] = datetime.fromtimestamp(token[key], UTC)
    return found


def _next_try(hub: Hub, name: str) -> float | None:
    guard = hub.plugins.guards.get(name)
    waits = [breaker.next_try for breaker in guard.breakers.values()] if guard else []
    return max((wait for wait in waits if wait is not None), default=None)
