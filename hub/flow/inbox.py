"""Folds the inbox: plugins parse the claimed webhooks, and the hub folds their events. Unparsable webhooks are parked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col, select

from hub.contracts.events import Event
from hub.contracts.webhooks import WebhookRequest
from hub.errors import BadPayload, CircuitOpen, PluginAway, PluginDied, PluginTimeout, RetryLater, RingfenceError
from hub.flow.fold.events import EventBatch, keep_events
from hub.hookspecs import CallHooks, CrmHooks
from hub.model import CallTest, InboxWebhook
from hub.model.states import InboxState
from hub.numbers.directory import Directory
from hub.platform import metrics
from hub.platform.error_counts import COUNTS
from hub.plugin_host.registry import many
from hub.runtime import Hub
from hub.store.claims import claim, complete, complete_each
from hub.store.locks import hold_locks
from hub.store.quarantine.deaths import after_death
from hub.store.rows import write_slot
from hub.texts.arriving import person_lock_keys

PLUGIN_WAIT = timedelta(seconds=30)
"""How long webhooks wait if their plugin is late or its circuit breaker is open."""
INBOX_BATCH_SIZE = 200
MAX_HANGS = 10
"""A webhook on which its plugin hangs is parked after so many tries."""
NOT_ITS_FAULT = (RetryLater, CircuitOpen, PluginAway)
"""Errors that say nothing about the webhook itself, which waits."""
TEST_PREFIX = "test/"
"""The inbox names the connector of a test call's webhook so, followed by the test's id; no connector has such a name."""
STOP_WAIT = 5.0
"""Seconds that a person's stop waits for a text to them that is being sent right now."""


@dataclass
class _Parsed:
    batches: list[EventBatch] = field(default_factory=list)
    parked: dict[str, str] = field(default_factory=dict)
    later: dict[str, str] = field(default_factory=dict)
    killed: dict[str, PluginDied] = field(default_factory=dict)
    """Webhooks during which the plugin's own process died."""


def fold_inbox(hub: Hub, directory: Directory, batch: int = INBOX_BATCH_SIZE) -> int:
    """Claim the waiting webhooks of the inbox and fold them into calls; returns how many were claimed."""
    now = hub.clock()
    token, rows = claim(hub.store, InboxWebhook, now=now, limit=batch, plain=True)
    if not rows:
        return 0
    with hub.heartbeat.keeping(InboxWebhook, token):
        _fold(hub, directory, token, rows, now)
    return len(rows)


def _fold(hub: Hub, directory: Directory, token: str, rows: Sequence[InboxWebhook], now: datetime) -> None:
    tests = [row for row in rows if row.connector.startswith(TEST_PREFIX)]
    parsed = _parse(hub, [row for row in rows if not row.connector.startswith(TEST_PREFIX)])
    # A person who says stop gets nothing while that is recorded; a text that hangs at its carrier does not delay
    # others for long.
    keys = person_lock_keys(directory, (event for batch in parsed.batches for event in batch.events))
    with hold_locks(hub.store, keys, STOP_WAIT), hub.store.writing() as session:
        done = [batch.inbox_id for batch in parsed.batches if batch.inbox_id] + [row.id for row in tests]
        complete(session, InboxWebhook, done, token, state=InboxState.DONE, reason=None)
        parked = {"state": InboxState.PARKED}
        complete_each(
            session, InboxWebhook, token, [(i, {**parked, "reason": why}) for i, why in parsed.parked.items()]
        )
        later = {"state": InboxState.READY, "due_at": now + PLUGIN_WAIT}
        complete_each(session, InboxWebhook, token, [(i, {**later, "reason": why}) for i, why in parsed.later.items()])
        for row in rows:
            if row.id in parsed.killed:
                died = after_death(InboxWebhook, row, parsed.killed[row.id], now + PLUGIN_WAIT, now)
                complete(session, InboxWebhook, [row.id], token, **died)
        keep_events(session, hub, directory, parsed.batches, "webhook")
        _note_tests(session, tests, now)
    _sync_soon(hub, parsed.batches, now)
    metrics.FLOW.labels("fold", "done").inc(len(done))
    metrics.FLOW.labels("fold", "parked").inc(len(parsed.parked))


def replay(session: Session, inbox_ids: Sequence[str], now: datetime) -> int:
    """Make parked webhooks ready again after a fix; how many."""
    rows = session.exec(select(InboxWebhook).where(col(InboxWebhook.id).in_(inbox_ids))).all()
    parked = [row for row in rows if row.state == InboxState.PARKED]
    for row in parked:
        row.state, row.due_at, row.reason = InboxState.READY, now, None
        session.add(row)
    return len(parked)


def _note_tests(session: Session, rows: Sequence[InboxWebhook], now: datetime) -> None:
    """Webhooks of test calls end here: they never become calls (hub.web.call_tests)."""
    ids = {row.connector.removeprefix(TEST_PREFIX) for row in rows}
    if ids:
        unread = col(CallTest.id).in_(ids), col(CallTest.folded_at).is_(None)
        session.execute(update(CallTest).where(*unread).values(folded_at=now))


def _sync_soon(hub: Hub, batches: Iterable[EventBatch], now: datetime) -> None:
    """A CRM's webhook holds no events for the hub. It says that a deal changed, so the next sync need not wait."""
    for connector in {each.connector for each in batches if not each.events}:
        if hub.plugins.implements(connector, CrmHooks.pull_outcomes):
            write_slot(hub.store, connector, now, "webhook")


def _parse(hub: Hub, rows: Sequence[InboxWebhook]) -> _Parsed:
    result = _Parsed()
    by_connector: dict[str, list[InboxWebhook]] = {}
    for row in rows:
        by_connector.setdefault(row.connector, []).append(row)
    for connector, mine in by_connector.items():
        if not hub.plugins.implements(connector, CallHooks.parse_webhook):
            result.parked |= {row.id: f"no connector {connector!r} in config.yaml parses it" for row in mine}
            continue
        for row, answer in _answers(hub, connector, mine):
            if isinstance(answer, PluginDied):
                result.killed[row.id] = answer
            elif isinstance(answer, NOT_ITS_FAULT):
                result.later[row.id] = str(answer)
            elif isinstance(answer, RingfenceError):
                COUNTS.note("webhook parked", connector)
                more = (
                    "" if isinstance(answer, BadPayload) else " Replay it after the plugin is fixed: hub inbox replay."
                )
                result.parked[row.id] = f"{answer}{more}"
            else:
                result.batches.append(EventBatch(connector, answer, row.id))
    return result


def _answers(
    hub: Hub, connector: str, rows: Sequence[InboxWebhook]
) -> list[tuple[InboxWebhook, Sequence[Event] | RingfenceError]]:
    """What a connector says about each webhook. If it hangs, halves are tried until the one that it hangs on is alone."""
    try:
        requests = [(_request(row),) for row in rows]
        answers = hub.plugins.call_each(connector, CallHooks.parse_webhook, requests, many(requests))
    except PluginTimeout as error:
        if len(rows) > 1:
            middle = len(rows) // 2
            return _answers(hub, connector, rows[:middle]) + _answers(hub, connector, rows[middle:])
        return [(rows[0], PluginAway(str(error)) if rows[0].attempts < MAX_HANGS else error)]
    except RingfenceError as error:
        return [(row, PluginAway(str(error))) for row in rows]
    return list(zip(rows, answers, strict=True))


def _request(row: InboxWebhook) -> WebhookRequest:
    return WebhookRequest(
        method=row.method,
        url=row.url or "",
        body=row.body or b"",
        received_at=row.received_at,
        headers=json.loads(row.headers or "{}"),
    )
