"""`insights:` of a company in config.yaml: what is read in its conversations, and by which connector."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hub.config.sections.recordings import Name

SignalName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
OUTCOMES = ("booked", "quote", "not_a_lead", "wrong_number", "job_seeker", "spam")


class InsightsSection(BaseModel):
    """`insights:`: how its conversations ended and what else was said in them, read in their transcripts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    read_by: Name = Field(description="The insight connector that reads its transcripts.")
    outcomes: tuple[SignalName, ...] = Field(
        default=OUTCOMES, min_length=1, max_length=30, description="How a conversation may end, in names of your own."
    )
    signals: tuple[SignalName, ...] = Field(
        default=(), max_length=30, description="What else to look for, in names of your own, like complaint."
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
