"""Fold: turns the events of webhooks, and of a carrier's call list, into calls and texts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import bindparam, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from hub.config.callflow.context import RECORDS_GREETING
from hub.contracts.call_backs import CallBackEvent
from hub.contracts.events import CallEvent, Event, MessageEvent, MessageStatusEvent
from hub.model import Call, CallEventRow, CallStep, OutgoingCall, Recording
from hub.model.calls import CallState, caller_name, fold, leg_of, sane_seconds
from hub.model.columns import CALL_RETENTION, new_id, storable
from hub.model.outgoing_calls import OutgoingCallStatus, fold_call_back
from hub.model.states import OutgoingCallState as State
from hub.model.states import SubjectState
from hub.numbers.directory import Directory
from hub.privacy.erasure import empty_webhooks
from hub.privacy.recording_refusal import BY_KEY, refuse_recording
from hub.reports.dirty_days import Change, mark_dirty
from hub.runtime import Hub
from hub.store.encryption.encrypted_fields import names_of, seal_names
from hub.store.rows import change_rows, read_objects, write_rows
from hub.store.writers.webhook_events import (
    has_endpoints,
    note_answers,
    note_beginnings,
    note_changes,
    note_outgoing_call,
)
from hub.texts.arriving import keep_text
from hub.texts.statuses import keep_status


def keep_recordings(session: Session, hub: Hub, recorded: Sequence[tuple[Call, CallEvent]], now: datetime) -> None:
    """Write a row for each recording within `session`. A known one stays as it is, however often it is reported.

    If one event calls it a voicemail, it is a voicemail, whatever other events say.
    """
    session.flush()  # the calls that the recordings belong to
    rows = {}
    for call, event in sorted(recorded, key=lambda each: each[1].kind == "voicemail"):
        recording_id = storable(event.recording_id)
        if recording_id:
            rows[call.connector, recording_id] = Recording.to_write(
                connector=call.connector,
                carrier_recording_id=recording_id,
                call_id=call.id,
                kind="voicemail" if event.kind == "voicemail" else "call",
                url=storable(event.recording_url) or None,
                recorded_at=event.at,
                duration=sane_seconds(event.recording_duration),
                due_at=now,
                expires_at=event.at + hub.config.recordings.keep,
            )
    write_rows(session, Recording, list(rows.values()))
    voicemail = [recording_id for (_, recording_id), row in rows.items() if row.kind == "voicemail"]
    if voicemail:
        mine = {connector for connector, _ in rows}
        found = col(Recording.connector).in_(mine), col(Recording.carrier_recording_id).in_(voicemail)
        session.execute(update(Recording).where(*found, col(Recording.kind) != "voicemail").values(kind="voicemail"))


def keep_call_back(session: Session, connector: str, event: CallBackEvent, now: datetime) -> None:
    """Fold one event into its call. An event of a call that is gone, or was never placed, changes nothing.

    A call whose outcome was unknown is known from now on. A worker that still waits for the carrier's reply keeps its lease.
    """
    mine = select(OutgoingCall).where(OutgoingCall.id == event.key, OutgoingCall.connector == connector)
    call = session.exec(mine.with_for_update().execution_options(populate_existing=True)).first()
    if call is None or call.placed_at is None or call.status == OutgoingCallStatus.REFUSED:
        return
    for name, value in fold_call_back(call, event).items():
        setattr(call, name, value)
    if call.state in (State.ACCEPTED, State.HELD, State.DONE):
        call.state = State.DONE if call.ended_at else State.ACCEPTED
    session.add(call)
    session.flush()
    note_outgoing_call(session, call, now)


log = structlog.get_logger(__name__)
STATE_COLUMNS = tuple(CallState.model_fields)
COUNTED = ("started_at", "answered_at", "tracking_number")
"""Reports depend on these columns of a call; the later stages mark the call's day for all others."""
WRITTEN = (*STATE_COLUMNS, "company_id", "tracker_id", "found_by", "state", "due_at", "lease_token", "lease_until")
"""What folding changes of a call."""
BEGINNING_WAIT = timedelta(seconds=30)
"""How long a call that is over waits for the webhook of its beginning, which a carrier repeats if the hub refused it."""
ASKED_ABOUT = frozenset(("started_at", "tracking_number", "caller_number"))
"""What the flow reads of a call that is not over."""
RECORDED = frozenset(("recording_id", "recording_url", "recording_duration"))
"""What the flow does not read of a call that is over."""

REPORTED: Mapping[str, str] = {"answered_at": "answered", "duration": "duration", "voicemail": "voicemail"}
"""Columns whose late change is reported to webhooks, by CallRail's name; a recording is reported once it is stored."""

_EventOfInbox = tuple[CallEvent, str | None]
"""An event with the id of its webhook."""


@dataclass
class EventBatch:
    """Events of one webhook (`inbox_id`) or of a carrier's call list (None)."""

    connector: str
    events: Sequence[Event]
    inbox_id: str | None = None


