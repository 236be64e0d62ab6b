"""The queue of doubtful refusals. Each stays open until a user or the person decides; until then no marketing text is sent.

What a person wrote in a text or form or said in a call, and what users noted about them, comes into this one queue if it may
ask to end texts or calls. After a text the person is asked, one time per thread. Source: 47 CFR 64.1200(a)(10): any
reasonable means revokes consent and is honored within ten business days; (a)(12): one confirming text within five minutes,
without marketing, which may ask what was meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from hub.errors import CannotDo, RingfenceError
from hub.model import ConsentEntry, DoubtfulRefusal, Person, TextMessage
from hub.model.columns import MESSAGE_RETENTION
from hub.model.doubtful_refusals import OPEN_DOUBTS
from hub.model.people import CARRIER, TYPED, Learned
from hub.model.purposes import CALL_BACK, MARKETING, SERVICE
from hub.model.states import Doubt, MessageStatus, RefusalSource
from hub.runtime import Hub
from hub.store import audit
from hub.store.rows import write_rows
from hub.texts.no_contact import Refused, refuse_contact
from hub.texts.suppression import is_suppressed, stop
from hub.texts.words import CALLS, TEXTS, Channel, Reading, says_yes

DECIDE_WITHIN = timedelta(days=14)
"""Ten business days. By then a doubtful refusal on which nobody has decided counts as a no (`lapsed_use`)."""
LAPSED_PER_TRANSACTION = 50
NOT_SENT = (MessageStatus.REFUSED, MessageStatus.FAILED)
DOUBTFUL = "doubtful"
DOUBTFUL_REASON = "The person may have asked to stop texts; decide first: hub texts doubtful."
CHANNELS = {
    RefusalSource.TEXT: "sms",
    RefusalSource.FORM: "form",
    RefusalSource.CALL: "call",
    RefusalSource.VOICEMAIL: "call",
    RefusalSource.NOTE: "agent",
    RefusalSource.TAG: "agent",
}
"""The channel of the consent record that follows from each."""
LIVES = {
    RefusalSource.TEXT: "text_body",
    RefusalSource.FORM: "form_content",
    RefusalSource.CALL: "transcript",
    RefusalSource.VOICEMAIL: "transcript",
}
"""The kind of retention that ends the words; those of notes and tags end with their subject."""


class NotDoubtful(RingfenceError):
    """It is not open, so there is nothing to decide."""


def may_be_stop(session: Session, hub: Hub, company_id: str, number: str, reading: Reading) -> bool:
    """Whether a text with this reading may be a refusal: by its words, or because it refuses something after a
    marketing text. False if the person has stopped all texts already, unless it is about calls alone.
    """
    refuses = reading.how == "refusal" and _newest_purpose(session, company_id, number) == "marketing"
    if not (reading.how == "doubtful" or refuses):
        return False
    return reading.channels == CALLS or not is_suppressed(session, hub, company_id, number, SERVICE)


def is_refused_already(session: Session, hub: Hub, company_id: str, number: str, refused: Refused) -> bool:
    """Whether the person has refused all of it before, so that no user need read it again. `session` must be a writing
    one."""
    uses = {"texts": (SERVICE,), "calls": (CALL_BACK,), "both": (SERVICE, CALL_BACK)}[refused]
    return all(is_suppressed(session, hub, company_id, number, use) for use in uses)


def refused_by(channels: frozenset[Channel]) -> Refused:
    """What a reading refuses; texts if it names nothing."""
    return "calls" if channels == CALLS else "texts" if channels in (TEXTS, frozenset()) else "both"


def confirms_stop(session: Session, company_id: str, number: str, words: str) -> bool:
    """Whether `words` answer yes to the stop question, and no other text was sent to the person since."""
    if not says_yes(words) or not is_open(session, company_id, number):
        return False
    return _newest_purpose(session, company_id, number) == "stop_question"


def is_open(session: Session, company_id: str, number: str, *, about_texts: bool = False) -> bool:
    """Whether the person may have refused something, or texts if `about_texts`, and nobody has decided on it yet."""
    open_ones = (OPEN_DOUBTS, DoubtfulRefusal.company_id == company_id, DoubtfulRefusal.person_number == number)
    found = select(DoubtfulRefusal.id).where(*open_ones).limit(1)
    if about_texts:
        found = found.where(DoubtfulRefusal.refused != "calls")
    return session.exec(found).first() is not None


def queue_doubt(
    session: Session,
    hub: Hub,
    source: RefusalSource,
    source_id: str,
    *,
    company_id: str,
    subject_id: str,
    number: str,
    refused: Refused,
    at: datetime,
    now: datetime,
    learned: Learned = CARRIER,
) -> bool:
    """Put a doubtful refusal of the person with this E.164 number into the queue. `source_id` is the row with the words,
    `learned` how it is known that the number is theirs. False if it was there already, decided or not.
    """
    ends = at + hub.config.retention.life(LIVES[source]) if source in LIVES else now + DECIDE_WITHIN
    row = DoubtfulRefusal(
        id=source_id,
        company_id=company_id,
        subject_id=subject_id,
        source=source,
        refused=refused,
        person_number=number,
        learned=learned,
        at=at,
        decide_by=max(now, min(ends, now + DECIDE_WITHIN)),
        expires_at=now + MESSAGE_RETENTION,
    )
    return write_rows(session, DoubtfulRefusal, [row]) == 1


def open_doubts(session: Session, company_id: str | None = None, limit: int = 50) -> Sequence[DoubtfulRefusal]:
    """The undecided refusals, oldest first; only those of `company_id` if it is given."""
    wanted: list[ColumnElement[bool]] = []
    if company_id is not None:
        wanted.append(col(DoubtfulRefusal.company_id) == company_id)
    oldest = select(DoubtfulRefusal).where(OPEN_DOUBTS, *wanted)
    return session.exec(oldest.order_by(col(DoubtfulRefusal.at), DoubtfulRefusal.id).limit(limit)).all()


def doubt_about(session: Session, source_id: str) -> DoubtfulRefusal:
    """The row of the queue about a text, form, transcript, note or tag. NotDoubtful if there is none."""
    found = session.get(DoubtfulRefusal, source_id)
    if found is None:
        raise NotDoubtful("That is not in the queue; hub texts doubtful lists what is open.")
    return found


def keep(session: Session, doubt: DoubtfulRefusal, actor: str, now: datetime) -> None:
    """Record a user's decision that something is not a refusal. NotDoubtful if it is not open."""
    if doubt.state != Doubt.OPEN:
        raise NotDoubtful("That is already decided; hub texts doubtful lists the open ones.")
    doubt.state = Doubt.NOT_STOP
    session.add(doubt)
    audit.note(session, now, actor, "texts.keep", doubt.id)


