"""The only module that queues outgoing texts, with everything that the sender needs. Only the sender sends them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, select

from hub.contracts.phones import phone_number
from hub.contracts.texts import MediaFile
from hub.errors import RingfenceError
from hub.hookspecs import TextHooks
from hub.model import Delivery, TextMedia, TextMessage, TrackingNumber
from hub.model.columns import MESSAGE_RETENTION, new_id, storable
from hub.model.purposes import Purpose
from hub.model.states import MediaState, MessageStatus, SubjectState
from hub.numbers.directory import Line
from hub.runtime import Hub
from hub.store.rows import write_rows
from hub.texts.bodies import seal_body, seal_file
from hub.texts.wording import MAX_OPT_OUT_LINE_CHARACTERS

SEND = TextHooks.send_text.__name__
MAX_BODY_CHARACTERS = 1_600 - MAX_OPT_OUT_LINE_CHARACTERS
"""Characters, so that the line on how to stop texts still fits. Source of the 1,600: Twilio error 21617, Telnyx 40302
(a message of ten parts).
"""

MAX_PICTURES = 10
"""Source: twilio.com/docs/messaging/api/message-resource (MediaUrl)."""
MAX_TOTAL_PICTURE_BYTES = 1_000_000
"""Total size of all pictures of one text. Source: developers.telnyx.com/api-reference/messages/send-a-message
(media_urls: less than 1 MB). Twilio accepts 5 MB.
"""
PICTURE_TYPES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
"""First bytes of the picture formats that every carrier and phone accepts."""


class CannotText(RingfenceError):
    """The text must not be queued; the message says why."""


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
    pictures: Sequence[MediaFile] = (),
) -> TextMessage:
    """Write a text to a person, and its delivery, within `session`. It is sent after the commit, if consent allows it then.

    `line` is the tracking number to send from. With `pictures` (made by `picture_of`) the body may be empty. A `key`
    (at most 80 characters) makes the call idempotent: a second call with the same key returns the first text.
    CannotText if the number cannot receive texts (a short code, a hidden caller), is a tracking number of this hub, or
    the carrier cannot send texts or pictures.
    """
    number = phone_number(person_number)
    body = storable(body).strip()
    connector = line.tracker.carrier
    if number is None:
        raise CannotText("That phone cannot be texted; write a number in E.164, like +13125550142.")
    if session.exec(select(TrackingNumber.id).where(TrackingNumber.number == number)).first() is not None:
        raise CannotText("That is a tracking number of this hub; texts to it would come back in.")
    if not hub.plugins.implements(connector, SEND):
        raise CannotText(f"The connector {connector!r} cannot send texts; choose a tracking number of one that can.")
    if not (bool(pictures) or body) or len(body) > MAX_BODY_CHARACTERS:
        raise CannotText(f"A text has 1 to {MAX_BODY_CHARACTERS} characters; this one has {len(body)}.")
    if pictures and not _takes_pictures(hub, connector):
        raise CannotText(f"The connector {connector!r} cannot send pictures; remove them, or choose another number.")
    if len(pictures) > MAX_PICTURES or sum(len(picture.data) for picture in pictures) >= MAX_TOTAL_PICTURE_BYTES:
        raise CannotText(f"A text takes up to {MAX_PICTURES} pictures of less than 1 MB together; make them smaller.")
    now = hub.clock()
    text_id = new_id()
    delivery = Delivery(
        connector=connector,
        hook=SEND,
        dedup_key=f"text/{key or text_id}",
        item_key=text_id,
        subject_id=text_id,
        company_id=line.company.id,
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
        status=MessageStatus.QUEUED,
        company_id=line.company.id,
        tracker_id=line.tracker.id,
        tracking_number=line.number.number,
        person_number=number,
        body=seal_body(hub.vault, session, line.company.id, number, text_id, body),
        at=now,
        state=SubjectState.DONE,
        due_at=now,
        expires_at=now + MESSAGE_RETENTION,
    )
    session.add(text)
    session.flush()
    for position, picture in enumerate(pictures):
        session.add(_media(hub, session, text, position, picture))
    return text


def picture_of(data: bytes) -> MediaFile:
    """A PNG, JPEG or GIF file as a picture for a text, recognized by its first bytes. CannotText for any other file."""
    for beginning, content_type in PICTURE_TYPES.items():
        if data.startswith(beginning):
            return MediaFile(content_type=content_type, data=data)
    raise CannotText("Not every phone can show that picture; use a PNG, JPEG or GIF file.")


def _takes_pictures(hub: Hub, connector: str) -> bool:
    flow = hub.plugins.connectors[connector].manifest.flow(SEND)
    return flow is not None and any(share.field == "media_urls" for share in flow.shares)


def _media(hub: Hub, session: Session, text: TextMessage, position: int, picture: MediaFile) -> TextMedia:
    media_id, now = new_id(), hub.clock()
    return TextMedia(
        id=media_id,
        text_id=text.id,
        position=position,
        content_type=picture.content_type,
        size=len(picture.data),
        data=seal_file(hub.vault, session, text, media_id, picture.data),
        state=MediaState.DONE,
        due_at=now,
        fetched_at=now,
        expires_at=now + MESSAGE_RETENTION,
    )