def keep_events(
    session: Session, hub: Hub, directory: Directory, batches: Iterable[EventBatch], reported_by: str
) -> int:
    """Fold events into their calls and texts within `session`; returns how many calls changed. A repeated event
    changes nothing."""
    now = hub.clock()
    events = _by_call(session, hub, directory, batches, now)
    if not events:
        return 0
    _make_missing(session, events, now, reported_by)
    calls = _locked(session, events)
    _tell_greetings_apart(session, events)
    names = {key: caller_name(event.caller_name for event, _ in events[key]) for key in calls}
    known = names_of(hub.vault, session, [call for key, call in calls.items() if names[key]])
    folded = _Folded(directory, reported_by, now)
    for key, call in calls.items():
        folded.add(call, events[key], names[key], known.get(call.id))
    _write(session, folded.written, folded.columns)
    seal_names(hub.vault, session, [(session.get_one(Call, call.id), name) for call, name in folded.named])
    empty_webhooks(session, folded.erased)
    keep_recordings(session, hub, folded.recorded, now)
    session.flush()
    for call, event in folded.refused:
        refuse_recording(session, hub, call, BY_KEY, event.at, now)
    write_rows(session, CallEventRow, folded.notes)
    if has_endpoints(session, calls.values()):
        note_beginnings(session, folded.begun, now)
        note_answers(session, folded.answered, now)
        for changed in sorted(set(folded.changes.values())):
            changed_calls = [calls[key] for key, names in folded.changes.items() if names == changed]
            note_changes(session, changed_calls, changed, now)
    mark_dirty(session, folded.moved, now)
    return folded.changed


@dataclass
class _Folded:
    """Folds events into calls, one call after the other, and collects the other rows to write."""

    directory: Directory
    reported_by: str
    now: datetime
    changed: int = 0
    notes: list[dict[str, Any]] = field(default_factory=list)
    moved: list[Change] = field(default_factory=list)
    recorded: list[tuple[Call, CallEvent]] = field(default_factory=list)
    refused: list[tuple[Call, CallEvent]] = field(default_factory=list)
    """Calls whose caller ended the recording with a key."""
    erased: list[str] = field(default_factory=list)
    """Webhooks on calls whose person was erased: their content must not restore that person's data."""
    named: list[tuple[Call, str]] = field(default_factory=list)
    begun: list[Call] = field(default_factory=list)
    answered: list[Call] = field(default_factory=list)
    """Calls that have just come in, and calls that were just answered, as webhooks report them."""
    changes: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """What changed of calls that were over before, by CallRail's names of it."""
    written: list[Call] = field(default_factory=list)
    """The calls that changed in any of `columns`."""
    columns: set[str] = field(default_factory=set)

    def add(self, call: Call, events: Sequence[_EventOfInbox], name: str | None, known_name: str | None) -> None:
        """Fold a call's events into it. `name` is the caller's name in the events, `known_name` the stored one."""
        if call.state == SubjectState.ERASED:
            self.erased += [inbox_id for _, inbox_id in events if inbox_id]
            return
        old, before = _columns(call, WRITTEN), _columns(call, STATE_COLUMNS)
        state: CallState | None = None if call.state == SubjectState.NEW else call
        for event, _ in events:
            state = fold(state, event)
        assert state is not None
        self.recorded += [(call, event) for event, _ in events if event.kind in ("recorded", "voicemail")]
        self.refused += [(call, event) for event, _ in events if event.kind == "recording_ended"]
        after = _columns(state, STATE_COLUMNS)
        if call.company_id is not None:
            after["tracking_number"] = before["tracking_number"]  # a carrier's id that is used again moves no call
        name = caller_name((name, known_name))
        is_renamed = name is not None and name != known_name
        has_changed = after != before or is_renamed or call.state == SubjectState.NEW
        if self.reported_by == "webhook":
            _set(call, found_by=self.reported_by)
        if self.reported_by == "webhook" or has_changed:
            self.notes += [_note(call, event, inbox_id, self.reported_by, self.now) for event, inbox_id in events]
        if has_changed:
            is_new, was_over = call.state == SubjectState.NEW, call.over
            self._change(call, before, after)
            self._tell(call, before, is_new=is_new, was_over=was_over, is_renamed=is_renamed)
        if name is not None and is_renamed:
            self.named.append((call, name))
        now = vars(call)
        changed = {column for column, value in old.items() if value != now[column]}
        if changed:
            self.written.append(call)
            self.columns |= changed

    def _tell(
        self, call: Call, before: Mapping[str, object], *, is_new: bool, was_over: bool, is_renamed: bool
    ) -> None:
        """Note what webhooks report of a change."""
        if is_new and self.reported_by == "webhook":
            self.begun.append(call)
        if before["answered_at"] is None and call.answered_at is not None and self.reported_by == "webhook":
            self.answered.append(call)
        if was_over and not is_new:
            names = [reported for column, reported in REPORTED.items() if before[column] != getattr(call, column)]
            names += ["customer_name"] if is_renamed else []
            if names:
                self.changes[call.connector, call.carrier_call_id] = tuple(names)

    def _change(self, call: Call, before: Mapping[str, object], after: Mapping[str, object]) -> None:
        """Set a call's new state, and queue it for the flow if that has something new to do."""
        self.changed += 1
        counted = [_change(call)] if call.enriched_at else []
        _set(call, **after)
        line = self.directory.line(call.tracking_number, call.started_at)
        if line is not None and call.company_id is None:
            _set(call, company_id=line.company.id, tracker_id=line.tracker.id)
        if counted and any(before[column] != after[column] for column in COUNTED):
            self.moved += [*counted, _change(call)]
        if call.state != SubjectState.QUARANTINED and _concerns_flow(call, before, after):
            _set(call, state=SubjectState.READY, due_at=self._due(call), lease_token=None, lease_until=None)

    def _due(self, call: Call) -> datetime:
        """When the flow takes a call that changed. One whose end came first waits for its beginning: computed from its
        length, it may lie before the visit that caused the call."""
        if self.reported_by != "webhook" or call.start_reported or call.ended_at is None:
            return self.now
        return max(self.now, min(call.ended_at, self.now) + BEGINNING_WAIT)


