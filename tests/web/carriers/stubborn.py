"""A carrier that does what a test tells it to: hang or crash in verification or in an answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import Any

from hub.api import (
    AnswerDocument,
    BadPayload,
    BadSignature,
    CallEvent,
    Connector,
    Deletion,
    Event,
    Manifest,
    PluginSettings,
    Recipient,
    VerifiedWebhook,
    WebhookRequest,
    hookimpl,
)
from hub.api.carriers import AnswerPoint, Dial, Instruction, Say


class StubbornSettings(PluginSettings):
    """Nothing to set."""


class Stubborn(Connector):
    """JSON webhooks: id, kind, number; `signed` must be true."""

    manifest = Manifest(
        name="stubborn",
        kind="carrier",
        version="1",
        summary="A carrier for tests.",
        recipient=Recipient(name="Example Carrier", role="processor", privacy_url="https://example.com/privacy"),
        regions=("US",),
        hosts=("carrier.example.com",),
        retention="none",
        flows=(),
        deletion=Deletion(supported=False, note="It keeps nothing."),
        abilities=("dial", "say"),
    )
    Settings = StubbornSettings

    def __init__(self, name: str, settings: Any, services: Any) -> None:
        super().__init__(name, settings, services)
        self.may_verify, self.may_render = threading.Event(), threading.Event()
        self.may_verify.set()
        self.may_render.set()
        self.crashing: set[str] = set()

    def behave(self) -> None:
        """Be a good plugin again."""
        self.may_verify.set()
        self.may_render.set()
        self.crashing.clear()

    @hookimpl
    def verify_webhook(self, request: WebhookRequest) -> VerifiedWebhook:
        self.may_verify.wait(30)
        if "verify" in self.crashing:
            raise RuntimeError("+13125550199 is secret")
        told = _told(request)
        if told.get("signed") is not True:
            raise BadSignature("the webhook is not signed.")
        rings = told.get("kind") == "ringing"
        return VerifiedWebhook(
            str(told["id"]), AnswerPoint(moment="ringing", tracking_number=told["number"]) if rings else None
        )

    @hookimpl
    def parse_webhook(self, request: WebhookRequest) -> Sequence[Event]:
        if "parse" in self.crashing:
            raise RuntimeError("+13125550199 is secret")
        told = _told(request)
        return [
            CallEvent(kind=told["kind"], call_id=told["call"], at=request.received_at, tracking_number=told["number"])
        ]

    @hookimpl
    def render_answer(self, point: AnswerPoint, instructions: Sequence[Instruction]) -> AnswerDocument:
        greeting = next((each.text for each in instructions if isinstance(each, Say)), None)
        dialled = [number for each in instructions if isinstance(each, Dial) for number in each.numbers]
        if greeting:  # the static forward has none: it is rendered when the hub starts
            self.may_render.wait(30)
            if "render" in self.crashing:
                raise RuntimeError("+13125550199 is secret")
        return AnswerDocument("text/plain", f"{greeting or 'static'}: dial {', '.join(dialled)}")


def _told(request: WebhookRequest) -> dict[str, Any]:
    try:
        told = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise BadPayload("the webhook is not JSON.") from error
    if not isinstance(told, dict):
        raise BadPayload("the webhook is no object.")
    return told
