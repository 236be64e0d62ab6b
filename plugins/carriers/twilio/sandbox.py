"""A stand-in of Twilio: its REST API on loopback, and calls and texts that it plays as signed webhooks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from hub.api import HttpSandbox, SimulatedCall, WebhookRequest
from plugins.carriers.twilio import signature, simulation
from plugins.carriers.twilio.simulation import API_VERSION, PlayedCall, party_fields


class Sandbox(HttpSandbox):
    """Twilio with one account, whose ids all follow from `seed`.

    `requests_per_second` is how many requests it takes within one second of its clock before it says 429 (20429).
    """

    def __init__(
        self,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        seed: str = "ringfence",
        requests_per_second: int | None = None,
    ) -> None:
        super().__init__(clock)
        self.seed = seed
        self.requests_per_second = requests_per_second
        self._made = 0
        self.account_sid = self.new_sid("AC")
        self.auth_token = self._digest("auth token")
        self.key_sid, self.key_secret = self.new_sid("SK"), self._digest("key secret")
        self.calls: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, dict[str, Any]] = {}
        self.recordings: dict[str, dict[str, Any]] = {}
        self.numbers: dict[str, dict[str, Any]] = {}
        """By provider id, as the API shows them."""

    def new_sid(self, prefix: str) -> str:
        """The next id of a kind: `CA` a call, `RE` a recording, `PN` a number …"""
        with self._lock:
            self._made += 1
            return prefix + self._digest(f"{prefix}{self._made}")

    def _digest(self, name: str) -> str:
        return hashlib.sha256(f"{self.seed}:{name}".encode()).hexdigest()[:32]

    def settings(self) -> dict[str, Any]:
        return {
            "account_sid": self.account_sid,
            "auth_token": self.auth_token,
            "base_url": self.url or "https://api.twilio.com",
            "pricing_url": self.url or "https://pricing.twilio.com",
        }

    def webhooks(self, call: SimulatedCall, webhook_url: str) -> Sequence[tuple[datetime, WebhookRequest]]:
        """The signed webhooks of one call, as its TwiML (without a whisper) makes Twilio send them."""
        origin = self.url or "https://api.twilio.com"
        with self._lock:
            played = PlayedCall(call, self.account_sid, self.new_sid, origin, webhook_url)
            self.calls |= {leg["sid"]: leg for leg in played.resources()}
            recording = played.recording()
            if recording:
                self.recordings[recording["sid"]] = recording
        return [(at, self.request(url, fields, at)) for at, url, fields in played.webhooks()]

    def message_webhook(self, sender: str, tracking_number: str, body: str, webhook_url: str) -> WebhookRequest:
        """The signed webhook of a text that comes in."""
        sid = self.new_sid("SM")
        fields = party_fields(sender, tracking_number) | {
            "AccountSid": self.account_sid,
            "ApiVersion": API_VERSION,
            "MessageSid": sid,
            "SmsSid": sid,
            "SmsMessageSid": sid,
            "SmsStatus": "received",
            "Body": body,
            "NumMedia": "0",
            "NumSegments": "1",
        }
        self.messages[sid] = simulation.message(fields, self.clock())
        return self.request(f"{webhook_url}/message", fields, self.clock())

    def unparseable_webhook(self, webhook_url: str) -> WebhookRequest:
        """A webhook with a right signature whose call status does not exist."""
        fields = {"AccountSid": self.account_sid, "CallSid": self.new_sid("CA"), "CallStatus": "teleported"}
        return self.request(f"{webhook_url}/status", fields, self.clock())

    def request(self, url: str, fields: Mapping[str, str], at: datetime) -> WebhookRequest:
        """A webhook to `url` with `fields`, signed with the auth token."""
        body = urlencode(fields).encode()
        text = signature.signed_text(url, signature.form_fields(body))
        headers = {
            "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
            "user-agent": "TwilioProxy/1.1",
            "i-twilio-idempotency-token": self._digest(text.hex()),
            signature.SIGNATURE_HEADER: signature.sign(self.auth_token, text),
        }
        return WebhookRequest(method="POST", url=url, body=body, received_at=at, headers=headers)

    def app(self) -> Any:
        from plugins.carriers.twilio.sandbox_api import app

        return app(self)
