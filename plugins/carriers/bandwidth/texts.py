"""Texts at Bandwidth: send one, read the callbacks about texts, fetch the pictures of one.

Source: dev.bandwidth.com/docs/messaging (webhooks, errors) and the SDK's models 23.3.1. Bandwidth takes a text for a person who
said stop, and reports error 4775 afterwards. It keeps no content, so its list of texts cannot replace a callback.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

from hub.api import (
    BadPayload,
    Event,
    JsonObject,
    Receipt,
    Rejected,
    RetryLater,
    as_mapping,
    hookimpl,
    phone_number,
    without_personal_data,
)
from hub.api.carriers import (
    MediaFile,
    MessageEvent,
    MessageStatusEvent,
    OutboundText,
    picture,
    receipt,
    rejecting,
    type_and_bytes,
)
from hub.api.twiml import address_at, believed, identifier
from plugins.carriers.bandwidth.rest import NOT_FOUND, Account
from plugins.carriers.bandwidth.translate import TEXT_ID, text_of

MAX_EVENTS, MAX_MEDIA, MAX_ADDRESS_CHARACTERS = 100, 20, 4096
OPTED_OUT = "4775"
STATUSES: Mapping[str, Literal["sent", "delivered", "failed"]] = {
    "message-sending": "sent",
    "message-sent": "sent",
    "message-delivered": "delivered",
    "message-read": "delivered",
    "message-failed": "failed",
}
LAYOUT_FILES = (".smil", ".xml")
"""The parts of a picture message that only arrange the others."""


class Texts(Account):
    """Send one, read the callbacks about texts, fetch the pictures of one."""

    @hookimpl
    def send_text(self, text: OutboundText) -> Receipt:
        """Send one text. Raises OutcomeUnknown if Bandwidth may have taken it anyway."""
        rest = self._rest
        if not rest.settings.messaging_application_id:
            raise Rejected("this connector sends no texts; set its messaging_application_id.")
        message: JsonObject = {
            "applicationId": rest.settings.messaging_application_id,
            "from": text.sender,
            "to": [text.recipient_number],
            "text": text.body or "",
            "tag": text.key,
        }
        if text.media_urls:
            message["media"] = list(text.media_urls)

        def send() -> str:
            return identifier(TEXT_ID, rest.post_once(f"{rest.texts}/messages", message).get("id"), "the text's id")

        return receipt(text.key, "Bandwidth", send, {})

    @hookimpl
    def fetch_media(self, url: str) -> MediaFile:
        """A picture of a received text."""
        rest = self._rest
        with rejecting("It is not fetched."):
            address = address_at(url, (rest.settings.messaging_url,), "Bandwidth", (), MAX_ADDRESS_CHARACTERS)
        if not address.startswith(f"{rest.texts}/media/"):
            raise Rejected("the picture's address is not among this account's media, so it is not fetched.")
        reply = rest.send("GET", address, expected=NOT_FOUND)
        if not reply.is_success:
            raise RetryLater("Bandwidth does not deliver the picture now.")
        return picture(*type_and_bytes(reply), "Bandwidth")


def entries(body: object) -> list[Mapping[str, Any]]:
    """The events of a callback about texts, which is a list."""
    if not isinstance(body, list) or not 0 < len(body) <= MAX_EVENTS or not all(isinstance(one, dict) for one in body):
        raise BadPayload("the callback about texts is not a list of events.")
    return body


def entry_key(entry: Mapping[str, object]) -> str:
    """The name of one event."""
    kind = text_of(entry, "type")
    if kind not in STATUSES and kind != "message-received":
        raise BadPayload("type is not the name of an event about texts.")
    return f"{kind}:{identifier(TEXT_ID, as_mapping(entry.get('message')).get('id'), 'message.id')}"


def events(body: object, received_at: datetime, media_origin: str, application_id: str | None) -> Iterator[Event]:
    """What a callback about texts reports, event by event."""
    for entry in entries(body):
        message, kind = as_mapping(entry.get("message")), text_of(entry, "type")
        entry_key(entry)
        if text_of(message, "applicationId") != application_id:
            raise BadPayload("the callback is not of this connector's messaging application.")
        at = believed(entry.get("time") or message.get("time"), "time", received_at)
        yield _received(entry, message, at, media_origin) if kind == "message-received" else _status(entry, message, at)


def _received(
    entry: Mapping[str, object], message: Mapping[str, object], at: datetime, media_origin: str
) -> MessageEvent:
    number = phone_number(text_of(entry, "to")) or phone_number(text_of(message, "owner"))
    if number is None:
        raise BadPayload("the text does not say which of our numbers it came to.")
    return MessageEvent(
        message_id=text_of(message, "id"),
        at=at,
        tracking_number=number,
        sender_number=phone_number(text_of(message, "from")),
        body=text_of(message, "text"),
        media_urls=tuple(_pictures(message.get("media"), media_origin)),
    )


def _pictures(media: object, origin: str) -> Iterator[str]:
    """The addresses of a text's pictures, without those that are not at Bandwidth."""
    if media is not None and (not isinstance(media, list) or len(media) > MAX_MEDIA):
        raise BadPayload("message.media is not a list of attachments.")
    for url in media or ():
        if str(url).startswith(origin + "/") and not str(url).lower().endswith(LAYOUT_FILES):
            yield address_at(url, (origin,), "Bandwidth", (), MAX_ADDRESS_CHARACTERS)


def _status(entry: Mapping[str, object], message: Mapping[str, object], at: datetime) -> MessageStatusEvent:
    status, code = STATUSES[text_of(entry, "type")], str(entry.get("errorCode") or "")
    code = code if status == "failed" and code.isascii() and code.isdecimal() and len(code) < 6 else ""
    words = without_personal_data(text_of(entry, "description"))
    return MessageStatusEvent(
        message_id=text_of(message, "id"),
        at=at,
        status=status,
        code=code or None,
        reason=(words or "Bandwidth could not deliver the text.") if status == "failed" else None,
        opted_out=code == OPTED_OUT,
    )
