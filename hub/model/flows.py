"""The versions of call flows, the steps that each call took, and the recording notices that callers heard."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field

import hub.model.accounts
import hub.model.users  # noqa: F401 - foreign keys
from hub.model.columns import Row, expiry_column, id_column, json_column, json_list, personal_text, time_column

BEGINNINGS = text("position = 0 AND point = 'ringing:'")
"""The first step of each call."""


class FlowVersion(Row, table=True):
    """One saved version of a company's call flow. Rows are only added: a call keeps the version that it began with.

    `number` is unique in the hub and goes into the marks of the call's instructions; people see `revision`.
    """

    __tablename__ = "flow_version"
    __table_args__ = (Index("ix_flow_version_revision", "company_id", "name", "revision", unique=True),)

    id: str = id_column()
    company_id: str = Field(foreign_key="company.id", index=True)
    name: str = Field(max_length=80)
    number: int = Field(unique=True)
    revision: int
    """1 for the first version of the flow, and so on."""
    definition: dict[str, Any] = json_column()
    hash: str = Field(max_length=64)
    """SHA-256 of the definition: saving the same flow again makes no new version."""
    made_at: datetime = time_column()


class Greeting(Row, table=True):
    """A sound file that a user uploaded for the call flows of a company."""

    __table_args__ = (UniqueConstraint("company_id", "name"),)

    id: str = id_column()
    company_id: str = Field(foreign_key="company.id", index=True)
    name: str = Field(max_length=60)
    suffix: str = Field(max_length=3)
    """`wav` or `mp3`: that of the first sound, because flows name it."""
    seconds: int | None = None
    """None for an MP3, which is not decoded here."""
    revision: int = 0
    """How often another sound has replaced it."""
    made_at: datetime = time_column()
    audio: bytes
    """The last column: SQLite reads all that stands before one that it needs."""

    @property
    def file(self) -> str:
        """Its name in a step's `play:`."""
        return f"greeting:{self.id}.{self.suffix}"

    @property
    def sound(self) -> str:
        """`wav` or `mp3`: what the present sound is."""
        return "mp3" if self.seconds is None else "wav"

    @property
    def media_type(self) -> str:
        """The media type of the present sound."""
        return "audio/mpeg" if self.sound == "mp3" else "audio/wav"

    @property
    def present_file(self) -> str:
        """The name of its present sound, which no other sound ever has."""
        return f"greeting:{self.id}.{self.revision}.{self.sound}" if self.revision else self.file


class FlowDraft(Row, table=True):
    """What a user has changed on a call flow and not yet published. Callers hear the published version meanwhile."""

    __tablename__ = "flow_draft"
    __table_args__ = (UniqueConstraint("user_id", "company_id", "name"),)

    id: str = id_column()
    company_id: str = Field(foreign_key="company.id", index=True)
    user_id: str = Field(foreign_key="app_user.id")
    name: str = Field(max_length=80)
    """The flow's."""
    definition: str = Field(sa_type=Text())
    """The flow as config.yaml would have it, as JSON text: the order of its steps and keys counts."""
    previous: str = Field(default="", sa_type=Text())
    """The same before the last save, for its undo; empty if nothing was saved before."""
    base: int | None = None
    """The revision that the draft began with; None for a new flow."""
    replaces: str | None = Field(default=None, max_length=80)
    """The flow of a `route:` that this one replaces."""
    saved_at: datetime = time_column()


class CallStep(Row, table=True):
    """One step that a call took. The call's own row comes later, from the inbox; the carrier's id links the two.

    A carrier that asks twice at the same `point` of a call gets the same answer, and no second row is written.
    """

    __tablename__ = "call_step"
    __table_args__ = (
        UniqueConstraint("connector", "carrier_call_id", "point", "position"),
        Index("ix_call_step_company", "company_id", "at"),
        Index("ix_call_step_begun", "flow_version", "at", sqlite_where=BEGINNINGS, postgresql_where=BEGINNINGS),
    )

    id: str = id_column()
    connector: str = Field(max_length=64)
    carrier_call_id: str = Field(max_length=64)
    company_id: str = Field(foreign_key="company.id")
    flow_version: int
    point: str = Field(max_length=100)
    position: int
    at: datetime = time_column()
    step: str = Field(max_length=64)
    do: str = Field(max_length=32)
    result: str | None = personal_text("user.telephony.call_metadata")
    tags: list[str] = json_list()
    text_back: str | None = None
    decision_id: str | None = Field(default=None, max_length=36)
    """The consent decision on recording that was made at this step."""
    expires_at: datetime = expiry_column()


class RecordingNotice(Row, table=True):
    """The exact text of the recording notice that a caller heard, written before the first recorded second.

    `choice`: `announced`, `offered` (a key leads to an unrecorded line) or `asked`, and then `not_refused`, `agreed` or
    `refused`.
    """

    __tablename__ = "recording_notice"
    __table_args__ = (UniqueConstraint("connector", "carrier_call_id", "point"),)

    id: str = id_column()
    connector: str = Field(max_length=64)
    carrier_call_id: str = Field(max_length=64)
    company_id: str = Field(foreign_key="company.id", index=True)
    flow_version: int
    point: str = Field(max_length=100)
    step: str = Field(max_length=64)
    text: str
    text_hash: str = Field(max_length=64)
    """SHA-256 of the text."""
    duties: list[str] = json_list()
    choice: str | None = personal_text("user.privacy_preferences", max_length=16)
    salt: str | None = personal_text("user.privacy_preferences", max_length=32)
    """Random; it keeps the choice from being guessed from the row's hash in the journal."""
    decision_id: str | None = Field(default=None, max_length=36)
    reported_at: datetime = time_column()
    expires_at: datetime = expiry_column()
