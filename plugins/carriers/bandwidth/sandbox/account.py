"""What Bandwidth stores for one account: its credential, calls, texts, recordings, numbers, applications and orders."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from hub.api import JsonObject, WebhookRequest
from hub.api.carriers import PortStatus
from hub.api.sandbox import HeardRequest
from hub.api.twiml import TwimlStandIn
from plugins.carriers.bandwidth.proof import Proof, basic
from plugins.carriers.bandwidth.sandbox.refused import RULES
from plugins.carriers.bandwidth.settings import BandwidthSettings

LISTED_PORTS: Mapping[PortStatus, str] = {
    "draft": "PENDING_DOCUMENTS",
    "submitted": "SUBMITTED",
    "action_required": "EXCEPTION",
    "scheduled": "FOC",
    "ported": "COMPLETE",
    "rejected": "SNAPBACK",
    "cancelled": "CANCELLED",
}
"""Bandwidth's names for the status of a port order."""
REFUSALS = {"caller_id": ("invalid", "from"), "country": ("forbidden", "")}


class Account(TwimlStandIn):
    """Bandwidth with one account, whose ids and secrets all follow from `seed`. Above the limit of requests it answers 429.

    `looks_until_done` is how often an order of the numbers API must be read until it is complete.
    """

    rules = RULES
    hidden_caller = "Anonymous"
    home = "https://api.bandwidth.com"

    def __init__(
        self,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        seed: str = "ringfence",
        requests_per_second: int | None = None,
        looks_until_done: int = 1,
    ) -> None:
        super().__init__(clock, seed, requests_per_second)
        self.looks_until_done = looks_until_done
        digits = str(int(self.digest("account")[:12], 16)).rjust(18, "1")
        self.account_id, self.site_id, self.location_id = digits[:7], digits[7:12], digits[12:18]
        self.application_id, self.messaging_application_id = self.new_uuid("voice"), self.new_uuid("texts")
        self.client_id, self.client_secret = f"CLI-{self.new_uuid('client')}", self.digest("client secret")[:40]
        self.password, self.access_token = self.digest("callbacks")[:40], self.digest("access token")
        self.applications: dict[str, dict[str, object]] = {
            self.application_id: {"ServiceType": "Voice-V2", "AppName": "Sandbox voice"},
            self.messaging_application_id: {"ServiceType": "Messaging-V2", "AppName": "Sandbox texts"},
        }
        self.joined: dict[str, str] = {}
        """By product: the application of the location."""
        self.owned: dict[str, str] = {}
        """By number (ten digits): its location."""
        self.orders: dict[str, JsonObject] = {}
        self.bills: dict[str, bytes] = {}

    # Ids and secrets

    def new_uuid(self, kind: str) -> str:
        """The next UUID."""
        return str(uuid.UUID(self.next_digest(kind)[:32], version=4))

    def new_call_id(self) -> str:
        digest = self.next_digest("call")
        return f"c-{digest[:8]}-{uuid.UUID(digest[8:40])}"

    def new_recording_id(self) -> str:
        return f"r-{self.new_uuid('recording')}"

    def settings(self) -> JsonObject:
        return {
            "account_id": self.account_id,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "callback_password": self.password,
            "application_id": self.application_id,
            "messaging_application_id": self.messaging_application_id,
            "site_id": self.site_id,
            "location_id": self.location_id,
            "api_url": self.origin,
            "voice_url": self.origin,
            "messaging_url": self.origin,
        }

    def owner_token(self) -> dict[str, object]:
        """A token as from an earlier sign-in, so that a test's faults meet the request that it is about."""
        return {"access_token": self.access_token, "expires_at": self.clock().timestamp() + 86_400}

    def authorized(self, request: HeardRequest) -> HeardRequest:
        """While a call is recorded."""
        if request.path.endswith("/oauth2/token"):
            return request.with_basic(self.client_id, self.client_secret)
        ends = {"callId": "c-1", "from": "+13125550191", "to": "+13125550142", "startTime": self.stamp(self.clock())}
        self.calls["c-1"] = {**ends, "state": "answered"}
        self.held_recordings["c-1.r-1"] = {**ends, "recordingId": "r-1", "status": "processing"}
        return request.with_token(self.access_token)

    def proof(self, webhook_url: str) -> Proof:
        """Makes the addresses as the plugin does; used to play calls without a hub."""
        return Proof(BandwidthSettings.model_validate(self.settings()), webhook_url)

    # Callbacks

    def callback(self, url: str, content: object, at: datetime) -> WebhookRequest:
        """A callback to `url`, with the password; one to an application goes to the address that the hub has set."""
        if "?" not in url:
            url = self.proof(url.rpartition("/")[0]).keyed(url)
        body = json.dumps(content, ensure_ascii=False).encode()
        headers = {"content-type": "application/json; charset=utf-8", "user-agent": "BandwidthAPI/v2"}
        headers["authorization"] = basic("ringfence", self.password)
        return WebhookRequest(method="POST", url=url, body=body, received_at=at, headers=headers)

    def form_webhook(self, url: str, fields: Mapping[str, object], at: datetime) -> WebhookRequest:
        """A callback about a call."""
        return self.callback(url, fields, at)

    def stamp(self, at: datetime) -> str:
        """A time as Bandwidth writes it."""
        return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def unparseable_webhook(self, webhook_url: str) -> WebhookRequest:
        event = {"eventType": "teleported", "accountId": self.account_id, "callId": self.new_call_id()}
        return self.callback(f"{webhook_url}/status", event, self.clock())

    # Calls that the hub places

    def refuse_calls(self, number: str, why: Literal["caller_id", "country", "number"]) -> None:
        """Refuse calls from or to a number with Bandwidth's own error."""
        self.refused_numbers[number] = REFUSALS.get(why, ("invalid", "to"))

    def placed_calls(self) -> Sequence[Mapping[str, str]]:
        """The calls that the hub placed. Whom the document will dial stands in the tag, which the hub gets back."""
        return [
            {
                "reference": call_id,
                "caller_id": wanted["from"],
                "user_number": wanted["to"],
                "person_caller_id": parse_qs(urlsplit(wanted["answerUrl"]).query)["tracking_number"][0],
                "person_number": json.loads(wanted["tag"])["dial"],
            }
            for call_id, wanted in self.placed.items()
        ]

    # Texts

    def message_webhook(
        self, sender: str, tracking_number: str, body: str, webhook_url: str, media: Sequence[bytes] = ()
    ) -> WebhookRequest:
        """The callback of a received text."""
        addresses = []
        for data in media:
            held = f"{self.new_uuid('media')}-picture.png"
            self.media[held] = data
            addresses.append(f"{self.origin}/api/v2/users/{self.account_id}/media/{held}")
        shown = self.text(sender, tracking_number, body, "in", addresses)
        return self.callback(f"{webhook_url}/message", [self.reported(shown, "message-received")], self.clock())

    def text(self, sender: str, receiver: str, body: str, direction: str, media: Sequence[str]) -> JsonObject:
        """Take a text, in either direction."""
        ours = receiver if direction == "in" else sender
        shown: JsonObject = {
            "id": self.new_uuid("text"),
            "owner": ours,
            "applicationId": self.messaging_application_id,
            "time": self.stamp(self.clock()),
            "segmentCount": 1,
            "direction": direction,
            "to": [receiver],
            "from": sender,
            "text": body,
        }
        self.messages[shown["id"]] = shown | ({"media": list(media)} if media else {})
        return self.messages[shown["id"]]

    def reported(self, shown: Mapping[str, Any], kind: str, **more: object) -> JsonObject:
        """An event about a text; only that of a received one has the content."""
        message = dict(shown) if kind == "message-received" else {**shown, "text": ""}
        event = {"time": self.stamp(self.clock()), "type": kind, "to": shown["to"][0], "description": kind}
        return {**event, "message": message, **more}

    def texts(self) -> Sequence[Mapping[str, str]]:
        return [
            {
                "reference": one["id"],
                "sender": one["from"],
                "recipient": one["to"][0],
                "body": one["text"],
                "media": " ".join(one.get("media", ())),
            }
            for one in self.messages.values()
            if one["direction"] == "out"
        ]

    def fetch_pictures(self, reference: str) -> Sequence[tuple[str, bytes]]:
        return [self.fetch(address) for address in self.messages[reference].get("media", ())]

    def text_status_webhook(
        self, reference: str, status: Literal["sent", "delivered", "failed"], webhook_url: str
    ) -> WebhookRequest:
        """The report about a text, at the messaging application's address."""
        shown = self.messages[reference]
        kind, more = (
            {"sent": "message-sending", "delivered": "message-delivered", "failed": "message-failed"}[status],
            {},
        )
        if status == "failed":
            out = (shown["from"], shown["to"][0]) in self.blocked
            words = "destination-rejected-due-to-user-opt-out" if out else "destination-subscriber-unavailable"
            more = {"errorCode": 4775 if out else 4702, "description": words}
        return self.callback(f"{webhook_url}/text", [self.reported(shown, kind, **more)], self.clock())

    # Numbers and ports

    def know_number(self, number: str) -> None:
        """Add a customer's own number to the account, in another location."""
        self.owned.setdefault(number.removeprefix("+1"), "1")

    def move_port(self, order_id: str, status: PortStatus, detail: str = "") -> None:
        self.port_orders[order_id] |= {"ProcessingStatus": LISTED_PORTS[status], "detail": detail}
