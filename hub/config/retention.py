"""`retention:` of config.yaml: how long each kind of personal data is kept. Shorter times need no reason, longer
times do."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from hub.config.durations import parse_span

DAYS_A_YEAR = 365
MONTH = 365.25 / 12
"""Days; rounded up over the whole span, so 13mo are 396 days and 25mo are 761."""
MAX_RETENTION = timedelta(days=100 * DAYS_A_YEAR)
KEEPS: dict[str, Any] = {"type": "string", "examples": ["90d", "25mo", "7y"]}


def parse_life(value: object) -> timedelta:
    """`"90d"`, `"25mo"`, `"7 years"` or a timedelta as a timedelta; ValueError says what is expected."""
    found = re.fullmatch(r"\s*([0-9]{1,5})\s*(mo|months?|y|years?)\s*", str(value).lower())
    if found is not None:
        number = int(found[1])
        life = timedelta(days=math.ceil(number * MONTH) if found[2].startswith("mo") else number * DAYS_A_YEAR)
    else:
        try:
            life = parse_span(value)
        except ValueError:
            raise ValueError(f"{value!r} is not a duration; write it like 90d, 25mo or 7y") from None
    if life > MAX_RETENTION:
        raise ValueError("is longer than a hundred years; write a shorter time")
    return life


def spell_life(life: timedelta) -> str:
    """A retention period in words: `90 days`, or hours if it is shorter than two days."""
    hours = life / timedelta(hours=1)
    return f"{life.days:,} days" if hours >= 48 and not hours % 24 else f"{hours:g} hours"


Life = Annotated[timedelta, BeforeValidator(parse_life), WithJsonSchema(KEEPS)]
"""A period as config.yaml writes it."""


class Kept(BaseModel):
    """How long one kind is kept: `90d`, or `{keep: 36mo, reason: …}` if that is longer than the default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keep: Life = Field(description="How long, like 90d, 25mo or 7y.")
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=10)] | None = Field(
        default=None, description="Why it is longer than the default; shown in the record of processing."
    )

    def __str__(self) -> str:
        return spell_life(self.keep)


def _kept(value: object) -> Any:
    return {"keep": value} if isinstance(value, str | int | timedelta) else value


def _kind(days: int, description: str) -> Any:
    return Field(default=Kept(keep=timedelta(days=days)), description=description)


RetentionPeriod = Annotated[
    Kept,
    BeforeValidator(_kept),
    WithJsonSchema(
        {
            "anyOf": [
                KEEPS,
                {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["keep"],
                    "properties": {"keep": KEEPS, "reason": {"type": "string", "minLength": 10}},
                },
            ]
        }
    ),
]


class RetentionSection(BaseModel):
    """`retention:`: how long each kind of personal data is kept. A shorter time also applies to data that is already
    stored; a longer time needs a written reason: `{keep: 36mo, reason: …}`. Recordings and transcripts: `keep` and
    `keep_transcripts` below `recordings:`, which must not be longer than the times here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recording_audio: RetentionPeriod = _kind(90, "The audio of calls and voicemail.")
    transcript: RetentionPeriod = _kind(180, "What was said in a recording.")
    text_body: RetentionPeriod = _kind(365, "Texts, their pictures, and the numbers that they were sent from and to.")
    form_content: RetentionPeriod = _kind(365, "What a visitor wrote in a form.")
    call_metadata: RetentionPeriod = _kind(
        761, "Who called and when, the call's steps, the person, the source, the CRM contact."
    )
    caller_facts: RetentionPeriod = _kind(761, "Facts about callers; each expires earlier if its source says so.")
    visitor_session: RetentionPeriod = _kind(396, "Visits, their pages, and the numbers shown.")
    click_ids: RetentionPeriod = _kind(
        90, "Click ids and cookies of advertising networks, of a visit and of the call that it caused."
    )
    webhook_raw: RetentionPeriod = _kind(30, "Webhooks as received, including unreadable ones.")
    privacy_request: RetentionPeriod = _kind(731, "People's requests about their data, once answered.")
    dead_letter: RetentionPeriod = _kind(30, "Why a delivery was abandoned, with its attempts.")
    alert: RetentionPeriod = _kind(90, "Alerts of users, and what became of each on its way to them.")
    webhook_event: RetentionPeriod = _kind(30, "Which events went to webhooks of yours, without what was in them.")
    audit_log: RetentionPeriod = _kind(
        7 * 365, "Who made manual changes, and who read personal data; it names people only by id."
    )
    consent_record: RetentionPeriod = _kind(
        7 * 365, "What people consented to or refused, decisions about it, and disclosures."
    )

    @field_validator("*")
    @classmethod
    def _longer_with_a_reason(cls, kept: Kept, info: ValidationInfo) -> Kept:
        longest = default_life(str(info.field_name))
        if kept.keep > longest and kept.reason is None:
            raise ValueError(
                f"is longer than the default of {spell_life(longest)}; write a shorter time, or "
                "{keep: …, reason: …} and say why"
            )
        return kept

    def life(self, kind: str) -> timedelta:
        """How long one kind is kept."""
        kept: Kept = getattr(self, kind)
        return kept.keep

    def reason(self, kind: str) -> str | None:
        """Why it is kept longer than the default, if it is."""
        kept: Kept = getattr(self, kind)
        return kept.reason if kept.keep > default_life(kind) else None


def default_life(kind: str) -> timedelta:
    """How long one kind is kept if config.yaml does not set it. Source: privacy.md, retention defaults."""
    kept: Kept = RetentionSection.model_fields[kind].default
    return kept.keep


def kinds() -> Mapping[str, str]:
    """Every kind with its description."""
    return {name: field.description or "" for name, field in RetentionSection.model_fields.items()}
