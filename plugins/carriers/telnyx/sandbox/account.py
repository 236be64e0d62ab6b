"""What Telnyx stores for one account: its keys, calls, texts, recordings, numbers and port orders."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.api import JsonObject, WebhookRequest
from hub.api.sandbox import HeardRequest, SimulatedCall
from hub.api.twiml import CallbackAddresses, TwimlStandIn
from plugins.carriers.telnyx import signature
from plugins.carriers.telnyx.sandbox.errors import RULES
from plugins.carriers.telnyx.texml import Texml


class Account(TwimlStandIn):
    """Telnyx with one account, whose ids and keys all follow from `seed`. Above the limit of requests it answers 429 (10011).

    `looks_until_filled` is how often a number order must be read until it is filled; with `letter_on_file` port orders need
    no signed letter.
    """

    rules = RULES
    language = Texml
    document_field = "Texml"
    hidden_caller = "anonymous"
    name_field = "CallerId"
    home = "https://api.telnyx.com"

    def __init__(
        self,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        seed: str = "ringfence",
        requests_per_second: int | None = None,
        looks_until_filled: int = 1,
        letter_on_file: bool = False,
    ) -> None:
        super().__init__(clock, seed, requests_per_second)
        self.looks_until_filled = looks_until_filled
        self.letter_on_file = letter_on_file
        self.account_sid, self.profile_id = self.new_id("account"), self.new_id("profile")
        self.application_id = str(int(self.digest("application")[:15], 16))[:19].rjust(19, "1")
        self.api_key = f"KEY{self.digest('api key')[:32].upper()}"
        self.orders: dict[str, JsonObject] = {}
        self.sent_keys: dict[str, str] = {}
        """By idempotency key: the text that was sent."""
        self.placed_keys: dict[str, JsonObject] = {}
        """By idempotency key: the reply that was given."""
        self.application: JsonObject = {
            "id": self.application_id,
            "record_type": "texml_application",
            "friendly_name": "Sandbox",
            "active": True,
            "voice_url": "https://example.com/texml",
            "voice_method": "post",
            "voice_fallback_url": None,
            "status_callback": None,
            "status_callback_method": "post",
            "inbound": {"channel_limit": None, "shaken_stir_enabled": False},
        }
        self.profile: dict[str, object] = {
            "id": self.profile_id,
            "record_type": "messaging_profile",
            "name": "Sandbox",
            "enabled": True,
            "webhook_url": None,
            "webhook_failover_url": None,
            "webhook_api_version": "2",
        }

    # Ids and keys

    def new_id(self, kind: str) -> str:
        """The next id, a UUID as Telnyx makes them."""
        return str(uuid.UUID(self.next_digest(kind)[:32], version=4))

    def new_call_id(self) -> str:
        """The next call control id: `v3:` and 54 characters."""
        digest = bytes.fromhex(self.next_digest("call") + self.next_digest("leg"))
        return f"v3:{base64.urlsafe_b64encode(digest).decode()[:54]}"

    def new_recording_id(self) -> str:
        return self.new_id("recording")

    @property
    def private_key(self) -> Ed25519PrivateKey:
        """The key that signs the webhooks."""
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self.digest("private key")))

    @property
    def public_key(self) -> str:
        """The public key in base64, as the portal shows it."""
        return base64.b64encode(self.private_key.public_key().public_bytes_raw()).decode()

    def settings(self) -> JsonObject:
        return {
            "api_key": self.api_key,
            "public_key": self.public_key,
            "account_id": self.account_sid,
            "application_id": self.application_id,
            "messaging_profile_id": self.profile_id,
            "base_url": self.origin,
        }

    def authorized(self, request: HeardRequest) -> HeardRequest:
        return request.with_token(self.api_key)

    # Webhooks

    def addresses(self, webhook_url: str) -> CallbackAddresses:
        return CallbackAddresses(webhook_url, self.api_key)

    def form_webhook(self, url: str, fields: Mapping[str, str], at: datetime) -> WebhookRequest:
        """A TeXML webhook to `url`."""
        return self.signed(url, urlencode(fields).encode(), "application/x-www-form-urlencoded", at)

    def json_webhook(self, url: str, event_type: str, payload: Mapping[str, object]) -> WebhookRequest:
        """An event as JSON, sent to `url` now."""
        data = {
            "record_type": "event",
            "event_type": event_type,
            "id": self.new_id("event"),
            "occurred_at": self.stamp(self.clock()),
            "payload": payload,
        }
        body = json.dumps({"data": data, "meta": {"attempt": 1, "delivered_to": url}}, ensure_ascii=False)
        return self.signed(url, body.encode(), "application/json", self.clock())

    def signed(self, url: str, body: bytes, content_type: str, at: datetime) -> WebhookRequest:
        """A webhook to `url`, signed with the account's key at `at`."""
        timestamp = str(int(at.timestamp()))
        headers = {
            "content-type": content_type,
            "user-agent": "telnyx-webhooks",
            signature.TIMESTAMP_HEADER: timestamp,
            signature.SIGNATURE_HEADER: signature.sign(self.private_key, timestamp, body),
        }
        return WebhookRequest(method="POST", url=url, body=body, received_at=at, headers=headers)

    # The fields of calls and recordings

    def stamp(self, at: datetime) -> str:
        """A time as Telnyx writes it in webhooks and JSON."""
        return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def verification(self, call: SimulatedCall) -> dict[str, str]:
        return {"ShakenStirAttestation": "A", "ShakenStirValidated": "true"} if call.caller_number else {}

    def leg_fields(self, sid: str, sender: str, receiver: str, status: str, direction: str) -> dict[str, str]:
        named = super().leg_fields(sid, sender, receiver, status, direction)
        del named["Direction"]
        return named | {"CallSidLegacy": sid, "ConnectionId": self.application_id}

    def list_call(
        self, sid: str, sender: str, receiver: str, at: datetime, direction: str, parent: str | None = None
    ) -> JsonObject:
        """The list does not name the parent of a leg."""
        shown = super().list_call(sid, sender, receiver, at, direction.partition("-")[0], parent)
        del shown["parent_call_sid"]
        shown["uri"] = f"/v2/texml/Accounts/{self.account_sid}/Calls/{sid}.json"
        return shown

    def list_recording(self, call: str, sender: str, receiver: str, at: datetime, verb: str, channels: int) -> str:
        sid = super().list_recording(call, sender, receiver, at, verb, channels)
        self.held_recordings[sid] |= {"from": sender, "to": receiver}
        return sid

    def recording_fields(self, recording: Mapping[str, object]) -> tuple[dict[str, str], dict[str, str]]:
        _, reported = super().recording_fields(recording)
        link = f"{self.origin}/storage/recordings/{recording['sid']}.wav?X-Amz-Signature=once"
        reported |= {"CallSidLegacy": reported["CallSid"], "ConnectionId": self.application_id, "RecordingUrl": link}
        return {"RecordingSid": reported["RecordingSid"]}, reported