def refuse(hub: Hub, doubt: DoubtfulRefusal, actor: str, refused: str | None = None) -> bool:
    """Record a user's decision that the person refuses texts, calls or both; what their words say if `refused` is None.
    False if all of it was refused before. NotDoubtful if it is not open.
    """
    if doubt.state != Doubt.OPEN or doubt.person_number is None:
        raise NotDoubtful("That is already decided; hub texts doubtful lists the open ones.")
    new = refuse_contact(
        hub,
        doubt.company_id,
        [doubt.person_number],
        refused or doubt.refused,
        channel=CHANNELS[RefusalSource(doubt.source)],
        actor=actor,
        subject_id=doubt.subject_id,
        learned=doubt.learned,  # type: ignore[arg-type]
    )
    with hub.store.writing() as session:
        row = session.get_one(DoubtfulRefusal, doubt.id)
        row.state = Doubt.STOP
        session.add(row)
    return new


def stop_by_hand(hub: Hub, text: TextMessage, actor: str, refused: str = "texts") -> bool:
    """Record, with its audit entry, that the sender of a text refuses texts, calls or both, because a user has read it
    so. This settles what of theirs is in the queue. False if all of it was refused before.
    """
    if text.direction != "in" or text.company_id is None or text.person_number is None:
        raise CannotDo("Name a text that the person wrote: it proves what they asked for.")
    return refuse_contact(
        hub, text.company_id, [text.person_number], refused, channel="sms", actor=actor, subject_id=text.id
    )


def lapse(hub: Hub, now: datetime) -> int:
    """Count what nobody has decided on as a no, after ten business days or before its words are deleted (`lapsed_use`).

    Processes at most `LAPSED_PER_TRANSACTION` rows. Returns how many.
    """
    with hub.store.writing() as session:
        due = select(DoubtfulRefusal).where(OPEN_DOUBTS, col(DoubtfulRefusal.decide_by) <= now)
        overdue = session.exec(due.order_by(col(DoubtfulRefusal.at)).limit(LAPSED_PER_TRANSACTION)).all()
        for doubt in overdue:
            use = lapsed_use(doubt)
            if doubt.person_number is None or _agreed_since(session, doubt, use):
                doubt.state = Doubt.NOT_STOP
            else:
                said: dict[str, Any] = {"channel": CHANNELS[RefusalSource(doubt.source)], "evidence": doubt.id}
                said |= {"at": doubt.at, "now": now, "learned": doubt.learned}
                stop(session, hub, doubt.company_id, doubt.person_number, uses=(use,), **said)
                doubt.state = Doubt.LAPSED
            session.add(doubt)
    return len(overdue)


def lapsed_use(doubt: DoubtfulRefusal) -> str:
    """The use that a doubtful refusal ends if nobody decides: calls back for one of calls alone, else marketing texts.

    A number that was only typed into a form may be anybody's, so it loses marketing texts at most.
    """
    return CALL_BACK if doubt.refused == "calls" and doubt.learned != TYPED else MARKETING


def _agreed_since(session: Session, doubt: DoubtfulRefusal, use: str) -> bool:
    yes = (
        select(ConsentEntry.id)
        .join(Person, col(Person.id) == ConsentEntry.person_id)
        .where(
            Person.company_id == doubt.company_id,
            Person.phone_number == doubt.person_number,
            ConsentEntry.use == use,
            ConsentEntry.state == "given",
            col(ConsentEntry.stated_at) > doubt.at,
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
