"""Reconcile: compares each carrier's own call list with ours, so that a call whose webhooks never came is found."""

from __future__ import annotations

from datetime import datetime, timedelta

from hub.contracts.events import CallEvent
from hub.flow.fold.events import EventBatch, keep_events
from hub.hookspecs import CallHooks
from hub.numbers.directory import Directory
from hub.runtime import Hub
from hub.store.connectors import move_cursor, read_cursor

STREAM = "calls"
OVERLAP = timedelta(hours=4)
"""Calls are listed by their start, so a long one may end after a later one was seen."""
FIRST_LOOK = timedelta(days=1)
RECONCILE_BATCH_SIZE = 500


def reconcile(hub: Hub, directory: Directory, connector: str) -> int:
    """Fold the carrier's call list into ours; returns how many calls were found or completed."""
    now = hub.clock()
    with hub.store.reading() as session:
        cursor = read_cursor(session, connector, STREAM)
    since = datetime.fromisoformat(cursor) - OVERLAP if cursor else now - FIRST_LOOK
    events = hub.plugins.call(connector, CallHooks.list_calls, since)
    by_call: dict[str, list[CallEvent]] = {}
    for event in events:
        by_call.setdefault(event.call_id, []).append(event)
    changed = 0
    batches = [EventBatch(connector, each) for each in by_call.values()]
    for start in range(0, len(batches), RECONCILE_BATCH_SIZE):
        with hub.store.writing() as session:
            changed += keep_events(session, hub, directory, batches[start : start + RECONCILE_BATCH_SIZE], "reconcile")
    with hub.store.writing() as session:
        move_cursor(session, connector, STREAM, now.isoformat(), now)
    return changed
