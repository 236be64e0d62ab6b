"""`spam:` of a company in config.yaml: from which score on a call is treated as spam, and how."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

SpamAction = Literal["none", "mark", "challenge", "voicemail", "reject"]
"""What happens to a call, the mildest first."""
DEFAULT_MARK = 70
OFF = "off"


def _level(value: Any) -> Any:
    return None if value is False or value == OFF else value


Level = Annotated[
    Annotated[int, Field(ge=1, le=100)] | None,
    BeforeValidator(_level),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": 100}, {"enum": [OFF, False]}]}),
]


class SpamSection(BaseModel):
    """`spam:` of a company: the scores (1 to 100) from which on a call is treated as spam; `off` for never."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mark: Level = Field(
        default=DEFAULT_MARK,
        description="Mark it as spam: it stays in lists, and is out of the main figures of reports and of conversions.",
    )
    challenge: Level = Field(
        default=None, description="Ask the caller to press 1 before the call goes on; needs a carrier that takes keys."
    )
    voicemail: Level = Field(default=None, description="Ring no phone; the caller may leave a message.")
    reject: Level = Field(default=None, description="Refuse the call before it is answered.")
    blocked: Literal["mark", "challenge", "voicemail", "reject"] = Field(
        default="reject", description="What happens to callers on the block list (`hub blocks list`)."
    )

    @property
    def stops_calls(self) -> bool:
        """Whether a score alone can keep a call from ringing."""
        return any(level is not None for level in (self.challenge, self.voicemail, self.reject))

    def action(self, score: int) -> SpamAction:
        """What happens to a call with this score: the hardest that it reaches."""
        for action, level in (("reject", self.reject), ("voicemail", self.voicemail), ("challenge", self.challenge)):
            if level is not None and score >= level:
                return action  # type: ignore[return-value]
        return "mark" if self.marks(score) else "none"

    def marks(self, score: int) -> bool:
        """Whether a call with this score is spam in lists, reports and conversions."""
        levels = [each for each in (self.mark, self.challenge, self.voicemail, self.reject) if each is not None]
        return bool(levels) and score >= min(levels)
