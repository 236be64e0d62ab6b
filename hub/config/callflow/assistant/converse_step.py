"""The step at which an assistant talks with the caller, with its limits and the ways that it may choose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from hub.config.callflow.step import Speech, Step, StepLanguage, StepName

WayName = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")]


class ConverseStep(Step):
    """Lets an assistant talk with the caller. It says at once that it is one, and it can do no more than choose one of the
    ways in `may`. At the first doubt, error or limit, and when the caller asks for a person, the call continues at
    `otherwise`."""

    record: ClassVar[bool] = True
    """What was said is stored as a transcript is, so the caller is informed and asked as for a recording."""
    do: Literal["converse"] = Field(description="What the step does.")
    agent: str = Field(description="The connector that answers: `scripted`, or another plugin of the kind `agent`.")
    opening: Speech = Field(
        description="What the assistant says first, after the sentence that it is one and the recording notice."
    )
    may: Mapping[WayName, StepName] = Field(
        min_length=1,
        max_length=20,
        description="What the assistant may do: a name that it knows to the next step, like `emergency: on_call`, "
        "`message: night` or `link: text_the_link`.",
    )
    most_turns: int = Field(default=10, ge=1, le=30, description="How often the caller speaks at most.")
    most_seconds: int = Field(default=180, ge=10, le=900, description="The longest conversation, in seconds.")
    most_cost: Decimal | None = Field(
        default=None, ge=0, le=100, description="What the answers of one call may cost, as the plugin reports it."
    )
    silence_seconds: int = Field(default=8, ge=3, le=30, description="Seconds for which the caller may be silent.")
    language: StepLanguage = None
    otherwise: StepName = Field(
        description="The next step at any doubt, error, silence or limit, and when the caller asks for a person; or end."
    )

    @field_validator("may")
    @classmethod
    def _no_otherwise(cls, may: Mapping[str, str]) -> Mapping[str, str]:
        if "otherwise" in may:
            raise ValueError("`otherwise` is always allowed and stands at the step; give this way another name")
        return may

    def language_in(self, flow_language: str | None) -> str:
        """What the caller and the assistant speak, in a flow of this language."""
        return self.language or flow_language or "en-US"

    def leads(self) -> Iterator[tuple[str, str]]:
        yield from ((f"may.{name}", step) for name, step in self.may.items())
        yield "otherwise", self.otherwise
