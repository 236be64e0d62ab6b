"""Pause and resume a connector, with the audit entry inside."""

from __future__ import annotations

from collections.abc import Collection

from hub.config.models import Config
from hub.connecting.check import check_connection
from hub.contracts.connector import ConnectionReport
from hub.errors import CannotDo
from hub.runtime import Hub
from hub.store import audit
from hub.store.connectors import pause_by_hand, paused_connectors, resume_within, waits_for_update
from hub.store.rows import write_slot


def pause_connector(hub: Hub, name: str, user_id: str) -> None:
    """Pause a connector: its syncs, texts and calls wait until somebody resumes it."""
    with hub.store.writing() as session:
        if name in paused_connectors(session):
            raise CannotDo(f"{name} is paused already.")
        pause_by_hand(session, name, user_id, hub.clock())
        audit.note(session, hub.clock(), user_id, "connectors.pause", name)


def resume_connector(hub: Hub, name: str, actor: str, *, anyway: bool = False) -> ConnectionReport | None:
    """Resume a paused connector if the provider accepts its credentials, or whatever its check says if a person wants it
    `anyway`. None if it was not paused; otherwise the check. What waited is due at once; if the provider refuses it, the
    connector is paused again and nothing is lost."""
    with hub.store.reading() as session:
        paused = paused_connectors(session)
        if name not in paused:
            return None
        if waits_for_update(session, name):
            raise CannotDo(paused[name])
    hub.plugins.enable(name)
    report = check_connection(hub.plugins, name)
    if report.ok or anyway:
        with hub.store.writing() as session:
            resume_within(session, name)
            audit.note(session, hub.clock(), actor, "connectors.resume", name)
        sync_soon(hub, name)
    return report


def sync_soon(hub: Hub, name: str) -> None:
    """Let the worker sync a connector now, if it is one that syncs."""
    if hub.config.connectors[name].common.schedule is not None:
        write_slot(hub.store, name, hub.clock(), "command")


def refuse_shared(config: Config, name: str, companies: Collection[str]) -> None:
    """CannotDo if a connector also serves companies other than `companies`, those of the user's account."""
    if not is_own(config, name, companies):
        raise CannotDo(f"{name} also serves companies of another account, so only the operator changes it.")


def is_own(config: Config, name: str, companies: Collection[str]) -> bool:
    """Whether a connector serves none but `companies`."""
    return not any(config.connectors[name].serves(each.name) for each in config.companies if each.name not in companies)
