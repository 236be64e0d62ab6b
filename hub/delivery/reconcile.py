"""Reconcile: compares each carrier's own lists of calls and texts with ours, so that one whose webhooks never came is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeGuard

from sqlmodel import Session, col, or_, select

from hub.config.callflow.context import TAKEN, WITH_KEY, phones_rung
from hub.contracts.events import CallEvent, Event, MessageEvent
from hub.contracts.texts import TextListQuery
from hub.flow.fold.events import EventBatch, keep_events
from hub.flow.inbox import STOP_WAIT
from hub.hookspecs import CallHooks, TextHooks
from hub.model import CallStep, TextMessage
from hub.numbers.directory import Directory
from hub.runtime import Hub
from hub.store.connectors import move_cursor, read_cursor
from hub.store.locks import hold_locks
from hub.texts.arriving import person_lock_keys

CALLS, TEXTS = "calls", "texts"
OVERLAP = timedelta(hours=4)
"""Calls are listed by their start, so a long one may end after a later one was seen; a carrier may list a text late."""
FIRST_LOOK = timedelta(days=1)
RECONCILE_BATCH_SIZE = 500
LEFT_TO_WEBHOOKS = timedelta(minutes=2)
"""A younger text is left to its webhook, which may say more: whether the carrier has answered a STOP."""
CLOCKS_DIFFER = timedelta(days=1)
"""A text's time in our table may differ from the carrier's list by this."""


def reconcile(hub: Hub, directory: Directory, connector: str) -> int:
    """Fold the carrier's call list into ours; returns how many calls were found or completed.

    Each list holds the calls of hours, so a call that is listed as before was folded already.
    """
    now = hub.clock()
    since = _since(hub, connector, CALLS, now)
    events = hub.plugins.call(connector, CallHooks.list_calls, since)
    by_call: dict[str, list[CallEvent]] = {}
    for event in events:
        by_call.setdefault(event.call_id, []).append(event)
    known = hub.listed_calls.get(connector, {})
    listed = {call_id: hash(tuple(each)) for call_id, each in by_call.items()}
    batches = [
        EventBatch(connector, each) for call_id, each in by_call.items() if known.get(call_id) != listed[call_id]
    ]
    changed = 0
    for start in range(0, len(batches), RECONCILE_BATCH_SIZE):
        with hub.store.writing() as session:
            batch = _without_voicemails(session, connector, batches[start : start + RECONCILE_BATCH_SIZE])
            changed += keep_events(session, hub, directory, batch, "reconcile")
    hub.listed_calls[connector] = listed
    with hub.store.writing() as session:
        move_cursor(session, connector, CALLS, now.isoformat(), now)
    return changed


def _without_voicemails(session: Session, connector: str, batches: Sequence[EventBatch]) -> list[EventBatch]:
    """The events without answers of phones that take a call with a key only, if nobody pressed it: a list shows that a phone
    was picked up, be it by a voicemail."""
    answered = {event.call_id for each in batches for event in each.events if _answers(event)}
    if not answered:
        return list(batches)
    rows = session.exec(
        select(CallStep.carrier_call_id, CallStep.result).where(
            CallStep.connector == connector,
            col(CallStep.carrier_call_id).in_(answered),
            or_(col(CallStep.result).contains(WITH_KEY), CallStep.result == TAKEN),
        )
    ).all()
    taken = {call_id for call_id, result in rows if result == TAKEN}
    with_key: dict[str, set[str]] = {}
    for call_id, result in rows:
        with_key.setdefault(call_id, set()).update(phones_rung(result or ""))

    def counts(event: Event) -> bool:
        if not _answers(event) or event.call_id in taken or event.call_id not in with_key:
            return True
        return event.answered_by is not None and event.answered_by not in with_key[event.call_id]

    return [replace(each, events=[event for event in each.events if counts(event)]) for each in batches]


def _answers(event: Event) -> TypeGuard[CallEvent]:
    return isinstance(event, CallEvent) and event.kind == "answered"


def reconcile_texts(hub: Hub, directory: Directory, connector: str) -> int:
    """Store the texts of the carrier's list that we do not have; returns how many were found."""
    now = hub.clock()
    since = _since(hub, connector, TEXTS, now)
    ours = {**directory.resting, **directory.lines}
    numbers = tuple(sorted(number for number, line in ours.items() if line.tracker.carrier == connector))
    if not numbers:
        return 0
    with hub.store.reading() as session:
        known = _known(session, connector, since)
    query = TextListQuery(since=since, tracking_numbers=numbers, known=tuple(sorted(known)))
    listed = hub.plugins.call(connector, TextHooks.list_texts, query)
    missing = [
        event
        for event in sorted(listed, key=lambda event: event.at)
        if event.tracking_number in numbers and event.message_id not in known and event.at <= now - LEFT_TO_WEBHOOKS
    ]
    for start in range(0, len(missing), RECONCILE_BATCH_SIZE):
        _keep(hub, directory, connector, missing[start : start + RECONCILE_BATCH_SIZE])
    # A plugin that stopped at its limit gave the oldest: the next look continues there.
    seen_until = min(now, max((event.at for event in listed), default=now))
    with hub.store.writing() as session:
        move_cursor(session, connector, TEXTS, seen_until.isoformat(), now)
    return len(missing)


def _since(hub: Hub, connector: str, stream: str, now: datetime) -> datetime:
    with hub.store.reading() as session:
        cursor = read_cursor(session, connector, stream)
    return datetime.fromisoformat(cursor) - OVERLAP if cursor else now - FIRST_LOOK


def _known(session: Session, connector: str, since: datetime) -> set[str]:
    recent = (TextMessage.connector == connector, col(TextMessage.at) >= since - CLOCKS_DIFFER)
    return {each for each in session.exec(select(TextMessage.carrier_message_id).where(*recent)) if each}


def _keep(hub: Hub, directory: Directory, connector: str, events: Sequence[MessageEvent]) -> None:
    with (
        hold_locks(hub.store, person_lock_keys(directory, events), STOP_WAIT),
        hub.store.writing() as session,
    ):
        keep_events(session, hub, directory, [EventBatch(connector, events)], "reconcile")
