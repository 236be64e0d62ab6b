"""`recordings:`: the audio of calls and voicemail, and their transcripts; `insights:` of a company: what is read in these."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from hub.config.durations import parse_span

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=64)]
SignalName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
OUTCOMES = ("booked", "quote", "not_a_lead", "wrong_number", "job_seeker", "spam")
Span = Annotated[timedelta, BeforeValidator(parse_span), WithJsonSchema({"type": "string", "examples": ["60s"]})]


class RecordingsSection(BaseModel):
    """`recordings:`: where the encrypted audio of calls and voicemail is stored, and for how long."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    storage: str = Field(
        default="data/recordings", description="A folder, or a URL that fsspec supports, like s3://bucket/prefix."
    )
    options: Mapping[str, Any] = Field(
        default_factory=dict,
        description="Options of that storage; for S3, s3fs's, such as `endpoint_url`, `key` and `secret`.",
    )
    delete_at_carrier: bool = Field(
        default=False, description="Delete a recording at the carrier after it is stored here, read back and verified."
    )
    keep: Span = Field(default=timedelta(days=90), description="How long a recording is kept, like 90 days.")
    transcribe: Name | None = Field(
        default=None, description="The transcription connector; without it nothing is transcribed."
    )
    language: str = Field(
        default="en-US",
        max_length=35,
        pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        description="The spoken language, as a BCP 47 tag like en-US.",
    )
    silence_numbers: bool = Field(
        default=True,
        description="Card, account and social security numbers that a transcript has lost are silent in the recording too. A "
        "recording can then be heard only after it was transcribed.",
    )
    keep_transcripts: Span = Field(
        default=timedelta(days=180), description="How long a transcript is kept, counted from the recording."
    )


class SignalAction(BaseModel):
    """What the hub does when a signal is read in a call."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: SignalName = Field(description="One of the company's outcomes and signals.")
    confidence: float = Field(default=0.0, ge=0, le=1, description="How sure its reader is at least, from 0 to 1.")
    tag: str | None = Field(default=None, min_length=1, max_length=40, description="A tag that the call gets.")
    alert: bool = Field(default=False, description="Whether users who chose alerts about signals hear of it.")

    def wants(self, name: str, confidence: float) -> bool:
        """Whether it is about such a signal."""
        return self.name == name and confidence >= self.confidence


class InsightsSection(BaseModel):
    """`insights:`: how its conversations ended and what else was said in them, read in their transcripts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    read_by: Name | None = Field(
        default=None, description="The insight connector that reads its transcripts; without it nothing is read."
    )
    outcomes: tuple[SignalName, ...] = Field(
        default=OUTCOMES, min_length=1, max_length=30, description="How a conversation may end, in names of your own."
    )
    signals: tuple[SignalName, ...] = Field(
        default=(), max_length=30, description="What else to look for, in names of your own, like complaint."
    )

    actions: tuple[SignalAction, ...] = Field(
        default=(), max_length=100, description="Tags and alerts that signals make, none if left out."
    )

    @model_validator(mode="after")
    def _names_once(self) -> InsightsSection:
        twice = [name for name in self.names if self.names.count(name) > 1]
        if twice:
            raise ValueError(f"names {twice[0]!r} twice; leave one out")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """All names that a signal may have."""
        return (*self.outcomes, *self.signals)
