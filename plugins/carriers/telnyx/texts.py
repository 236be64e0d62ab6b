"""Texts at Telnyx: send one, fetch the pictures of one.

Source: developers.telnyx.com/api-reference/messages/send-a-message and the error code 40300.
"""

from __future__ import annotations

from typing import Any

from hub.api import (
    BadPayload,
    MediaFile,
    OutboundText,
    OutcomeUnknown,
    Receipt,
    Rejected,
    RetryLater,
    address_at,
    hookimpl,
    refused_receipt,
)
from plugins.carriers.telnyx.notices import BLOCKED
from plugins.carriers.telnyx.rest import MAX_LINK_CHARACTERS, Account
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
    """Send one, fetch the pictures of one."""

    @hookimpl
    def send_text(self, text: OutboundText) -> Receipt:
        """Send one text. Raises OutcomeUnknown if Telnyx may have accepted it anyway."""
        rest = self._rest
        message: dict[str, Any] = {
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
        try:
            reply = rest.post_once("/messages", message, text.key)
        except Rejected as error:
            return refused_receipt(text.key, error, {}, BLOCKED)
        taken = reply.get("data")
        try:
            reference = uuid(taken.get("id") if isinstance(taken, dict) else None, "the text's id")
        except BadPayload as error:
            raise OutcomeUnknown("Telnyx accepted the text without an id; see its portal for the status.") from error
        return Receipt(key=text.key, status="accepted", reference=reference)

    @hookimpl
    def fetch_media(self, url: str) -> MediaFile:
        """A picture of a received text."""
        try:
            address = address_at(url, (self._rest.settings.base_url,), "Telnyx", MEDIA_HOSTS, MAX_LINK_CHARACTERS)
        except BadPayload as error:
            raise Rejected("the picture's address is not at Telnyx, so it is not fetched.") from error
        content_type, data = self._rest.download(address)
        if "/" not in content_type or content_type in ("application/json", "text/html"):
            raise RetryLater("Telnyx did not return a picture.")
        return MediaFile(content_type=content_type, data=data)
