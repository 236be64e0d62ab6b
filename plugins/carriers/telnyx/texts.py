"""Texts at Telnyx: send one, fetch the pictures of one, list the received ones.

The detail records list received texts without their content, which is then read text by text. Telnyx gives a text's content
for 10 days. An older text has an empty body, so that a STOP in it cannot be known.
Source: developers.telnyx.com/api-reference (send a message, search detail records, retrieve a message) and the error code
40300.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.api import BadPayload, JsonObject, Receipt, hookimpl, phone_number, value_at
from hub.api.carriers import MediaFile, MessageEvent, OutboundText, TextListQuery, picture, receipt, rejecting
from hub.api.twiml import address_at, moment
from plugins.carriers.telnyx.notices import BLOCKED, received_text
from plugins.carriers.telnyx.privacy import MAX_DETAIL_RECORDS
from plugins.carriers.telnyx.rest import MAX_LINK_CHARACTERS, Account, Rest
from plugins.carriers.telnyx.translate import uuid

MEDIA_HOSTS = (
    "media.telnyx.com",
    "s3.amazonaws.com",
    "us-central-1.telnyxcloudstorage.com",
    "us-east-1.telnyxcloudstorage.com",
    "us-west-1.telnyxcloudstorage.com",
    "eu-central-1.telnyxcloudstorage.com",
)
"""The hosts on which Telnyx stores the pictures of received texts."""


class Texts(Account):
    """Send, list and fetch texts."""

    @hookimpl
    def send_text(self, text: OutboundText) -> Receipt:
        """Send one text. Raises OutcomeUnknown if Telnyx may have accepted it anyway."""
        rest = self._rest
        message: JsonObject = {
            "from": text.sender,
            "to": text.recipient_number,
            "webhook_url": f"{self.services.webhook_url}/message",
            "use_profile_webhooks": False,
        }
        if text.body:
            message["text"] = text.body
        if text.media_urls:
            message["media_urls"] = list(text.media_urls)
        if rest.settings.messaging_profile_id:
            message["messaging_profile_id"] = rest.settings.messaging_profile_id

        def send() -> str:
            return uuid(value_at(rest.post_once("/messages", message, text.key), "data.id"), "the text's id")

        return receipt(text.key, "Telnyx", send, {}, BLOCKED)

    @hookimpl
    def fetch_media(self, url: str) -> MediaFile:
        """A picture of a received text."""
        with rejecting("It is not fetched."):
            address = address_at(url, (self._rest.settings.base_url,), "Telnyx", MEDIA_HOSTS, MAX_LINK_CHARACTERS)
        return picture(*self._rest.download(address), "Telnyx")

    @hookimpl
    def list_texts(self, query: TextListQuery) -> Sequence[MessageEvent]:
        """The received texts that `query` asks for, oldest first. One that cannot be read does not hide the others."""
        found, unreadable = [], 0
        for at, record in sorted(_wanted(self._rest, query), key=lambda one: one[0])[:MAX_READ]:
            try:
                text = _text(self._rest, record, at, self.services.clock())
            except BadPayload:
                unreadable += 1
                continue
            if text is not None:
                found.append(text)
        if unreadable:
            self.services.log.warning("Telnyx' list of texts could not be read in part", texts=unreadable)
        return found


CONTENT_KEPT = timedelta(days=10)
MAX_READ = 150
"""Maximum count of texts of one look: each needs a request, and the hook has a minute."""


def _wanted(rest: Rest, query: TextListQuery) -> Iterator[tuple[datetime, Mapping[str, Any]]]:
    numbers, known = set(query.tracking_numbers), set(query.known)
    wanted = {
        "filter[record_type]": "messaging",
        "filter[direction]": "inbound",
        # The documentation shows days only.
        "filter[created_at][gte]": query.since.astimezone(UTC).strftime("%Y-%m-%d"),
        "page[size]": MAX_DETAIL_RECORDS,
    }
    for record in rest.pages("/detail_records", wanted):
        if record.get("direction") != "inbound" or record.get("cld") not in numbers or record.get("uuid") in known:
            continue
        try:
            at = moment(record.get("created_at"), "created_at")
        except BadPayload:
            continue
        if at >= query.since.replace(microsecond=0):
            yield at, record


def _text(rest: Rest, record: Mapping[str, Any], at: datetime, now: datetime) -> MessageEvent | None:
    """A text with its content; None if Telnyx does not give the content yet."""
    text_id = uuid(record.get("uuid"), "uuid")
    shown = (rest.find(f"/messages/{text_id}") or {}).get("data")
    if isinstance(shown, dict):
        return received_text(shown, at)
    if now - at < CONTENT_KEPT:
        return None
    sender = phone_number(str(record.get("cli") or ""))
    return MessageEvent(message_id=text_id, at=at, tracking_number=str(record.get("cld")), sender_number=sender)
