"""What a caller hears and whom the call reaches: data, free of any carrier's language."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Route(BaseModel):
    """The way of a ringing call: greeting, recording notice, dial with whisper, voicemail where nobody answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dial: str = Field(description="The business's phone that rings, as an E.164 number.", pattern=r"^\+[1-9]\d{6,14}$")
    greeting: str | None = Field(default=None, description="Spoken to the caller first.")
    recording_notice: str | None = Field(
        default=None, description="Spoken before a recorded call is connected; without it nothing is recorded."
    )
    record: bool = Field(default=False, description="Record the call; needs a recording_notice.")
    whisper: str | None = Field(
        default=None, description="Spoken to the answering person only; [source] stands for the tracker's source."
    )
    ring_seconds: int = Field(default=25, ge=5, le=120, description="Seconds to ring before voicemail.")
    voicemail: str | None = Field(default=None, description="Spoken where nobody answers; then a message is recorded.")

    def static(self) -> Route:
        """The same call, only connected: what answers when anything else is late or fails."""
        return Route(dial=self.dial, ring_seconds=self.ring_seconds)
