"""Threads: all texts between a company and one person, in and out, on any of its tracking numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.errors import NotFound, RingfenceError
from hub.model import Attempt, Delivery, TextMessage, ThreadArchive
from hub.model.states import AttemptResult, DeliveryState, MessageStatus
from hub.store import audit
from hub.store.rows import write_rows
from hub.texts.queue import SEND


class NotHeld(RingfenceError):
    """The text is not held, so there is nothing to decide."""


def texts_of_thread(session: Session, text: TextMessage) -> Sequence[TextMessage]:
    """All texts of the thread that contains `text`, oldest first. A text from a hidden sender is alone in its thread."""
    if text.person_number is None:
        return [text]
    same = (TextMessage.company_id == text.company_id, TextMessage.person_number == text.person_number)
    return session.exec(select(TextMessage).where(*same).order_by(col(TextMessage.at), col(TextMessage.id))).all()


def release(session: Session, text: TextMessage, *, again: bool, actor: str, now: datetime) -> None:
    """Record a user's decision on a held text, with its audit entry: send it `again`, or count it as sent. NotHeld if it
    is not held.

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
    audit.note(session, now, actor, "texts.release", text.id, row.code)


def archive_thread(session: Session, scope: AccessScope, text_id: str, now: datetime, *, archived: bool = True) -> bool:
    """Archive the thread that contains a text, or bring it back, within `session`; returns whether that changed something.
    A text that comes later brings it back too. NotFound if the user does not see it."""
    text: TextMessage = scope.one(session, TextMessage, text_id)
    if text.company_id is None:
        raise NotFound("Not found")
    newest = texts_of_thread(session, text)[-1]
    row = session.get(ThreadArchive, newest.id)
    if (row is not None) == archived:
        return False
    if row is not None:
        session.delete(row)
    else:
        made = ThreadArchive(text_id=newest.id, company_id=text.company_id, archived_at=now, archived_by=scope.user.id)
        write_rows(session, ThreadArchive, [made])
    session.flush()
    audit.note(session, now, scope.user.id, "texts.archive", newest.id, "archived" if archived else "active")
    return True
