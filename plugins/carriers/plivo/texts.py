"""Texts at Plivo: send one, fetch the pictures of one.

Source: plivo.com/docs/messaging/api/messages (send a message) and /docs/messaging/api/media.
"""

from __future__ import annotations

from typing import Any

from hub.api import MediaFile, OutboundText, Receipt, Rejected, RetryLater, hookimpl, refused_receipt
from plugins.carriers.plivo.rest import Account
from plugins.carriers.plivo.translate import reference


class Texts(Account):
    """Send one, fetch the pictures of one."""

    @hookimpl
    def send_text(self, text: OutboundText) -> Receipt:
        """Send one text. Raises OutcomeUnknown if Plivo may have accepted it anyway.

        Plivo queues every text; it says in the report of its delivery that the person had sent STOP.
        """
        body: dict[str, Any] = {
            "src": text.sender.lstrip("+"),
            "dst": (text.recipient_number or "").lstrip("+"),
            "type": "mms" if text.media_urls else "sms",
            "url": f"{self.services.webhook_url}/text",
            "method": "POST",
        }
        body |= ({"text": text.body} if text.body else {}) | (
            {"media_urls": [*text.media_urls]} if text.media_urls else {}
        )
        try:
            reply = self._rest.post_once("Message", body)
        except Rejected as error:
            return refused_receipt(text.key, error, {})
        taken = reply.get("message_uuid")
        text_id = reference(taken[0] if isinstance(taken, list) and taken else None, "text")
        return Receipt(key=text.key, status="accepted", reference=text_id)

    @hookimpl
    def fetch_media(self, url: str) -> MediaFile:
        """A picture of a received text."""
        content_type, data = self._rest.download(url, "picture")
        if "/" not in content_type or content_type in ("application/json", "text/html"):
            raise RetryLater("Plivo did not return a picture.")
        return MediaFile(content_type=content_type, data=data)
