"""What a customer may set: the rules, by the words that callers and the business say."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator

from hub.api import PluginSettings
from plugins.insight.phrases.matching import Phrase, phrase_of

Phrases = Annotated[tuple[str, ...], Field(max_length=200)]


class Rule(BaseModel):
    """One rule: a conversation in which somebody says one of its phrases has the name."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40, description="An outcome or a signal of `insights:`.")
    say: Phrases = Field(min_length=1, description="One of these is said; any form of each word, like book and booked.")
    by: Literal["caller", "business", "anyone"] = Field(default="anyone", description="Who says it.")
    near: Phrases = Field(default=(), description="One of these is said too, by anyone, within a few lines.")
    within: int = Field(default=2, ge=0, le=20, description="How many lines away `near` may be.")
    unless: Phrases = Field(default=(), alias="not", description="A line with one of these does not count.")
    never: Phrases = Field(default=(), description="A conversation with one of these does not count.")
    confidence: float = Field(default=0.9, ge=0, le=1, description="How sure it is, from 0 to 1.")
    value: bool = Field(default=False, description="Whether the last amount that was spoken of before it is its value.")
    language: str | None = Field(
        default=None, pattern=r"^[a-z]{2,3}$", description="Only in conversations in this language, like en or es."
    )

    @field_validator("say", "near", "unless", "never")
    @classmethod
    def _phrases(cls, phrases: tuple[str, ...]) -> tuple[str, ...]:
        for each in phrases:
            phrase_of(each, "en")
        return phrases

    def phrases(self, key: str, language: str) -> tuple[Phrase, ...]:
        """The phrases of one of its keys, in the forms of a language."""
        return tuple(phrase_of(each, language) for each in getattr(self, key))


class PhrasesSettings(PluginSettings):
    """Rules of your own, and whether those of the plugin count too."""

    rules: tuple[Rule, ...] = Field(
        default=(), max_length=500, description="What else to look for, by rules of your own."
    )
    own_rules_only: bool = Field(
        default=False,
        description="Leave out the plugin's rules for booked, quote, not_a_lead, wrong_number, job_seeker and spam.",
    )

    @property
    def all_rules(self) -> tuple[Rule, ...]:
        """The rules that count."""
        return self.rules if self.own_rules_only else (*standard_rules(), *self.rules)


@cache
def standard_rules() -> tuple[Rule, ...]:
    """The rules that come with the plugin."""
    text = files(__package__).joinpath("rules.yaml").read_text(encoding="utf-8")
    return tuple(map(Rule.model_validate, yaml.safe_load(text)))
