"""Events for alerts: written in the transaction that finds them, only for companies for which a user wants to hear of them.

`hub.alerts.spread` makes the alerts of users from them. This module is below the flow, which writes them too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import Session

from hub.contracts.leads import LeadStatus
from hub.model import AlertEvent, AlertRule, Call, LeadChange, TextMessage
from hub.store.rows import read, write_rows

CALL_KINDS = ("missed_call", "voicemail", "first_time_caller")
"""What a call may turn out to be."""
CALL, TEXT, LEAD, SIGNAL = "call", "text", "lead", "signal"
ALERT_LIFETIME = timedelta(days=90)
"""The default; `retention.alert` of config.yaml changes it."""
CALL_DELAY = timedelta(seconds=30)
"""Webhooks come out of order and may still report that a call was answered, or left a message."""
MAX_AGE = timedelta(hours=24)
"""What is older, such as a call that only the carrier's list reported, is nothing to wake anybody for."""
LEADS = (LeadStatus.QUALIFIED, LeadStatus.BOOKED)
KEYWORDS = ("stop", "start", "help")
"""The meanings of texts that the hub answers automatically."""

_rule = AlertRule.__table__.c
_KINDS = (
    select(_rule.company_id, _rule.kind).where(_rule.company_id.in_(bindparam("companies", expanding=True))).distinct()
)


@dataclass(frozen=True, kw_only=True)
class Happening:
    """Something to hear of. `dedup_key` is unique in the company: the same one again changes nothing."""

    company_id: str
    kind: str
    dedup_key: str
    at: datetime
    subject_id: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None
    kinds: Collection[str] = ()
    """The kinds of alerts that it may make, if these are several."""

    @classmethod
    def of(cls, company_id: str, kind: str, key: str, at: datetime, facts: dict[str, Any]) -> Happening:
        """One of a kind; `key` says which."""
        return cls(company_id=company_id, kind=kind, dedup_key=f"{kind}/{key}", at=at, facts=facts)


def note_happenings(session: Session, happenings: Iterable[Happening], now: datetime) -> int:
    """Write what somebody wants to hear of, within `session`; returns how many were new or known."""
    reported = list(happenings)
    wanted = _wanted(session, {each.company_id for each in reported})
    rows = [
        _row(each, now)
        for each in reported
        if wanted.get(each.company_id, set()).intersection(each.kinds or (each.kind,))
    ]
    write_rows(session, AlertEvent, rows)
    return len(rows)


def note_subjects(session: Session, subjects: Sequence[object], now: datetime) -> None:
    """The same for calls that are over and for texts that came in; other subjects of the flow are left out."""
    calls = [_call(each) for each in subjects if isinstance(each, Call) and each.over and each.company_id]
    texts = [_text(each) for each in subjects if isinstance(each, TextMessage) and _is_news(each)]
    reported = [each for each in (*calls, *texts) if now - each.at <= MAX_AGE]
    if reported:
        note_happenings(session, reported, now)


def note_leads(session: Session, changes: Sequence[LeadChange], now: datetime) -> None:
    """The same for what users marked as a lead; once for each call, text or form."""
    reported = [
        Happening(
            company_id=each.company_id,
            kind=LEAD,
            dedup_key=f"{LEAD}/{each.subject_id}",
            at=each.marked_at,
            subject_id=each.subject_id,
            facts={"status": each.status, "by": each.marked_by},
        )
        for each in changes
        if each.status in LEADS
    ]
    if reported:
        note_happenings(session, reported, now)


def note_signals(session: Session, call: Call, recording_id: str, now: datetime) -> None:
    """The same for what was read in a recording. What it was is not written here: it ends with the transcript."""
    if call.company_id is not None and now - (call.ended_at or call.started_at) <= MAX_AGE:
        happening = Happening.of(call.company_id, SIGNAL, recording_id, call.started_at, {})
        note_happenings(session, [replace(happening, subject_id=call.id)], now)


def _call(call: Call) -> Happening:
    ended = call.ended_at or call.started_at
    # A message that is reported late makes an event of its own, so that it is looked at again.
    key = f"{CALL}/{call.id}{'/voicemail' if call.voicemail else ''}"
    return Happening(
        company_id=str(call.company_id),
        kind=CALL,
        dedup_key=key,
        at=ended,
        subject_id=call.id,
        due_at=ended + CALL_DELAY,
        # A call that a person answered is not missed, whatever is reported later.
        kinds=CALL_KINDS if call.voicemail or not call.answered else ("first_time_caller",),
    )


def _text(text: TextMessage) -> Happening:
    return Happening(
        company_id=str(text.company_id), kind=TEXT, dedup_key=f"{TEXT}/{text.id}", at=text.at, subject_id=text.id
    )


def _is_news(text: TextMessage) -> bool:
    return text.direction == "in" and text.company_id is not None and text.meaning not in KEYWORDS


def _wanted(session: Session, companies: Collection[str]) -> dict[str, set[str]]:
    """Company → the kinds that at least one user wants."""
    found: dict[str, set[str]] = {}
    for company_id, kind in read(session, _KINDS, companies=list(companies)):
        found.setdefault(company_id, set()).add(kind)
    return found


def _row(happening: Happening, now: datetime) -> AlertEvent:
    return AlertEvent(
        company_id=happening.company_id,
        kind=happening.kind,
        dedup_key=happening.dedup_key[:120],
        subject_id=happening.subject_id,
        facts=happening.facts,
        at=happening.at,
        due_at=max(now, happening.due_at or now),
        expires_at=now + ALERT_LIFETIME,
    )
