"""Texts sent through Twilio and their delivery, the list of received texts, and their pictures.

Source: twilio.com/docs/messaging/api/message-resource, /media-resource, /guides/track-outbound-message-status and
/docs/api/errors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC

from hub.api import Receipt, Rejected, hookimpl
from hub.api.carriers import MediaFile, MessageEvent, OutboundText, TextListQuery, receipt, rejecting
from hub.api.twiml import TEXT_STATUS_PATH, TextListReader, TwimlWebhook, address_at, identifier
from plugins.carriers.twilio.rest import Account

OPTED_OUT = "21610"
MAX_MEDIA = 10
PICTURE = re.compile(r"/Messages/(?P<text>(SM|MM)[0-9a-fA-F]{32})/Media/(?P<picture>ME[0-9a-fA-F]{32})$")
REASONS: Mapping[str, str] = {
    "21211": "Twilio does not recognize the recipient as a phone number.",
    "21408": "The account may not send texts to that country; allow it in Twilio's messaging geographic permissions.",
    "21606": "The sender is not a number of this account that can send texts.",
    "21610": "The person asked Twilio to stop texts from this number.",
    "21611": "Too many texts are queued for this sender.",
    "21612": "Twilio has no route from this sender to this recipient.",
    "21614": "The recipient is not a mobile phone.",
    "21617": "The text is longer than 1,600 characters.",
    "30001": "The text waited too long in Twilio's queue.",
    "30002": "The Twilio account is suspended.",
    "30003": "The phone is switched off or cannot be reached.",
    "30004": "The recipient or their carrier blocks the text.",
    "30005": "The number is unknown or no longer in use.",
    "30006": "The number is a landline or its carrier takes no texts.",
    "30007": "The text was filtered as spam by Twilio or the carrier.",
    "30032": "The toll-free sender is not verified for texts.",
    "30034": "The sender is not registered for business texts in the US (A2P 10DLC).",
}
"""Twilio's error codes in words, without personal data."""


class Texts(Account):
    """Texts sent through Twilio and their delivery, the list of received texts, and their pictures."""

    @hookimpl
    def send_text(self, text: OutboundText) -> Receipt:
        """Send a text, at most once. Raises OutcomeUnknown if Twilio may have accepted it anyway."""
        form: dict[str, str | Sequence[str]] = {
            "To": text.recipient_number or "",
            "From": text.sender,
            "StatusCallback": f"{self.services.webhook_url}/{TEXT_STATUS_PATH}",
        }
        if text.body:
            form["Body"] = text.body
        if text.media_urls:
            form["MediaUrl"] = list(text.media_urls)

        def send() -> str:
            sent = self._rest.post_once(f"{self._rest.account}/Messages.json", form)
            return identifier(TwimlWebhook.text_id_form, sent.get("sid"), "sid")

        return receipt(text.key, "Twilio", send, REASONS, OPTED_OUT)

    @hookimpl
    def list_texts(self, query: TextListQuery) -> Sequence[MessageEvent]:
        """Received texts, oldest first. The list has the bodies; a text with pictures needs a request for their addresses."""
        rest = self._rest

        def pictures(text_id: str) -> list[str]:
            address = f"{rest.account}/Messages/{text_id}/Media"
            items = (rest.find(f"{address}.json") or {}).get("media_list")
            ids = [str(item.get("sid")) for item in items if isinstance(item, dict)] if isinstance(items, list) else []
            return [url for url in (f"{address}/{each}" for each in ids[:MAX_MEDIA]) if PICTURE.search(url)]

        since = query.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        items = rest.pages("Messages", {"DateSent>": since})
        return TextListReader("Twilio", TwimlWebhook.text_id_form, pictures, self.services.log).events(items, query)

    @hookimpl
    def fetch_media(self, url: str) -> MediaFile:
        """A picture, only from Twilio's API, which redirects to `media_origin`. The webhook's address is only checked;
        the address that we fetch is made from its ids, so that no other resource of the account can be read."""
        with rejecting("It is not fetched."):
            named = PICTURE.search(address_at(url, self.origins(), "Twilio"))
        if named is None:
            raise Rejected("The address is not that of a text's picture at Twilio; it is not fetched.")
        content_type, data = self._rest.media(
            f"{self._rest.account}/Messages/{named['text']}/Media/{named['picture']}", self.settings.media_url
        )
        return MediaFile(content_type=content_type, data=data)
