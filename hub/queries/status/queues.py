"""What came in, or is to go out, and is not done yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import func, select
from sqlmodel import Session

from hub.config.models import Config
from hub.hookspecs import TextHooks
from hub.model import (
    Call,
    ConnectorState,
    Delivery,
    InboxWebhook,
    PrivacyRequest,
    Recording,
    RequestTask,
    TranscriptRow,
    WebhookEvent,
)
from hub.model.states import (
    FINAL_DELIVERY_STATES,
    DeliveryState,
    InboxState,
    RecordingState,
    TaskState,
    TranscriptState,
    WebhookEventState,
    WorkState,
)
from hub.queries.activity.event_tail import id_at
from hub.store.quarantine.items import in_quarantine
from hub.store.rows import indexless

MAX_COUNTED = 10_000
"""A longer queue is shown as this many and more."""
RATE_TIME = timedelta(minutes=10)
SEND_TEXTS = TextHooks.send_text.__name__
OPEN = (WorkState.READY, WorkState.LEASED)
DELIVERY: Any = Delivery
RECORDING: Any = Recording
REQUEST: Any = PrivacyRequest
CALL: Any = Call
INBOX: Any = InboxWebhook
EVENT: Any = WebhookEvent
QueueState = Literal["empty", "flows", "slow", "stopped", "look"]


@dataclass(frozen=True, kw_only=True)
class Queue:
    """One queue. `connector` is the one that it leads to; `per_minute` counts what was done in the last ten minutes."""

    name: str
    kind: str
    waiting: int
    oldest: datetime | None
    per_minute: float | None
    state: QueueState
    connector: str | None = None


SLOW_AFTER = {
    "inbox": timedelta(minutes=1),
    "delivery": timedelta(hours=1),
    "texts": timedelta(minutes=10),
    "recordings": timedelta(minutes=30),
    "transcripts": timedelta(hours=6),
    "erasures": timedelta(days=7),
    "webhooks": timedelta(minutes=30),
}
"""An item that waits longer makes its queue slow."""


def queues(
    session: Session, config: Config, companies: Sequence[str], names: Iterable[str], now: datetime
) -> list[Queue]:
    """Every queue of the hub; deliveries, texts, recordings and erasures only of `companies` (ids; `names` are theirs).

    Run it in a session of the hub: webhooks wait there before anybody knows whose they are.
    """
    names = set(names)
    stopped = {row.connector for (row,) in session.execute(select(ConnectorState)) if row.paused_at is not None}
    return [
        _inbox(session, now),
        *_deliveries(session, config, companies, names, stopped, now),
        _recordings(session, companies, now),
        *_transcripts(session, config, companies, now),
        _erasures(session, companies, now),
        *_webhooks(session, config, companies, names, now),
        *_given_up(session, companies, now),
    ]


def _inbox(session: Session, now: datetime) -> Queue:
    waiting, oldest = _waiting(session, select(INBOX.received_at).where(INBOX.state.in_(OPEN)))
    done = select(func.count()).where(INBOX.state == InboxState.DONE, INBOX.due_at > now - RATE_TIME)
    return _queue("Events of carriers", "inbox", waiting, oldest, session.execute(done).scalar_one(), now)


def _deliveries(
    session: Session, config: Config, companies: Sequence[str], names: set[str], stopped: set[str], now: datetime
) -> list[Queue]:
    """One queue for each ad network and CRM, and one for the texts of all carriers."""
    due = select(DELIVERY.connector, DELIVERY.hook, func.count(), func.min(DELIVERY.made_at)).where(
        indexless(DELIVERY.company_id).in_(companies), DELIVERY.state.in_(OPEN)
    )
    rows = session.execute(due.group_by(DELIVERY.connector, DELIVERY.hook)).all()
    recent = select(DELIVERY.connector, DELIVERY.hook, func.count()).where(
        DELIVERY.state.in_((*FINAL_DELIVERY_STATES, DeliveryState.ACCEPTED)),
        DELIVERY.made_at > now - timedelta(days=1),
        DELIVERY.company_id.in_(companies),
        func.coalesce(DELIVERY.finished_at, DELIVERY.accepted_at) > now - RATE_TIME,
    )
    done = session.execute(recent.group_by(DELIVERY.connector, DELIVERY.hook)).all()
    found = []
    for name, entry in config.connectors.items():
        if entry.kind not in ("ads", "crm") or not any(entry.serves(each) for each in names):
            continue
        mine = [row for row in rows if row[0] == name and row[1] != SEND_TEXTS]
        finished = sum(row[2] for row in done if row[0] == name and row[1] != SEND_TEXTS)
        waiting, oldest = sum(row[2] for row in mine), min((row[3] for row in mine), default=None)
        found.append(
            _queue(
                f"To {config.connector_title(name)}", "delivery", waiting, oldest, finished, now, name, name in stopped
            )
        )
    texts = [row for row in rows if row[1] == SEND_TEXTS]
    finished = sum(row[2] for row in done if row[1] == SEND_TEXTS)
    halted = any(row[0] in stopped for row in texts)
    waiting, oldest = sum(row[2] for row in texts), min((row[3] for row in texts), default=None)
    return [*found, _queue("Texts to send", "texts", waiting, oldest, finished, now, None, halted)]


def _recordings(session: Session, companies: Sequence[str], now: datetime) -> Queue:
    due = _of_calls(
        select(RECORDING.recorded_at).where(RECORDING.state.in_(OPEN), RECORDING.stored_at.is_(None)), companies
    )
    done = _of_calls(
        select(func.count())
        .select_from(RECORDING)
        .where(RECORDING.recorded_at > now - timedelta(days=1), RECORDING.stored_at > now - RATE_TIME),
        companies,
    )
    waiting, oldest = _waiting(session, due)
    return _queue("Recordings to fetch", "recordings", waiting, oldest, session.execute(done).scalar_one(), now)


def _transcripts(session: Session, config: Config, companies: Sequence[str], now: datetime) -> list[Queue]:
    if config.recordings.transcribe is None:
        return []
    row: Any = TranscriptRow
    due = select(RECORDING.recorded_at).join(row, row.recording_id == RECORDING.id).where(row.state.in_(OPEN))
    done = select(func.count()).select_from(RECORDING).join(row, row.recording_id == RECORDING.id)
    recent = row.due_at > now - timedelta(days=1), row.written_at > now - RATE_TIME
    done = done.where(row.state == TranscriptState.WRITTEN, *recent)
    waiting, oldest = _waiting(session, _of_calls(due, companies))
    finished = session.execute(_of_calls(done, companies)).scalar_one()
    return [_queue("Transcripts", "transcripts", waiting, oldest, finished, now)]


def _erasures(session: Session, companies: Sequence[str], now: datetime) -> Queue:
    task: Any = RequestTask
    mine = task.request_id.in_(select(REQUEST.id).where(REQUEST.company_id.in_(companies)))
    due = (
        select(REQUEST.received_at)
        .join(task, task.request_id == REQUEST.id)
        .where(mine, task.connector != "", task.state.in_(OPEN))
    )
    waiting, oldest = _waiting(session, due)
    done = select(func.count()).where(
        mine, task.connector != "", task.state == TaskState.DONE, task.finished_at > now - RATE_TIME
    )
    return _queue("Erasures at providers", "erasures", waiting, oldest, session.execute(done).scalar_one(), now)


def _webhooks(
    session: Session, config: Config, companies: Sequence[str], names: set[str], now: datetime
) -> list[Queue]:
    """What is on its way to webhooks of the business, and what was set aside in a day; nothing if there are none."""
    if not any(own.webhooks for own in config.companies if own.name in names):
        return []
    mine, lately = indexless(EVENT.company_id).in_(companies), EVENT.finished_at > now - timedelta(days=1)
    waiting, oldest = _waiting(
        session, select(EVENT.due_at).where(mine, EVENT.state.in_((*OPEN, WebhookEventState.WAITING)))
    )
    done = select(func.count()).where(
        mine,
        EVENT.id >= id_at(now - timedelta(days=1)),
        EVENT.state == WebhookEventState.DELIVERED,
        EVENT.finished_at > now - RATE_TIME,
    )
    aside, since = _waiting(
        session, select(EVENT.finished_at).where(mine, EVENT.state == WebhookEventState.DEAD, lately)
    )
    return [
        _queue("To webhooks", "webhooks", waiting, oldest, session.execute(done).scalar_one(), now),
        _to_look_at("Webhooks' events set aside today", "events", aside, since),
    ]


def _given_up(session: Session, companies: Sequence[str], now: datetime) -> list[Queue]:
    """What needs a person: dead deliveries, webhooks that nobody understands, recordings that cannot be fetched."""
    dead = select(DELIVERY.made_at).where(
        DELIVERY.state == DeliveryState.DEAD,
        DELIVERY.company_id.in_(companies),
        DELIVERY.set_aside_at.is_(None),
    )
    parked = select(INBOX.received_at).where(INBOX.state == InboxState.PARKED)
    failed = _of_calls(select(RECORDING.recorded_at).where(RECORDING.state == RecordingState.FAILED), companies)
    return [
        _quarantined(session),
        _to_look_at("Deliveries given up", "dead", *_waiting(session, dead)),
        _to_look_at("Events not understood", "parked", *_waiting(session, parked)),
        _to_look_at("Recordings given up", "failed", *_waiting(session, failed)),
    ]


def _quarantined(session: Session) -> Queue:
    """What processes died of; it belongs to the hub as a whole."""
    items = in_quarantine(session, limit=MAX_COUNTED)
    names = ", ".join(sorted({each.connector for each in items if each.connector}))
    oldest = min((each.since for each in items), default=None)
    return _to_look_at(f"In quarantine, by {names}" if names else "In quarantine", "quarantined", len(items), oldest)


def _to_look_at(name: str, kind: str, waiting: int, oldest: datetime | None) -> Queue:
    state: QueueState = "look" if waiting else "empty"
    return Queue(name=name, kind=kind, waiting=waiting, oldest=oldest, per_minute=None, state=state)


def _of_calls(query: Any, companies: Sequence[str]) -> Any:
    of = select(CALL.id).where(CALL.id == RECORDING.call_id, CALL.company_id.in_(companies))
    return query.where(of.exists())


def _waiting(session: Session, query: Any) -> tuple[int, datetime | None]:
    """How many rows a query for times finds, at most MAX_COUNTED and one, and the earliest time among them."""
    (column,) = query.selected_columns
    found = query.with_only_columns(column.label("at")).limit(MAX_COUNTED + 1).subquery()
    number, oldest = session.execute(select(func.count(), func.min(found.c.at))).one()
    return int(number), oldest


def _queue(
    name: str, kind: str, waiting: int, oldest: datetime | None, done: int, now: datetime,
    connector: str | None = None, stopped: bool = False,
) -> Queue:  # fmt: skip
    state: QueueState = "empty"
    if waiting:
        is_slow = oldest is not None and now - oldest > SLOW_AFTER[kind]
        state = "stopped" if stopped else "slow" if is_slow else "flows"
    minutes = RATE_TIME.total_seconds() / 60
    return Queue(
        name=name, kind=kind, waiting=waiting, oldest=oldest, per_minute=done / minutes, state=state, connector=connector
    )  # fmt: skip
