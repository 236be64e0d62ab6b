"""Texts that may ask for a stop. Each stays open until a user or the sender decides; until then no marketing text is sent.

A question is asked one time per thread. Source: 47 CFR 64.1200(a)(10): any reasonable wording revokes consent and is
honored within ten business days; (a)(12): one confirming text within five minutes, without marketing, which may ask
what was meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from hub.errors import CannotDo, RingfenceError
from hub.model import ConsentEntry, Person, TextMessage
from hub.model.messages import OPEN_DOUBTS
from hub.model.purposes import MARKETING, SERVICE
from hub.model.states import Doubt, MessageStatus
from hub.runtime import Hub
from hub.store import audit
from hub.texts.no_contact import refuse_contact
from hub.texts.suppression import is_suppressed, stop
from hub.texts.words import Reading, says_yes

DECIDE_WITHIN = timedelta(days=14)
"""Ten business days. A text on which nobody has decided by then counts as a no to marketing texts."""
LAPSED_PER_TRANSACTION = 50
NOT_SENT = (MessageStatus.REFUSED, MessageStatus.FAILED)
DOUBTFUL = "doubtful"
DOUBTFUL_REASON = "The person may have asked to stop texts; decide first: hub texts doubtful."


class NotDoubtful(RingfenceError):
    """The text is not open, so there is nothing to decide."""


def may_be_stop(session: Session, hub: Hub, company_id: str, number: str, reading: Reading) -> bool:
    """Whether a text with this reading may ask for a stop: by its words, or because it refuses something after a
    marketing text. False if the person has stopped all texts already.
    """
    refuses = reading.how == "refusal" and _newest_purpose(session, company_id, number) == "marketing"
    return (reading.how == "doubtful" or refuses) and not is_suppressed(session, hub, company_id, number, SERVICE)


def confirms_stop(session: Session, company_id: str, number: str, words: str) -> bool:
    """Whether `words` answer yes to the stop question, and no other text was sent to the person since."""
    if not says_yes(words) or not is_open(session, company_id, number):
        return False
    return _newest_purpose(session, company_id, number) == "stop_question"


def is_open(session: Session, company_id: str, number: str) -> bool:
    """Whether the person has a text that may be a stop and that nobody has decided on yet."""
    return session.exec(select(TextMessage.id).where(*_open_of(company_id, number)).limit(1)).first() is not None


def _open_of(company_id: str, number: str) -> tuple[ColumnElement[bool], ...]:
    return (
        col(TextMessage.company_id) == company_id,
        col(TextMessage.person_number) == number,
        col(TextMessage.doubt) == Doubt.OPEN,
    )


def open_doubts(session: Session, company_id: str | None = None, limit: int = 50) -> Sequence[TextMessage]:
    """The undecided texts, oldest first; only those of `company_id` if it is given."""
    # As written in the partial index: SQLite does not use it for a bound value.
    wanted: list[Any] = [OPEN_DOUBTS, col(TextMessage.person_number).is_not(None)]
    if company_id is not None:
        wanted.append(col(TextMessage.company_id) == company_id)
    return session.exec(
        select(TextMessage).where(*wanted).order_by(col(TextMessage.at), TextMessage.id).limit(limit)
    ).all()


def keep(session: Session, text: TextMessage, actor: str, now: datetime) -> None:
    """Record a user's decision that an open text is not a stop. NotDoubtful if it is not open."""
    if text.doubt != Doubt.OPEN:
        raise NotDoubtful("That text is already decided; hub texts doubtful lists the open ones.")
    text.doubt = Doubt.NOT_STOP
    session.add(text)
    audit.note(session, now, actor, "texts.keep", text.id)


def stop_by_hand(hub: Hub, text: TextMessage, actor: str) -> bool:
    """Record, with its audit entry, that the sender of a text wants no more texts, because a user has read it so. This
    settles their doubtful texts. False if they had stopped texts before.
    """
    if text.direction != "in" or text.company_id is None or text.person_number is None:
        raise CannotDo("Name a text that the person wrote: it proves what they asked for.")
    return refuse_contact(
        hub, text.company_id, [text.person_number], "texts", channel="sms", actor=actor, subject_id=text.id
    )


def lapse(hub: Hub, now: datetime) -> int:
    """Count a text without a decision as a no to marketing texts, after ten business days or before its body is deleted.

    Processes at most `LAPSED_PER_TRANSACTION` texts. Returns how many.
    """
    wait = min(DECIDE_WITHIN, hub.config.retention.life("text_body"))
    with hub.store.writing() as session:
        overdue = [text for text in open_doubts(session, limit=LAPSED_PER_TRANSACTION) if text.at <= now - wait]
        for text in overdue:
            assert text.company_id is not None and text.person_number is not None
            if _agreed_since(session, text):
                text.doubt = Doubt.NOT_STOP
            else:
                said = {"channel": "sms", "evidence": text.id, "at": text.at, "now": now}
                stop(session, hub, text.company_id, text.person_number, uses=(MARKETING,), **said)  # type: ignore[arg-type]
                text.doubt = Doubt.LAPSED
            session.add(text)
    return len(overdue)


def _agreed_since(session: Session, text: TextMessage) -> bool:
    yes = (
        select(ConsentEntry.id)
        .join(Person, col(Person.id) == ConsentEntry.person_id)
        .where(
            Person.company_id == text.company_id,
            Person.phone_number == text.person_number,
            ConsentEntry.use == MARKETING,
            ConsentEntry.state == "given",
            col(ConsentEntry.spoken_at) > text.at,
        )
    )
    return session.exec(yes.limit(1)).first() is not None


def _newest_purpose(session: Session, company_id: str, number: str) -> str | None:
    """The purpose of the newest text to the person that was sent or is being sent."""
    newest = select(TextMessage.purpose).where(
        TextMessage.company_id == company_id,
        TextMessage.person_number == number,
        TextMessage.direction == "out",
        col(TextMessage.status).not_in(NOT_SENT),
    )
    return session.exec(newest.order_by(col(TextMessage.at).desc(), col(TextMessage.id).desc()).limit(1)).first()
