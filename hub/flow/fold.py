"""Fold: the events in the inbox, and in a carrier's call list, become calls and texts; what cannot be parsed is parked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from hub import metrics
from hub.assembly import Hub
from hub.contracts.events import CallEvent, Event, MessageEvent, MessageStatusEvent
from hub.contracts.webhooks import WebhookRequest
from hub.errors import BadPayload, RingfenceError
from hub.flow.recorded import keep_recordings
from hub.hookspecs import CallHooks, CrmHooks
from hub.model import Call, CallEventRow, InboxWebhook
from hub.model.calls import CallState, caller_name, fold
from hub.model.columns import CALL_LIFE, new_id
from hub.numbers.directory import Directory
from hub.privacy.erasure import ERASED, empty_webhooks
from hub.reports.marks import Change, mark
from hub.store.claims import claim, complete
from hub.store.gates import passing
from hub.store.names import Named, names_of, seal_names
from hub.store.rows import write_slot
from hub.texts.arriving import gates_of, keep_text
from hub.texts.statuses import keep_status

log = structlog.get_logger(__name__)
PLUGIN_WAIT = timedelta(seconds=30)
"""How long webhooks wait whose plugin is late or resting."""
BATCH = 200
STOP_WAIT = 5.0
"""Seconds that a person's stop waits for a text to them that is being sent at this moment."""
STATE_COLUMNS = tuple(CallState.model_fields)
COUNTED = ("started_at", "answered_at", "tracking_number")
"""What a report makes of a call depends on these; the rest of its way marks its day by itself."""


@dataclass
class Told:
    """Events of one webhook (`inbox_id`) or of a carrier's call list (None)."""

    connector: str
    events: Sequence[Event]
    inbox_id: str | None = None


@dataclass
class _Parsed:
    told: list[Told] = field(default_factory=list)
    parked: dict[str, str] = field(default_factory=dict)
    later: dict[str, str] = field(default_factory=dict)


def fold_inbox(hub: Hub, directory: Directory) -> int:
    """Claim what waits in the inbox and fold it into calls; how many webhooks were taken."""
    now = hub.clock()
    token, rows = claim(hub.store, InboxWebhook, now=now, limit=BATCH)
    if not rows:
        return 0
    parsed = _parse(hub, rows)
    # Whoever says stop is sent nothing while that is written down; a text that hangs at its carrier holds nobody up for long.
    gates = gates_of(directory, (event for told in parsed.told for event in told.events))
    with passing(hub.store, gates, STOP_WAIT), hub.store.writing() as session:
        done = [told.inbox_id for told in parsed.told if told.inbox_id]
        complete(session, InboxWebhook, done, token, state="done", reason=None)
        for inbox_id, reason in parsed.parked.items():
            complete(session, InboxWebhook, [inbox_id], token, state="parked", reason=reason)
        for inbox_id, reason in parsed.later.items():
            complete(session, InboxWebhook, [inbox_id], token, state="ready", due_at=now + PLUGIN_WAIT, reason=reason)
        keep_events(session, hub, directory, parsed.told, "webhook")
    _sync_soon(hub, parsed.told, now)
    metrics.FLOW.labels("fold", "done").inc(len(done))
    metrics.FLOW.labels("fold", "parked").inc(len(parsed.parked))
    return len(rows)


def keep_events(session: Session, hub: Hub, directory: Directory, told: Iterable[Told], told_by: str) -> int:
    """Fold events into their calls and texts within `session`; how many calls changed. The same event twice changes nothing."""
    now = hub.clock()
    calls = _by_call(session, hub, directory, told, now)
    if not calls:
        return 0
    _make_missing(session, hub, calls, now, told_by)
    changed = 0
    notes: list[dict[str, Any]] = []
    moved: list[Change] = []
    recorded: list[tuple[Call, CallEvent]] = []
    erased: list[str] = []
    named: list[tuple[Named, str]] = []
    locked = _locked(session, calls)
    names = {key: caller_name(event.caller_name for event, _ in calls[key]) for key in locked}
    known = names_of(hub.vault, session, [call for key, call in locked.items() if names[key]])
    for (connector, call_id), call in locked.items():
        events = calls[connector, call_id]
        if call.state == ERASED:
            # A carrier's late word on a call whose person was erased, or its call list, must not bring them back.
            erased += [inbox_id for _, inbox_id in events if inbox_id]
            continue
        before = {name: getattr(call, name) for name in STATE_COLUMNS}
        state: CallState | None = None if call.state == "new" else call
        for event, _ in events:
            state = fold(state, event)
        recorded += [(call, event) for event, _ in events if event.kind in ("recorded", "voicemail")]
        assert state is not None
        after = {name: getattr(state, name) for name in STATE_COLUMNS}
        name = caller_name((names[connector, call_id], known.get(call.id)))
        renamed = name is not None and name != known.get(call.id)
        unchanged = after == before and not renamed and call.state != "new"
        if told_by == "webhook":
            call.found_by = told_by
        if told_by == "webhook" or not unchanged:
            notes += [_note(call, event, inbox_id, told_by, now) for event, inbox_id in events]
        if unchanged:
            continue
        changed += 1
        counted = [_change(call)] if call.enriched_at else []
        for column, value in after.items():
            setattr(call, column, value)
        line = directory.lines.get(call.tracking_number or "")
        if line is not None:
            call.company_id, call.tracker_id = line.company.id, line.tracker.id
        if name is not None and renamed:
            named.append((call, name))
        if counted and any(before[column] != after[column] for column in COUNTED):
            moved += [*counted, _change(call)]
        call.state, call.due_at, call.lease_token, call.lease_until = "ready", now, None, None
        session.add(call)
    seal_names(hub.vault, session, named)
    empty_webhooks(session, erased)
    keep_recordings(session, hub, recorded, now)
    session.flush()
    if notes:
        session.execute(insert(CallEventRow), notes)
    mark(session, moved, now)
    return changed


