"""Whether each connector works, in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.config.models import Config
from hub.model import Call, ConnectorState, SyncSlot
from hub.model.states import WorkState
from hub.plugin_host.registry import Plugins
from hub.store.companion_troubles import companion_troubles
from hub.store.connectors import why_paused

NEWEST_CALLS = (50, 2_000)
"""How many of the newest calls are searched for a carrier's last one: at first few, which is enough for most hubs."""
Health = Literal["works", "needs_you", "down", "paused", "waiting"]


@dataclass(frozen=True, kw_only=True)
class ConnectorHealth:
    """One connector: its health, and when its provider last answered or called; None if never."""

    name: str
    title: str
    kind: str
    health: Health
    reason: str
    last_at: datetime | None


def connector_health(
    session: Session, config: Config, plugins: Plugins, companies: Iterable[str]
) -> list[ConnectorHealth]:
    """The connectors that serve one of `companies` (names): those that need somebody first, then by name.

    Run it in a session of the hub: a connector may serve several accounts, so no account's session sees its state.
    """
    names = set(companies)
    paused = {row.connector: row for row in session.exec(select(ConnectorState)) if row.paused_at is not None}
    working, troubled = last_activity(session, config), companion_troubles(session)
    found = []
    for name, entry in config.connectors.items():
        if entry.kind == "consent" or not any(entry.serves(each) for each in names):
            continue
        last = working.get(name)
        health, reason = _state(name, paused, plugins, last is not None or entry.kind not in ("carrier", "crm", "ads"))
        if entry.broken:
            health, reason = "needs_you", f"Its plugin cannot be used: {entry.broken}"
        elif health in ("works", "waiting") and name in troubled:
            health, reason = "down", troubled[name].detail
        title = config.connector_title(name)
        found.append(
            ConnectorHealth(name=name, title=title, kind=entry.kind, health=health, reason=reason, last_at=last)
        )
    return sorted(found, key=lambda each: (each.health in ("works", "waiting", "paused"), each.name))


def _state(name: str, paused: dict[str, Any], plugins: Plugins, has_worked: bool) -> tuple[Health, str]:
    if name in paused and paused[name].paused_by:
        return "paused", "Somebody paused it."
    if name in paused:
        return "needs_you", why_paused(paused[name]) or "The provider refused our credentials. Renew them."
    guard = plugins.guards.get(name)
    if guard is not None and any(breaker.state != "closed" for breaker in guard.breakers.values()):
        return "down", "The provider does not answer. Nothing is lost; the hub tries again by itself."
    return ("works", "") if has_worked else ("waiting", "Nothing has come from it yet.")


def last_activity(session: Session, config: Config) -> dict[str, datetime]:
    """Connector → when its last sync ended well, or its last call came."""
    carriers = {name for name, entry in config.connectors.items() if entry.kind == "carrier"}
    synced, called = _last_syncs(session), _last_calls(session, carriers)
    return {name: max(at[name] for at in (synced, called) if name in at) for name in {*synced, *called}}


def _last_syncs(session: Session) -> dict[str, datetime]:
    slots = select(SyncSlot.connector, func.max(SyncSlot.finished_at)).where(
        SyncSlot.state == WorkState.DONE, col(SyncSlot.trouble).is_(None)
    )
    return {name: at for name, at in session.execute(slots.group_by(col(SyncSlot.connector))) if at is not None}


def _last_calls(session: Session, carriers: Set[str]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    newest = select(Call.connector, Call.started_at).order_by(col(Call.started_at).desc())
    for limit in NEWEST_CALLS:
        if carriers - found.keys():
            some = newest.limit(limit).subquery()
            rows = session.execute(select(some.c.connector, func.max(some.c.started_at)).group_by(some.c.connector))
            found = dict(rows.all())
    return found
