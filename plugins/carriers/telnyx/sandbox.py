"""A stand-in of Telnyx: its REST API on loopback, and calls and texts that it plays as signed webhooks."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

from hub.api import (
    AnswerDocument,
    AnswerPoint,
    Dial,
    Exchange,
    HangUp,
    HttpSandbox,
    Instruction,
    PortStatus,
    RecordingControl,
    Say,
    SimulatedCall,
    TakeMessage,
    WebhookRequest,
)
from plugins.carriers.telnyx import sandbox_messages, signature, texml
from plugins.carriers.telnyx.addresses import Addresses
from plugins.carriers.telnyx.sandbox_call import PlacedCall

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PORT_WORDS: Mapping[PortStatus, str] = {
    "draft": "draft",
    "submitted": "submitted",
    "action_required": "exception",
    "scheduled": "foc-date-confirmed",
    "ported": "ported",
    "rejected": "cancelled",
    "cancelled": "cancelled",
}
"""Telnyx' words for where a port order stands; it rejects none, a hopeless one is cancelled."""


class Sandbox(HttpSandbox):
    """Telnyx with one account, whose ids and keys all follow from `seed`.

    `requests_per_second` is how many requests it takes within one second of its clock before it says 429 (10011);
    `looks_until_filled` is how often a number order must be looked at until it is filled; `letter_on_file` spares port orders
    the signed letter.
    """

    def __init__(
        self,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        seed: str = "ringfence",
        requests_per_second: int | None = None,
        looks_until_filled: int = 1,
        letter_on_file: bool = False,
    ) -> None:
        super().__init__(clock)
        self.seed = seed
        self.requests_per_second = requests_per_second
        self.looks_until_filled = looks_until_filled
        self.letter_on_file = letter_on_file
        self._made = 0
        self.account_id, self.profile_id = self.new_id("account"), self.new_id("profile")
        self.application_id = str(int(self._digest("application")[:15], 16))[:19].rjust(19, "1")
        self.api_key = f"KEY{self._digest('api key')[:32].upper()}"
        self.calls: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, dict[str, Any]] = {}
        self.held_recordings: dict[str, dict[str, Any]] = {}
        self.numbers: dict[str, dict[str, Any]] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        """By id, as the API shows them; recordings as TeXML shows them."""
        self.audio: dict[str, tuple[bytes | None, int]] = {}
        """By recording: what was spoken, or None for a tone of so many seconds."""
        self.media: dict[str, bytes] = {}
        self.blocked: set[tuple[str, str]] = set()
        """(our number, person) whose person told Telnyx to stop."""
        self.documents: dict[str, bytes] = {}
        self.port_orders: dict[str, dict[str, Any]] = {}
        self.application: dict[str, Any] = {
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
        self.profile: dict[str, Any] = {
            "id": self.profile_id,
            "record_type": "messaging_profile",
            "name": "Sandbox",
            "enabled": True,
            "webhook_url": None,
            "webhook_failover_url": None,
            "webhook_api_version": "2",
        }
        self.recorded_controls: dict[str, list[RecordingControl]] = {}
        self._placed: dict[str, PlacedCall] = {}

    def new_id(self, kind: str) -> str:
        """The next id, a UUID as Telnyx makes them."""
        with self._lock:
            self._made += 1
            return str(uuid.UUID(self._digest(f"{kind}{self._made}")[:32], version=4))

    def new_call_id(self) -> str:
        """The next call control id: `v3:` and 54 characters."""
        with self._lock:
            self._made += 1
            digest = hashlib.sha512(f"{self.seed}:call{self._made}".encode()).digest()
        return f"v3:{base64.urlsafe_b64encode(digest).decode()[:54]}"

    def _digest(self, name: str) -> str:
        return hashlib.sha256(f"{self.seed}:{name}".encode()).hexdigest()

    @property
    def private_key(self) -> Ed25519PrivateKey:
        """The key that signs the webhooks."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self._digest("private key")))

    @property
    def public_key(self) -> str:
        """Its other half in base64, as the portal shows it."""
        return base64.b64encode(self.private_key.public_key().public_bytes_raw()).decode()

    @property
    def origin(self) -> str:
        """Where the API is."""
        return self.url or "https://api.telnyx.com"

    def settings(self) -> dict[str, Any]:
        return {
            "api_key": self.api_key,
            "public_key": self.public_key,
            "account_id": self.account_id,
            "application_id": self.application_id,
            "messaging_profile_id": self.profile_id,
            "base_url": self.origin,
        }

    # Calls

    def webhooks(self, call: SimulatedCall, webhook_url: str) -> Sequence[tuple[datetime, WebhookRequest]]:
        """The signed webhooks of one call that is only forwarded, and takes a message where `call` says so."""
        sent: list[tuple[datetime, WebhookRequest]] = []
        addresses = Addresses(webhook_url, self.api_key)

        def forward(request: WebhookRequest) -> AnswerDocument:
            sent.append((request.received_at, request))
            instructions: tuple[Instruction, ...] = (HangUp(),)
            if request.path == "voice":
                instructions = (Dial(numbers=(call.answering_number,), record=call.recorded),)
            elif request.path == "dial" and call.outcome == "voicemail":
                instructions = (Say(text="Please leave a message."), TakeMessage())
            return texml.answer(
                AnswerPoint(moment="ringing", tracking_number=call.tracking_number), instructions, addresses
            )

        self.place_call(call, webhook_url, forward)
        return sent

    def place_call(self, call: SimulatedCall, webhook_url: str, exchange: Exchange) -> str:
        """Play one call along the hub's TeXML; its CallSid."""
        placed = PlacedCall(self, call, webhook_url, lambda at, url, form: exchange(self.form_webhook(url, form, at)))
        self._placed[placed.sid] = placed
        placed.play()
        return placed.sid

    def spoken(self, call_id: str) -> Sequence[str]:
        """What the caller of a placed call heard."""
        return tuple(self._placed[call_id].heard)

    def recordings(self) -> Sequence[str]:
        """The recordings that are not deleted."""
        return tuple(self.held_recordings)

    def recording_controls(self, call_id: str) -> Sequence[RecordingControl]:
        """How the recording of a placed call was paused and resumed."""
        return tuple(self.recorded_controls.get(call_id, ()))

    # Texts

    def message_webhook(
        self, sender: str, tracking_number: str, body: str, webhook_url: str, media: Sequence[bytes] = ()
    ) -> WebhookRequest:
        """The signed webhook of a text that comes in. As at Telnyx, STOP blocks texts to the sender, START allows them."""
        pictures = []
        for data in media:
            held = self.new_id("media")
            self.media[held] = data
            pictures.append((f"{self.origin}/storage/media/{held}", data))
        word = sandbox_messages.opt_word(body)
        if word == "STOP":
            self.blocked.add((tracking_number, sender))
        elif word == "START":
            self.blocked.discard((tracking_number, sender))
        shown = sandbox_messages.incoming(self, sender, tracking_number, body, pictures, word)
        self.messages[shown["id"]] = shown
        return self.json_webhook(f"{webhook_url}/message", "message.received", shown)

    def texts(self) -> Sequence[Mapping[str, str]]:
        """The texts that the hub sent and Telnyx took."""
        return [
            {
                "reference": one["id"],
                "sender": one["from"]["phone_number"],
                "recipient": one["to"][0]["phone_number"],
                "body": one["text"],
                "media": " ".join(picture["url"] for picture in one["media"]),
            }
            for one in self.messages.values()
            if one["direction"] == "outbound"
        ]

    def fetch_pictures(self, reference: str) -> Sequence[tuple[str, bytes]]:
        """The pictures of a text that the hub sent, from their addresses."""
        return [self.fetch(picture["url"]) for picture in self.messages[reference]["media"]]

    def text_status_webhook(
        self, reference: str, status: Literal["sent", "delivered", "failed"], webhook_url: str
    ) -> WebhookRequest:
        """The signed webhook that tells what became of a text, sent to the address that came with the text."""
        shown = sandbox_messages.moved(self.messages[reference], status, self.clock())
        event_type = "message.sent" if status == "sent" else "message.finalized"
        return self.json_webhook(shown["webhook_url"] or f"{webhook_url}/message", event_type, shown)

    def block(self, sender: str, recipient: str) -> None:
        """The person told Telnyx to stop: texts to them are refused with 40300."""
        self.blocked.add((sender, recipient))

    # Ports

    def move_port(self, order_id: str, status: PortStatus, detail: str = "") -> None:
        """Move a port order on, to Telnyx' word for `status`."""
        details = [{"code": "OTHER", "description": detail}] if detail else []
        self.port_orders[order_id]["status"] = {"value": PORT_WORDS[status], "details": details}
        if status == "scheduled":
            settings = self.port_orders[order_id]["activation_settings"]
            settings["foc_datetime_actual"] = settings["foc_datetime_requested"] or sandbox_messages.iso(self.clock())

    # Webhooks

    def unparseable_webhook(self, webhook_url: str) -> WebhookRequest:
        """A webhook with a right signature whose call status does not exist."""
        form = {"AccountSid": self.account_id, "CallSid": self.new_call_id(), "CallStatus": "teleported"}
        return self.form_webhook(f"{webhook_url}/status", form, self.clock())

    def form_webhook(self, url: str, form: Mapping[str, str], at: datetime) -> WebhookRequest:
        """A TeXML webhook to `url`."""
        return self.signed(url, urlencode(form).encode(), "application/x-www-form-urlencoded", at)

    def json_webhook(self, url: str, event_type: str, payload: Mapping[str, Any]) -> WebhookRequest:
        """An event as JSON, sent to `url` now."""
        data = {
            "record_type": "event",
            "event_type": event_type,
            "id": self.new_id("event"),
            "occurred_at": sandbox_messages.iso(self.clock()),
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

    def app(self) -> Any:
        from plugins.carriers.telnyx.sandbox_api import app

        return app(self)
