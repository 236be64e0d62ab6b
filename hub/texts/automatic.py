"""Texts that the hub sends by itself: an answer to a text, and to a call that nobody took."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from hub.assembly import Hub
from hub.model import Call, TextMessage
from hub.numbers.directory import Directory, Line
from hub.texts.purposes import AUTOMATIC, SERVICE, Purpose
from hub.texts.queue import CannotText, queue_text
from hub.texts.settings import settings_of
from hub.texts.suppression import is_suppressed

WINDOW = timedelta(hours=12)
"""One automatic text a person and company in so long: two machines that answer each other stop after one text each."""
MISSED_FOR = timedelta(minutes=30)
"""A call that was missed longer ago, found in a carrier's list, is answered by no text."""
PATIENCE = timedelta(seconds=30)
"""How long after a missed call's end its text waits: webhooks may come out of order, and tell yet that somebody answered."""


def answer_automatically(
    session: Session,
    hub: Hub,
    directory: Directory,
    line: Line,
    number: str,
    body: str,
    purpose: Purpose,
    not_before: datetime | None = None,
) -> TextMessage | None:
    """Queue one automatic text about what came in on `line`, from the number that config.yaml names; None where none is due
    or possible."""
    now = hub.clock()
    line = directory.lines.get(settings_of(hub.config, line).sender or "", line)
    recent = select(TextMessage.id).where(
        TextMessage.company_id == line.company.id,
        TextMessage.person_number == number,
        col(TextMessage.purpose).in_(AUTOMATIC),
        col(TextMessage.at) > now - WINDOW,
    )
    if session.exec(recent).first() is not None or is_suppressed(session, hub, line.company.id, number, SERVICE):
        return None
    # Where two workers come here at once, the key of the window lets one through.
    window = int(now.timestamp() // WINDOW.total_seconds())
    fingerprint = hub.vault.fingerprint(session, line.company.id, number)[:32]
    try:
        return queue_text(
            session, hub, line, number, body, purpose, key=f"auto/{fingerprint}/{window}", not_before=not_before
        )
    except CannotText:
        return None


def answer_missed_calls(session: Session, hub: Hub, directory: Directory, calls: Iterable[Call]) -> None:
    """Queue the text for each call that nobody took, where its tracker or company has one."""
    now = hub.clock()
    for call in calls:
        line = directory.lines.get(call.tracking_number or "")
        if line is None or not call.over or call.answered or not call.caller_number or now - _end(call) > MISSED_FOR:
            continue
        settings = settings_of(hub.config, line)
        if settings.missed_call:
            due = max(now, _end(call) + PATIENCE)
            number, body = call.caller_number, settings.missed_call
            answer_automatically(session, hub, directory, line, number, body, "missed_call", due)


def was_answered_after_all(session: Session, text: TextMessage) -> bool:
    """Whether the missed call that a text answers was taken, as later webhooks told, or another since."""
    since = text.at - MISSED_FOR
    taken = select(Call.id).where(
        Call.company_id == text.company_id,
        Call.caller_number == text.person_number,
        Call.started_at >= since,
        col(Call.answered_at).is_not(None),
    )
    return session.exec(taken).first() is not None


def _end(call: Call) -> datetime:
    return call.ended_at or call.started_at
