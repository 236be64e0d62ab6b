"""One due sync of one connector: claimed, run, and recorded."""

from __future__ import annotations

from datetime import timedelta

import structlog

from hub.connecting.check import check_connection
from hub.delivery.sync import SyncReport, next_retry, sync
from hub.model import ConnectorState, SyncSlot
from hub.model.states import WorkState
from hub.numbers.directory import LiveDirectory
from hub.runtime import Hub
from hub.store.claims import claim, complete
from hub.store.connectors import end_probe, is_probe_due
from hub.store.rows import write_slot

log = structlog.get_logger(__name__)

SOONEST_RETRY = timedelta(seconds=1)


def run_due_sync(hub: Hub, directory: LiveDirectory, connector: str) -> SyncReport | None:
    """Claim all due slots of a connector and run one sync for them; None if none is due or another process syncs it."""
    mine = {"connector": connector}
    token, slots = claim(hub.store, SyncSlot, now=hub.clock(), limit=1_000, of=mine, alone=True)
    if not slots:
        return None
    with hub.heartbeat.keeping(SyncSlot, token):
        _ask_again(hub, connector)
        report = sync(hub, directory.current(), connector)
    with hub.store.writing() as session:
        ids = [slot.id for slot in slots]
        ended = {"state": WorkState.DONE, "finished_at": hub.clock(), "result": str(report)[:500]}
        complete(session, SyncSlot, ids, token, **ended, trouble=_trouble(report))
    retry_at = None if report.paused else next_retry(hub, connector)
    if retry_at is not None:
        write_slot(hub.store, connector, max(retry_at, hub.clock() + SOONEST_RETRY), "retry")
    return report


def _ask_again(hub: Hub, connector: str) -> None:
    """Resume a connector whose provider refused the sign-in, if it is time to ask again and the provider accepts it now."""
    with hub.store.reading() as session:
        state = session.get(ConnectorState, connector)
    if state is None or not is_probe_due(state, hub.clock()):
        return
    report = check_connection(hub.plugins, connector)
    with hub.store.writing() as session:
        if end_probe(session, state, report.ok, hub.clock()):
            log.info("sign-in accepted again", connector=connector)


def _trouble(report: SyncReport) -> str | None:
    """Why tasks of a sync stopped early; that it was paused before says nothing about the provider."""
    return None if report.was_paused else "; ".join(report.troubles)[:500] or None
