"""Events for webhooks: written in the transaction that decides, for the endpoints of the company that want their type.

`hub.webhooks_out` sends them. This module is below the flow and the marks, which write them too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from hub.model import Call, FormSubmission, OutgoingCall, TextMessage, WebhookEndpoint, WebhookEvent
from hub.model.columns import new_id
from hub.model.states import WebhookEventState, WebhookType
from hub.store.rows import read_objects, write_rows

EVENT_LIFETIME = timedelta(days=30)
"""The default; `retention.webhook_event` of config.yaml changes it."""
CALL_DELAY = timedelta(seconds=15)
"""Carriers' webhooks come out of order, and may still report an answer or a message after the end."""
MAX_AGE = timedelta(hours=24)
"""What is older, such as a call that only the carrier's list reported, is news to nobody."""
IMPORTED = "imported"
UNTOLD_PURPOSES = frozenset(("staff_alert", "identity_code"))

_endpoint = WebhookEndpoint.__table__.c
_LIVING = select_columns(*_endpoint).where(
    _endpoint.company_id.in_(bindparam("companies", expanding=True)),
    _endpoint.paused_at.is_(None),
    _endpoint.retired_at.is_(None),
)


@dataclass(frozen=True, kw_only=True)
class Occurrence:
    """Something that happened to a call, text or form. One with a `key` of its own is new each time."""

    type: WebhookType
    company_id: str
    subject_id: str
    at: datetime
    due_at: datetime | None = None
    changes: tuple[str, ...] = ()
    key: str = ""


def note_occurrences(session: Session, occurrences: Iterable[Occurrence], now: datetime) -> int:
    """Write what endpoints want, within `session`; the same occurrence again changes nothing. Returns how many rows it
    offered. It asks the database for endpoints once, and nothing more if there are none."""
    reported = [each for each in occurrences if now - each.at <= MAX_AGE]
    if not reported:
        return 0
    endpoints = _endpoints(session, {each.company_id for each in reported})
    rows = [
        _row(endpoint, each, now)
        for each in reported
        for endpoint in endpoints.get(each.company_id, ())
        if each.type in endpoint.events
    ]
    write_rows(session, WebhookEvent, rows)
    return len(rows)


def has_endpoints(session: Session, calls: Iterable[Call]) -> bool:
    """Whether a company of the calls has webhooks; most have none, and then nothing else need be asked."""
    companies = {call.company_id for call in calls if call.company_id}
    return bool(companies and _endpoints(session, companies))


def note_beginnings(session: Session, calls: Sequence[Call], now: datetime) -> None:
    """Calls that have just come in."""
    note_occurrences(
        session,
        [
            Occurrence(type=WebhookType.PRE_CALL, company_id=call.company_id, subject_id=call.id, at=call.started_at)
            for call in calls
            if call.company_id
        ],
        now,
    )


def note_answers(session: Session, calls: Sequence[Call], now: datetime) -> None:
    """Calls of which it is known now where they went."""
    note_occurrences(session, [_routed(call) for call in calls if call.company_id and call.answered_at], now)


def note_subjects(session: Session, subjects: Sequence[object], now: datetime) -> None:
    """Calls that are over, texts that came in and forms, once the flow has what it needs about them."""
    reported: list[Occurrence] = []
    for each in subjects:
        if isinstance(each, Call) and each.over and each.company_id and each.found_by != IMPORTED:
            ended = each.ended_at or each.started_at
            reported += [
                Occurrence(
                    type=kind, company_id=each.company_id, subject_id=each.id, at=ended, due_at=ended + CALL_DELAY
                )
                for kind in (WebhookType.ROUTED, WebhookType.POST_CALL)
            ]
        elif isinstance(each, TextMessage) and each.direction == "in" and each.company_id:
            reported.append(
                Occurrence(type=WebhookType.TEXT_RECEIVED, company_id=each.company_id, subject_id=each.id, at=each.at)
            )
        elif isinstance(each, FormSubmission):
            reported.append(
                Occurrence(type=WebhookType.FORM, company_id=each.company_id, subject_id=each.id, at=each.submitted_at)
            )
    note_occurrences(session, reported, now)


def note_sent_text(session: Session, text: TextMessage, now: datetime) -> None:
    """A text that its carrier has taken. Alerts of staff, and codes that prove who somebody is, are nobody else's business."""
    if text.company_id and text.purpose not in UNTOLD_PURPOSES:
        sent = Occurrence(type=WebhookType.TEXT_SENT, company_id=text.company_id, subject_id=text.id, at=now)
        note_occurrences(session, [sent], now)


def note_outgoing_call(session: Session, call: OutgoingCall, now: datetime) -> None:
    """A call that a user placed, if it is over."""
    if call.ended_at is not None:
        ended = Occurrence(
            type=WebhookType.OUTBOUND,
            company_id=call.company_id,
            subject_id=call.id,
            at=call.ended_at,
            due_at=call.ended_at + CALL_DELAY,
        )
        note_occurrences(session, [ended], now)


def note_changes(session: Session, calls: Collection[object], changes: Sequence[str], now: datetime) -> None:
    """What changed of calls that are over; others are left out, and so are calls whose end is not sent yet: that event says
    it already. `changes` are field names of CallRail's calls."""
    over = {each.id: each.company_id for each in calls if isinstance(each, Call) and each.over and each.company_id}
    if not over or not changes or not _endpoints(session, set(over.values())):
        return
    untold = select(WebhookEvent.subject_id).where(
        col(WebhookEvent.subject_id).in_(over),
        WebhookEvent.type == WebhookType.POST_CALL,
        col(WebhookEvent.state).in_((WebhookEventState.READY, WebhookEventState.WAITING)),
        col(WebhookEvent.first_tried_at).is_(None),
    )
    waiting = set(session.exec(untold))
    reported = [
        Occurrence(
            type=WebhookType.MODIFIED,
            company_id=company_id,
            subject_id=call_id,
            at=now,
            changes=tuple(changes),
            key=new_id(),
        )
        for call_id, company_id in over.items()
        if call_id not in waiting
    ]
    note_occurrences(session, reported, now)


def note_changes_of(session: Session, call_id: str, changes: Sequence[str], now: datetime) -> None:
    """The same for one call by its id."""
    call = session.get(Call, call_id)
    if call is not None:
        note_changes(session, [call], changes, now)


def _routed(call: Call) -> Occurrence:
    assert call.company_id is not None and call.answered_at is not None
    return Occurrence(type=WebhookType.ROUTED, company_id=call.company_id, subject_id=call.id, at=call.answered_at)


def _endpoints(session: Session, companies: Collection[str]) -> dict[str, list[WebhookEndpoint]]:
    """Company → its endpoints that get events now."""
    found: dict[str, list[WebhookEndpoint]] = {}
    for endpoint in read_objects(session, WebhookEndpoint, _LIVING, companies=list(companies)):
        found.setdefault(endpoint.company_id, []).append(endpoint)
    return found


def _row(endpoint: WebhookEndpoint, occurrence: Occurrence, now: datetime) -> WebhookEvent:
    return WebhookEvent(
        endpoint_id=endpoint.id,
        account_id=endpoint.account_id,
        company_id=endpoint.company_id,
        type=occurrence.type,
        subject_id=occurrence.subject_id,
        changes=list(occurrence.changes),
        dedup_key=f"{occurrence.type}/{occurrence.key or occurrence.subject_id}",
        at=occurrence.at,
        due_at=max(now, occurrence.due_at or now),
        expires_at=now + EVENT_LIFETIME,
    )