def _by_call(
    session: Session, hub: Hub, directory: Directory, told: Iterable[Told], now: datetime
) -> dict[tuple[str, str], list[tuple[CallEvent, str | None]]]:
    """The events of calls with their webhooks, by connector and call; what concerns texts is kept on the way."""
    calls: dict[tuple[str, str], list[tuple[CallEvent, str | None]]] = {}
    for each in told:
        for event in each.events:
            if isinstance(event, MessageEvent):
                keep_text(session, hub, directory, each.connector, event, now)
            elif isinstance(event, MessageStatusEvent):
                keep_status(session, hub, each.connector, event, now)
            elif isinstance(event, CallEvent):
                calls.setdefault((each.connector, event.call_id), []).append((event, each.inbox_id))
    return calls


def _note(call: Call, event: CallEvent, inbox_id: str | None, told_by: str, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "call_id": call.id,
        "inbox_id": inbox_id,
        "kind": event.kind,
        "at": event.at,
        "told_by": told_by,
        "noted_at": now,
    }


def _change(call: Call) -> Change:
    return Change(call.company_id or "", call.started_at, call.person_id)


def replay(session: Session, inbox_ids: Sequence[str], now: datetime) -> int:
    """Make parked webhooks ready again after a fix; how many."""
    rows = session.exec(select(InboxWebhook).where(col(InboxWebhook.id).in_(inbox_ids))).all()
    parked = [row for row in rows if row.state == "parked"]
    for row in parked:
        row.state, row.due_at, row.reason = "ready", now, None
        session.add(row)
    return len(parked)


def _sync_soon(hub: Hub, told: Iterable[Told], now: datetime) -> None:
    """A webhook of a CRM holds no events of ours: it says that a deal changed, so the next sync need not wait."""
    for connector in {each.connector for each in told if not each.events}:
        if hub.plugins.implements(connector, CrmHooks.pull_outcomes):
            write_slot(hub.store, connector, now, "webhook")


def _parse(hub: Hub, rows: Sequence[InboxWebhook]) -> _Parsed:
    result = _Parsed()
    by_connector: dict[str, list[InboxWebhook]] = {}
    for row in rows:
        by_connector.setdefault(row.connector, []).append(row)
    for connector, mine in by_connector.items():
        if connector not in hub.plugins.connectors or not hub.plugins.implements(connector, CallHooks.parse_webhook):
            result.parked |= {row.id: f"no connector {connector!r} in config.yaml parses it" for row in mine}
            continue
        try:
            answers = hub.plugins.call_each(connector, CallHooks.parse_webhook, [(_request(row),) for row in mine])
        except RingfenceError as error:
            result.later |= {row.id: str(error) for row in mine}
            continue
        for row, answer in zip(mine, answers, strict=True):
            if isinstance(answer, BadPayload):
                result.parked[row.id] = str(answer)
            elif isinstance(answer, RingfenceError):
                result.parked[row.id] = f"{answer} Replay it after the plugin is fixed: hub inbox replay."
            else:
                result.told.append(Told(connector, answer, row.id))
    return result


def _request(row: InboxWebhook) -> WebhookRequest:
    return WebhookRequest(
        method=row.method,
        url=row.url or "",
        body=row.body or b"",
        received_at=row.received_at,
        headers=json.loads(row.headers or "{}"),
    )


def _make_missing(
    session: Session,
    hub: Hub,
    calls: dict[tuple[str, str], list[tuple[CallEvent, str | None]]],
    now: datetime,
    told_by: str,
) -> None:
    dialect = sqlite if hub.store.is_sqlite else postgresql
    rows = [
        {
            "id": new_id(),
            "connector": connector,
            "carrier_call_id": call_id,
            "status": "ringing",
            "started_at": events[0][0].at,
            "start_told": False,
            "voicemail": False,
            "state": "new",
            "due_at": now,
            "attempts": 0,
            "found_by": told_by,
            "expires_at": events[0][0].at + CALL_LIFE,
        }
        for (connector, call_id), events in sorted(calls.items())
    ]
    session.execute(dialect.insert(Call).on_conflict_do_nothing(), rows)


def _locked(session: Session, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Call]:
    wanted = set(keys)
    query = (
        select(Call)
        .where(col(Call.carrier_call_id).in_([call_id for _, call_id in wanted]))
        .order_by(col(Call.id))
        .execution_options(populate_existing=True)
    )
    if session.get_bind().dialect.name == "postgresql":
        query = query.with_for_update()
    found = {(call.connector, call.carrier_call_id): call for call in session.exec(query)}
    return {key: call for key, call in found.items() if key in wanted}
