"""Texts at Vonage: send one.

Source: developer.vonage.com/en/api/messages (SMS, MMS).
"""

from __future__ import annotations

from hub.api import JsonObject, Receipt, hookimpl
from hub.api.carriers import OutboundText, receipt
from hub.api.twiml import TEXT_STATUS_PATH, identifier
from plugins.carriers.vonage.rest import Account
from plugins.carriers.vonage.translate import ILLEGAL_NUMBER, REASONS, TEXT_ID


class Texts(Account):
    """Send one."""

    @hookimpl
    def send_text(self, text: OutboundText) -> Receipt:
        """Send one text. Raises OutcomeUnknown if Vonage may have accepted it anyway.

        Vonage takes every well-formed text; only the report of its delivery says that a person opted out.
        """
        message: JsonObject = {
            "to": (text.recipient_number or "").removeprefix("+"),
            "from": text.sender.removeprefix("+"),
            "client_ref": text.key[:100],
            "webhook_url": f"{self.services.webhook_url}/{TEXT_STATUS_PATH}",
            "webhook_version": "v1",
            **_content(text),
        }

        def send() -> str:
            reply = self._rest.json("POST", "/v1/messages", once=True, json=message)
            return identifier(TEXT_ID, reply.get("message_uuid"), "message_uuid")

        return receipt(text.key, "Vonage", send, REASONS, ILLEGAL_NUMBER)


def _content(text: OutboundText) -> JsonObject:
    """An SMS; or an MMS, whose first picture has the text as its caption."""
    if not text.media_urls:
        return {"channel": "sms", "message_type": "text", "text": text.body or ""}
    pictures: list[dict[str, object]] = [{"url": url} for url in text.media_urls]
    if text.body:
        pictures[0]["caption"] = text.body
    if len(pictures) == 1:
        return {"channel": "mms", "message_type": "image", "image": pictures[0]}
    return {"channel": "mms", "message_type": "content", "content": [{"type": "image", **one} for one in pictures]}
