"""What the stand-in of the gateway holds, and the fields that it shows of calls and recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

from hub.api import JsonObject, WebhookRequest
from hub.api.twiml import Leg, ListedCall, TwimlStandIn
from plugins.carriers.sip.signature import HEADER, sign
from plugins.carriers.sip.translate import END_ADDRESS, SipTwiml


class PlacedCall(ListedCall[Any]):
    """A simulated call that follows the hub's documents."""

    def dialed(self, leg: Leg, status: str, talked: int, recorded: Mapping[str, str]) -> dict[str, str]:
        return super().dialed(leg, status, talked, recorded) | dict(recorded)

    def message_taken(self, recorded: Mapping[str, str]) -> dict[str, str]:
        return dict(recorded)

    def ending_address(self, verb: ElementTree.Element) -> str:
        return verb.get(END_ADDRESS, "")


class Account(TwimlStandIn):
    """A gateway with one trunk."""

    language = SipTwiml
    player = PlacedCall
    hidden_caller = ""
    home = "http://127.0.0.1:7060"

    def begin(self) -> None:
        self.secret = self.digest("secret")[:40]
        self.signalling: dict[str, list[JsonObject]] = {}
        """SIP messages by call, as the gateway keeps them."""
        self.placed_keys: dict[str, str] = {}

    def settings(self) -> JsonObject:
        return {
            "secret": self.secret,
            "gateways": [self.origin],
            "start": False,
            "trunk": {"host": "sip.example.com", "addresses": ["203.0.113.10"]},
            "numbers": sorted(self.known_numbers) or ["+13125550100"],
        }

    def held_ids(self) -> Sequence[str]:
        """A gateway carries no texts, so it keeps none that the suite plays."""
        return (*self.calls, *self.held_recordings)

    @staticmethod
    def listed_time(at: datetime) -> str:
        """A time as the gateway writes it."""
        return at.astimezone(UTC).isoformat().replace("+00:00", "Z")

    def leg_fields(self, sid: str, sender: str, receiver: str, status: str, direction: str) -> dict[str, str]:
        return {
            "CallSid": sid,
            "CallStatus": status,
            "From": sender,
            "To": receiver,
            "Direction": direction,
        }

    def recording_fields(self, recording: Mapping[str, object]) -> tuple[dict[str, str], dict[str, str]]:
        named, reported = super().recording_fields(recording)
        del reported["AccountSid"]
        url = {"RecordingUrl": f"{self.origin}/recordings/{recording['sid']}"}
        return named | url, reported | url

    def form_webhook(self, url: str, fields: Mapping[str, str], at: datetime) -> WebhookRequest:
        """A webhook to `url` with `fields`, signed with the secret; its account is the connector that the address names."""
        connector = urlsplit(url).path.split("/webhooks/", 1)[-1].partition("/")[0]
        body = urlencode({**fields, "AccountSid": connector}).encode()
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            HEADER: sign(self.secret, at, "POST", url, body),
        }
        return replace(WebhookRequest("POST", url, body, at), headers=headers)
