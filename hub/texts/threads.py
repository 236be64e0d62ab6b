"""Threads: all texts between a company and one person, in and out, on any of its tracking numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from hub.errors import RingfenceError
from hub.model import Attempt, Delivery, TextMessage
from hub.model.states import AttemptResult, DeliveryState, MessageStatus
from hub.texts.queue import SEND


@dataclass(frozen=True)
class Thread:
    """One thread: its newest text and the number of texts."""

    newest: TextMessage
    texts: int


class NotHeld(RingfenceError):
    """The text is not held, so there is nothing to decide."""


def newest_threads(session: Session, company_id: str | None = None, limit: int = 50) -> list[Thread]:
    """Threads by their newest text, newest first; only those of `company_id` if it is given."""
    of_company = (TextMessage.company_id == company_id,) if company_id else ()
    per_thread = (
        select(func.max(col(TextMessage.id)), func.count(col(TextMessage.id)))
        .where(col(TextMessage.person_number).is_not(None), *of_company)
        .group_by(col(TextMessage.company_id), col(TextMessage.person_number))
        .order_by(func.max(col(TextMessage.id)).desc())
        .limit(limit)
    )
    counts = {row[0]: row[1] for row in session.execute(per_thread)}
    texts = session.exec(select(TextMessage).where(col(TextMessage.id).in_(counts))).all()
    return [Thread(text, counts[text.id]) for text in sorted(texts, key=lambda each: each.id, reverse=True)]


def texts_of_thread(session: Session, text: TextMessage) -> Sequence[TextMessage]:
    """All texts of the thread that contains `text`, oldest first. A text from a hidden sender is alone in its thread."""
    if text.person_number is None:
        return [text]
    same = (TextMessage.company_id == text.company_id, TextMessage.person_number == text.person_number)
    return session.exec(select(TextMessage).where(*same).order_by(col(TextMessage.at), col(TextMessage.id))).all()


def release(session: Session, text: TextMessage, *, again: bool, now: datetime) -> None:
    """Record a user's decision on a held text: send it `again`, or count it as sent. NotHeld if it is not held.

    Before it is sent again, consent and the suppression list are checked again.
    """
    held = (Delivery.subject_id == text.id, Delivery.hook == SEND, Delivery.state == DeliveryState.HELD)
    row = session.exec(select(Delivery).where(*held).with_for_update()).first()
    if row is None or text.status != MessageStatus.HELD:
        raise NotHeld(f"The text is {text.status}, not held, so there is nothing to decide.")
    looked_at = (col(Attempt.delivery_id) == row.id, col(Attempt.result) == AttemptResult.UNKNOWN)
    session.execute(update(Attempt).where(*looked_at).values(result=AttemptResult.LOOKED_AT))
    row.code, row.reason = (
        ("again", "Someone decided to send it again.") if again else ("went", "Someone confirmed that it was sent.")
    )
    row.state, row.due_at, row.finished_at = (
        (DeliveryState.READY, now, None) if again else (DeliveryState.DELIVERED, row.due_at, now)
    )
    text.status = MessageStatus.QUEUED if again else MessageStatus.SENT
    text.code, text.reason = row.code, row.reason
    session.add_all((row, text))
