"""The one door to texts that go out: written with all that the sender needs, sent by nobody else."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from hub.assembly import Hub
from hub.contracts.phones import phone_number
from hub.errors import RingfenceError
from hub.model import Delivery, TextMessage, TrackingNumber
from hub.model.columns import MESSAGE_LIFE, new_id, storable
from hub.model.purposes import Purpose
from hub.numbers.directory import Line
from hub.store.rows import write_rows
from hub.texts.bodies import seal_body

SEND = "send_text"
LONGEST_BODY = 1_600
"""Characters. Source: Twilio error 21617, Telnyx 40302 (a message of ten parts)."""


class CannotText(RingfenceError):
    """A text that must not even be queued; the sentence says why."""


def queue_text(
    session: Session,
    hub: Hub,
    line: Line,
    person_number: str | None,
    body: str,
    purpose: Purpose,
    *,
    key: str | None = None,
    not_before: datetime | None = None,
) -> TextMessage:
    """Write a text to a person, and its delivery, within `session`; it leaves after the commit, if consent allows it then.

    `line` is the tracking number that it comes from. With the same `key` (at most 80 characters) a text is written once,
    however often it is asked for: the first one comes back. CannotText where the number is no phone (a short code, a hidden
    caller), is a tracking number of the hub's own, or the carrier sends no texts.
    """
    number = phone_number(person_number)
    body = storable(body).strip()
    connector = line.tracker.carrier
    if number is None:
        raise CannotText("That is no phone that could be texted; write a number in E.164, like +13125550142.")
    if session.exec(select(TrackingNumber.id).where(TrackingNumber.number == number)).first() is not None:
        raise CannotText("That is a tracking number of this hub; texts to it would come back in.")
    if not hub.plugins.implements(connector, SEND):
        raise CannotText(f"The connector {connector!r} sends no texts; choose a tracking number of one that does.")
    if not 0 < len(body) <= LONGEST_BODY:
        raise CannotText(f"A text has 1 to {LONGEST_BODY} characters; this one has {len(body)}.")
    now = hub.clock()
    text_id = new_id()
    delivery = Delivery(
        connector=connector,
        hook=SEND,
        dedup_key=f"text/{key or text_id}",
        item_key=text_id,
        subject_id=text_id,
        due_at=max(now, not_before or now),
        made_at=now,
    )
    write_rows(session, Delivery, [delivery])
    same = select(Delivery.subject_id).where(Delivery.connector == connector, Delivery.dedup_key == delivery.dedup_key)
    written = session.exec(same).one()
    if written != text_id:
        return session.exec(select(TextMessage).where(TextMessage.id == written)).one()
    text = TextMessage(
        id=text_id,
        connector=connector,
        direction="out",
        purpose=purpose,
        status="queued",
        company_id=line.company.id,
        tracker_id=line.tracker.id,
        tracking_number=line.number.number,
        person_number=number,
        body=seal_body(hub.vault, session, line.company.id, number, text_id, body),
        at=now,
        state="done",
        due_at=now,
        expires_at=now + MESSAGE_LIFE,
    )
    session.add(text)
    session.flush()
    return text
