"""What Twilio stores for one account, and the fields that it shows of calls, recordings and texts.

Source: twilio.com/docs/voice/api/call-resource, /recording and /docs/messaging/api/message-resource.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from hub.api import JsonObject, WebhookRequest
from hub.api.sandbox import HeardRequest
from hub.api.twiml import TwimlStandIn, signed_form
from plugins.carriers.twilio import signature
from plugins.carriers.twilio.sandbox.browsers import identity_of
from plugins.carriers.twilio.sandbox.errors import RULES

API_VERSION = "2010-04-01"
PARTS_OF_A_CALL = (
    "events", "notifications", "payments", "recordings", "siprec", "streams", "transcriptions",
    "user_defined_message_subscriptions", "user_defined_messages",
)  # fmt: skip


class Account(TwimlStandIn):
    """Twilio with one account. Above the limit of requests it answers 429 (20429)."""

    rules = RULES
    home = "https://api.twilio.com"

    def begin(self) -> None:
        self.auth_token = self.digest("auth token")[:32]
        self.key_sid, self.key_secret = self.new_sid("SK"), self.digest("key secret")[:32]
        self.browsers: set[str] = set()
        """The identities of the browsers that have signed in."""

    @property
    def path(self) -> str:
        """The path of the account."""
        return f"/{API_VERSION}/Accounts/{self.account_sid}"

    def settings(self) -> JsonObject:
        return {
            "account_sid": self.account_sid,
            "auth_token": self.auth_token,
            "rest_key_sid": self.key_sid,
            "rest_key_secret": self.key_secret,
            "base_url": self.origin,
            "pricing_url": self.url or "https://pricing.twilio.com",
            "porting_url": self.url or "https://numbers.twilio.com",
            "upload_url": self.url or "https://numbers-upload.twilio.com",
            "media_url": self.url or "https://mms.twiliocdn.com",
        }

    def authorized(self, request: HeardRequest) -> HeardRequest:
        """With the bill that the example of a port order names."""
        self.documents["RD0123456789abcdef0123456789abcdef"] = b""
        return request.with_basic(self.key_sid, self.key_secret)

    def form_webhook(self, url: str, fields: Mapping[str, str], at: datetime) -> WebhookRequest:
        """A webhook to `url` with `fields`, signed with the auth token."""
        request = signed_form(url, fields, at, signature.SIGNATURE_HEADER, self.auth_token)
        token = self.digest(f"{url}{request.body.hex()}")[:32]
        sent = {"user-agent": "TwilioProxy/1.1", "i-twilio-idempotency-token": token}
        return replace(request, headers={**request.headers, **sent})

    def sign_in_browser(self, token: str) -> None:
        """The SDK signs in with an access token. ValueError with Twilio's code if it may not."""
        self.browsers.add(identity_of(token, self.account_sid, self.key_sid, self.key_secret, self.clock()))

    # Calls and recordings

    def leg_fields(self, sid: str, sender: str, receiver: str, status: str, direction: str) -> dict[str, str]:
        named = super().leg_fields(sid, sender, receiver, status, direction)
        return places(named) | {"ApiVersion": API_VERSION}

    def progress(self, status: str, at: datetime, sequence: int, duration: int = 0) -> dict[str, str]:
        fields = super().progress(status, at, sequence, duration)
        return fields | ({"Duration": str(math.ceil(duration / 60))} if "CallDuration" in fields else {})

    def list_call(
        self, sid: str, sender: str, receiver: str, at: datetime, direction: str, parent: str | None = None
    ) -> dict[str, object]:
        uri = f"{self.path}/Calls/{sid}"
        shown = super().list_call(sid, sender, receiver, at, direction, parent)
        shown |= {
            **dict.fromkeys(("forwarded_from", "group_sid", "phone_number_sid", "trunk_sid")),
            "api_version": API_VERSION,
            "queue_time": "0",
            "uri": f"{uri}.json",
            "subresource_uris": {name: f"{uri}/{name.title().replace('_', '')}.json" for name in PARTS_OF_A_CALL},
        }
        return shown

    def list_recording(self, call: str, sender: str, receiver: str, at: datetime, verb: str, channels: int) -> str:
        sid = super().list_recording(call, sender, receiver, at, verb, channels)
        uri = f"{self.path}/Recordings/{sid}"
        self.held_recordings[sid] |= {
            **dict.fromkeys(("conference_sid", "error_code", "encryption_details", "price")),
            "api_version": API_VERSION,
            "duration": "-1",
            "price_unit": "USD",
            "media_url": f"{self.origin}{uri}",
            "uri": f"{uri}.json",
            "subresource_uris": {
                "add_on_results": f"{uri}/AddOnResults.json",
                "transcriptions": f"{uri}/Transcriptions.json",
            },
        }
        return sid

    def recording_fields(self, recording: Mapping[str, object]) -> tuple[dict[str, str], dict[str, str]]:
        url = {"RecordingUrl": str(recording["media_url"])}
        named, reported = super().recording_fields(recording)
        reported |= {"RecordingStartTime": str(recording["start_time"]), "RecordingTrack": "both", "ErrorCode": "0"}
        return named | url, reported | url

    # Texts

    def list_text(
        self, sender: str, receiver: str, body: str, status: str, direction: str, media: int = 0
    ) -> JsonObject:
        shown = super().list_text(sender, receiver, body, status, direction, media)
        uri = f"{self.path}/Messages/{shown['sid']}"
        shown |= {
            "api_version": API_VERSION,
            "messaging_service_sid": None,
            "price_unit": "USD",
            "uri": f"{uri}.json",
            "subresource_uris": {"media": f"{uri}/Media.json"},
        }
        return shown

    def text_fields(self, shown: Mapping[str, object], status: str) -> dict[str, str]:
        return places(super().text_fields(shown, status)) | {"ApiVersion": API_VERSION}

    def picture_address(self, text: str, picture: str) -> str:
        return f"{self.origin}{self.path}/Messages/{text}/Media/{picture}"


def places(fields: dict[str, str]) -> dict[str, str]:
    """The fields with those about the places of both parties; Twilio sends unknown ones blank."""
    for party in ("From", "To"):
        fields |= {f"{party}City": "", f"{party}State": "", f"{party}Zip": "", f"{party}Country": "US"}
    return fields