def _set(call: Call, **values: object) -> None:
    """Set columns that `_write` writes; the session, which would take much longer, does not see it."""
    vars(call).update(values)


def _write(session: Session, calls: Sequence[Call], columns: Collection[str]) -> None:
    change_rows(session, Call, [_columns(call, ("id", *columns)) for call in calls])


def _concerns_flow(call: Call, before: Mapping[str, object], after: Mapping[str, object]) -> bool:
    """Whether the flow has something to do after this change. It takes a call when its first event comes and when it is
    over; in between, only what the attribution depends on."""
    changed = {name for name, value in after.items() if value != before[name]}
    return call.enriched_at is None or bool(changed - RECORDED if call.over else changed & ASKED_ABOUT)


def _columns(row: CallState, names: Iterable[str]) -> dict[str, Any]:
    """Columns of a row that has just been read or made; the attributes of SQLAlchemy take much longer."""
    values = vars(row)
    return {name: values[name] for name in names}


def _by_call(
    session: Session, hub: Hub, directory: Directory, batches: Iterable[EventBatch], now: datetime
) -> dict[tuple[str, str], list[_EventOfInbox]]:
    """The events of calls with their webhooks, by connector and call. Events about texts and calls back are stored on the
    way."""
    calls: dict[tuple[str, str], list[_EventOfInbox]] = {}
    for each in batches:
        for event in each.events:
            if isinstance(event, MessageEvent):
                keep_text(session, hub, directory, each.connector, event, now)
            elif isinstance(event, MessageStatusEvent):
                keep_status(session, hub, each.connector, event, now)
            elif isinstance(event, CallBackEvent):
                keep_call_back(session, each.connector, event, now)
            elif isinstance(event, CallEvent):
                calls.setdefault((each.connector, event.call_id), []).append((event, each.inbox_id))
    return calls


def _tell_greetings_apart(session: Session, calls: dict[tuple[str, str], list[_EventOfInbox]]) -> None:
    """What a person recorded by phone as the greeting of a voicemail was not left by a caller."""
    left = {key for key, events in calls.items() if any(event.kind == "voicemail" for event, _ in events)}
    if not left:
        return
    recorded = select(CallStep.connector, CallStep.carrier_call_id).where(
        col(CallStep.connector).in_({connector for connector, _ in left}),
        col(CallStep.carrier_call_id).in_({call_id for _, call_id in left}),
        CallStep.result == RECORDS_GREETING,
    )
    for key in left.intersection(map(tuple, session.exec(recorded))):
        calls[key] = [
            (replace(event, kind="recorded") if event.kind == "voicemail" else event, inbox_id)
            for event, inbox_id in calls[key]
        ]


def _note(call: Call, event: CallEvent, inbox_id: str | None, reported_by: str, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "call_id": call.id,
        "inbox_id": inbox_id,
        "kind": event.kind,
        "at": event.at,
        "reported_by": reported_by,
        "noted_at": now,
        "leg": leg_of(event),
    }


def _change(call: Call) -> Change:
    return Change(call.company_id or "", call.started_at, call.person_id)


def _make_missing(
    session: Session,
    calls: dict[tuple[str, str], list[_EventOfInbox]],
    now: datetime,
    reported_by: str,
) -> None:
    rows = [
        Call.columns(
            connector=connector,
            carrier_call_id=call_id,
            started_at=events[0][0].at,
            state=SubjectState.NEW,
            due_at=now,
            found_by=reported_by,
            expires_at=events[0][0].at + CALL_RETENTION,
        )
        for (connector, call_id), events in sorted(calls.items())
    ]
    write_rows(session, Call, rows)


_LOCKED = (
    select_columns(*Call.__table__.c)
    .where(Call.__table__.c.carrier_call_id.in_(bindparam("ids", expanding=True)))
    .order_by(Call.__table__.c.id)
    .with_for_update()
)
"""Built once: to build a statement takes longer than to run it."""


def _locked(session: Session, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Call]:
    wanted = set(keys)
    calls = read_objects(session, Call, _LOCKED, ids=[call_id for _, call_id in wanted])
    found = {(call.connector, call.carrier_call_id): call for call in calls}
    return {key: call for key, call in found.items() if key in wanted}
