"""`route:`, the short form of the most common flow: greeting, recording notice, dial with whisper, voicemail."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from hub.config.callflow.definition import END, Flow, Recording
from hub.config.callflow.step import PhoneNumber, Speech

ROUTE_STEP = "route"
"""The name of a route's flow."""


class Route(BaseModel):
    """The short form of the most common call flow: greeting, recording notice, dial with whisper, voicemail."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dial: PhoneNumber = Field(
        description="The business's phone that rings: E.164, or as written in the USA and Canada."
    )
    greeting: Speech | None = Field(default=None, description="Spoken to the caller first.")
    recording_notice: Speech | None = Field(
        default=None, description="Spoken before a recorded call is connected; without it nothing is recorded."
    )
    record: bool = Field(default=False, description="Record the call if the law allows it; needs a recording_notice.")
    whisper: Speech | None = Field(
        default=None, description="Spoken only to the person who answers; [source] stands for the source of the call."
    )
    accept: Literal["key", "none"] = Field(
        default="none",
        description="`key`: the person who picks up takes the call by pressing 1, so no voicemail takes it.",
    )
    ring_seconds: int = Field(default=25, ge=5, le=120, description="Seconds to ring before voicemail.")
    voicemail: Speech | None = Field(default=None, description="Spoken if nobody answers; then a message is recorded.")


def flow_of(route: Route, name: str = ROUTE_STEP) -> Flow:
    """The flow that a route stands for."""
    dial = {"do": "dial", "number": route.dial, "ring_seconds": route.ring_seconds, "record": route.record}
    dial |= {"whisper": route.whisper, "accept": route.accept, "unanswered": "voicemail" if route.voicemail else END}
    steps: dict[str, object] = {}
    if route.greeting:
        steps["greeting"] = {"do": "greeting", "say": route.greeting, "then": "dial"}
    steps["dial"] = dial
    if route.voicemail:
        steps["voicemail"] = {"do": "voicemail", "say": route.voicemail}
    recording = Recording(notice=route.recording_notice) if route.recording_notice else None
    return Flow.model_validate(
        {"name": name, "forward": route.dial, "start": next(iter(steps)), "recording": recording, "steps": steps}
    )
