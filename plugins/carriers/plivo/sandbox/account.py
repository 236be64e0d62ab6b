"""What Plivo stores for one account: tokens, application, numbers, calls, recordings, texts; and how it signs webhooks."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

import yaml

from hub.api import JsonObject, WebhookRequest
from hub.api.sandbox import HeardRequest, SimulatedCall
from hub.api.twiml import CallbackAddresses, TwimlStandIn, form_fields, sign_form
from plugins.carriers.plivo import signature
from plugins.carriers.plivo.plivo_xml import PlivoXml
from plugins.carriers.plivo.sandbox.refused import RULES

CAUSES = {
    "completed": (4000, "Normal Hangup", "NORMAL_CLEARING"),
    "busy": (3010, "Busy Line", "USER_BUSY"),
    "no-answer": (3000, "No Answer", "NO_ANSWER"),
    "canceled": (1000, "Canceled", "ORIGINATOR_CANCEL"),
}
"""By status: a hangup cause's code, its name, and the older name in webhooks."""


@cache
def shape(name: str) -> JsonObject:
    """The fields of an object of Plivo's that never change."""
    found: dict[str, object] = yaml.safe_load(Path(__file__).with_name("shapes.yaml").read_text("utf-8"))[name]
    return found


class Account(TwimlStandIn):
    """Plivo with one account, whose ids and tokens all follow from `seed`. Above the limit of requests it answers 429."""

    rules = RULES
    language = PlivoXml
    hidden_caller = "anonymous"
    undelivered = "80"
    home = "https://api.plivo.com"

    def begin(self) -> None:
        self.account_sid = f"MA{self.digest('account')[:18].upper()}"
        self.tokens = [self.digest("auth token")[:40]]
        """Several while they are replaced: each signs every webhook."""
        self.pages: Literal["offset", "hybrid", "cursor"] = "offset"
        """The kind of deployment. Source: the SDK's `_next_page_params`: one with cursors ignores `offset`, a hybrid one
        obeys it and names a cursor for the next page."""
        self.signs_texts_fully = False
        """Whether webhooks about texts have a V3 signature as well, which Plivo documents for voice only."""
        app_id = str(int(self.digest("application")[:14], 16)).rjust(17, "1")[:17]
        self.application: JsonObject = {"app_id": app_id, **shape("application")}
        self.resumed: dict[str, list[tuple[str, str]]] = {}
        """By call: the recordings that the API began, each with the address that hears of it."""
        self.stopped_texts: set[str] = set()
        """Texts that were not sent because the person had sent STOP."""

    # Ids and keys

    def new_sid(self, prefix: str) -> str:
        """The next id of anything, a UUID."""
        return str(uuid.UUID(self.next_digest(prefix)[:32], version=4))

    @property
    def media_origin(self) -> str:
        """The address of Plivo's host for recordings and pictures."""
        return self.url or "https://media.plivo.com"

    def settings(self) -> JsonObject:
        return {
            "auth_id": self.account_sid,
            "auth_token": self.tokens[0],
            "application_id": self.application["app_id"],
            "base_url": self.origin,
            "media_url": self.media_origin,
        }

    def authorized(self, request: HeardRequest) -> HeardRequest:
        """With the recording that the examples delete."""
        made = self.list_recording("a-call", "+13125550191", "+13125550142", self.clock(), "Dial", 2)
        self.held_recordings[request.path.rstrip("/").rpartition("/")[2]] = {
            **self.held_recordings.pop(made),
            "status": "completed",
            "duration": "5",
        }
        return request.with_basic(self.account_sid, self.tokens[0])

    # Webhooks

    def addresses(self, webhook_url: str) -> CallbackAddresses:
        return CallbackAddresses(webhook_url, self.tokens[0])

    def form_webhook(self, url: str, fields: Mapping[str, str], at: datetime) -> WebhookRequest:
        """A webhook to `url`, signed as Plivo signs it."""
        body = urlencode(fields).encode()
        nonce = str(int(self.next_digest("nonce")[:16], 16)).rjust(20, "0")
        is_text = urlsplit(url).path.rpartition("/")[2] in signature.TEXT_PATHS
        texts = {signature.V2: signature.text_v2(url, nonce)} if is_text else {}
        if not is_text or self.signs_texts_fully:
            texts[signature.V3] = signature.text_v3("POST", url, form_fields(body), nonce)
        headers = {"content-type": "application/x-www-form-urlencoded"}
        for header, text in texts.items():
            headers[header] = ",".join(sign_form(token, text, "sha256") for token in self.tokens)
            headers[f"{header}-nonce"] = nonce
        return WebhookRequest(method="POST", url=url, body=body, received_at=at, headers=headers)

    def verification(self, call: SimulatedCall) -> dict[str, str]:
        return {"STIRVerification": "Verified"} if call.caller_number else {}

    # The fields of calls and recordings

    @staticmethod
    def listed_time(at: datetime) -> str:
        return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S+00:00")

    def leg_fields(self, sid: str, sender: str, receiver: str, status: str, direction: str) -> dict[str, str]:
        named = {"CallUUID": sid, "From": sender.lstrip("+"), "To": receiver.lstrip("+"), "CallStatus": status}
        return named | {"Direction": direction.partition("-")[0], "Event": "StartApp"}

    def progress(self, status: str, at: datetime, sequence: int, duration: int = 0) -> dict[str, str]:
        _, name, cause = CAUSES[status]
        reported = {"Event": "Hangup", "HangupCause": cause, "HangupCauseName": name, "Duration": str(duration)}
        return reported | {"BillDuration": str(duration), "EndTime": self.listed_time(at).partition("+")[0]}

    def list_recording(self, call: str, sender: str, receiver: str, at: datetime, verb: str, channels: int) -> str:
        sid = super().list_recording(call, sender, receiver, at, verb, channels)
        self.held_recordings[sid] |= {"from": sender, "to": receiver, "began": at.timestamp()}
        return sid

    def recording_url(self, sid: str) -> str:
        """Where the audio of a recording is."""
        return f"{self.media_origin}/v1/Account/{self.account_sid}/Recording/{sid}.wav"

    def recording_fields(self, recording: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
        seconds, began = int(recording["duration"]), int(recording["began"] * 1000)
        named = {
            "RecordUrl": self.recording_url(str(recording["sid"])),
            "RecordingID": str(recording["sid"]),
            "RecordingDuration": str(seconds),
            "RecordingDurationMs": str(seconds * 1000),
            "RecordingStartMs": str(began),
            "RecordingEndMs": str(began + seconds * 1000),
        }
        return named, named | {"CallUUID": str(recording["call_sid"]), "Event": "RecordStop"}
