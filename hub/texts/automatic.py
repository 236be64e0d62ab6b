"""Automatic texts: a reply to an incoming text, and a text after a missed call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from hub.model import Call, CallStep, TextMessage
from hub.model.purposes import AUTOMATIC, SERVICE, Purpose
from hub.numbers.directory import Directory, Line
from hub.runtime import Hub
from hub.store.rows import read
from hub.texts.queue import CannotText, queue_text
from hub.texts.settings import settings_of
from hub.texts.spending import may_text
from hub.texts.suppression import is_suppressed

REPLY_WINDOW = timedelta(hours=12)
"""At most one automatic text per person and company in this time, so that two machines that answer each other stop."""
MISSED_FOR = timedelta(minutes=30)
"""An older missed call (found in a carrier's list, for example) gets no text."""
MISSED_CALL_DELAY = timedelta(seconds=30)
"""Delay between the end of a missed call and its text. Webhooks may come out of order and still report that it was
answered.
"""


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
    """Queue one automatic text about what came in on `line`, from the sender number in config.yaml. None if no text is
    due or possible.
    """
    now = hub.clock()
    line = directory.lines.get(settings_of(hub.config, line).sender or "", line)
    recent = select(TextMessage.id).where(
        TextMessage.company_id == line.company.id,
        TextMessage.person_number == number,
        col(TextMessage.purpose).in_(AUTOMATIC),
        col(TextMessage.at) > now - REPLY_WINDOW,
    )
    if session.exec(recent).first() is not None or is_suppressed(session, hub, line.company.id, number, SERVICE):
        return None
    if not may_text(session, hub, directory, line.company, number, purpose):
        return None
    # If two workers get here at the same time, the key of the window lets only one of them through.
    window = int(now.timestamp() // REPLY_WINDOW.total_seconds())
    fingerprint = hub.vault.fingerprint(session, line.company.id, number)[:32]
    try:
        return queue_text(
            session, hub, line, number, body, purpose, key=f"auto/{fingerprint}/{window}", not_before=not_before
        )
    except CannotText:
        return None


def answer_calls(session: Session, hub: Hub, directory: Directory, calls: Iterable[Call]) -> None:
    """Queue the text of a call's text-back step. A missed call without such a step gets the missed-call text of its
    tracker or company, if there is one.
    """
    now = hub.clock()
    over = [call for call in calls if call.over and call.caller_number and now - _end(call) <= MISSED_FOR]
    steps = _steps_back(session, over)
    for call in over:
        line = directory.lines.get(call.tracking_number or "")
        if line is None or not call.caller_number:
            continue
        due = max(now, _end(call) + MISSED_CALL_DELAY)
        of_flow = steps.get((call.connector, call.carrier_call_id))
        of_settings = None if call.answered else settings_of(hub.config, line).missed_call
        if of_flow:
            answer_automatically(session, hub, directory, line, call.caller_number, of_flow, "text_back", due)
        elif of_settings:
            answer_automatically(session, hub, directory, line, call.caller_number, of_settings, "missed_call", due)


def _steps_back(session: Session, calls: Sequence[Call]) -> dict[tuple[str, str], str]:
    """The texts of the text-back steps in these calls, the last one for each call."""
    if not calls:
        return {}
    of = {call.connector for call in calls}, {call.carrier_call_id for call in calls}
    rows = read(session, _STEPS_BACK, connectors=list(of[0]), calls=list(of[1]))
    return {(row.connector, row.carrier_call_id): row.text_back for row in rows if row.text_back}


_step = CallStep.__table__.c
_STEPS_BACK = (
    columns(_step.connector, _step.carrier_call_id, _step.text_back)
    .where(
        _step.connector.in_(bindparam("connectors", expanding=True)),
        _step.carrier_call_id.in_(bindparam("calls", expanding=True)),
        _step.text_back.is_not(None),
    )
    .order_by(_step.at, _step.position)
)


def was_answered_after_all(session: Session, text: TextMessage) -> bool:
    """Whether the missed call was answered, as later webhooks report, or another call of the person has been since."""
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
