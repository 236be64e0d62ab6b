"""Texts at Plivo: send one, fetch the pictures of one.

Source: plivo.com/docs/messaging/api/messages (send a message) and /docs/messaging/api/media.
"""

from __future__ import annotations

from hub.api import JsonObject, Receipt, hookimpl
from hub.api.carriers import MediaFile, OutboundText, picture, receipt
from plugins.carriers.plivo.rest import Account
from plugins.carriers.plivo.translate import uuid


class Texts(Account):
    """Send one, fetch the pictures of one."""

    @hookimpl
    def send_text(self, text: OutboundText) -> Receipt:
        """Send one text. Raises OutcomeUnknown if Plivo may have accepted it anyway.

        Plivo queues every text; it says in the report of its delivery that the person had sent STOP.
        """
        body: JsonObject = {
            "src": text.sender.lstrip("+"),
            "dst": (text.recipient_number or "").lstrip("+"),
            "type": "mms" if text.media_urls else "sms",
            "url": f"{self.services.webhook_url}/text",
            "method": "POST",
        }
        body |= ({"text": text.body} if text.body else {}) | (
            {"media_urls": [*text.media_urls]} if text.media_urls else {}
        )

        def send() -> str:
            ids = self._rest.post_once("Message", body).get("message_uuid")
            return uuid(ids[0] if isinstance(ids, list) and ids else None, "message_uuid")

        return receipt(text.key, "Plivo", send, {})

    @hookimpl
    def fetch_media(self, url: str) -> MediaFile:
        """A picture of a received text."""
        return picture(*self._rest.download(url, "picture"), "Plivo")
