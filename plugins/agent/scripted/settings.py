"""What a customer may set: what callers say, and what the assistant answers and does."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from hub.api import PluginSettings
from plugins.agent.scripted.matching import alternatives

Phrases = Annotated[tuple[str, ...], Field(max_length=100)]
Words = Annotated[str, Field(max_length=600)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")]


class Rule(BaseModel):
    """One rule: what the caller says, after which other rules, and the answer."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: Name = Field(description="A name of your choice, shown beside the answer: price.")
    hear: Phrases = Field(
        default=(), description="The caller says one of these words or phrases; a|b is either. Everything if left out."
    )
    unless: Phrases = Field(default=(), alias="not", description="The rule does not fit if one of these is said too.")
    after: tuple[Name, ...] = Field(
        default=(), description="Only right after one of these rules has answered, or `opening`; always if left out."
    )
    language: str | None = Field(
        default=None, pattern=r"^[a-z]{2,3}$", description="Only in conversations in this language, like en or es."
    )
    say: Words = Field(default="", description="What the assistant says.")
    choose: str = Field(
        default="",
        pattern=r"^[a-z0-9_-]{0,32}$",
        description="One of the ways in `may` of the step, or `otherwise`; the conversation goes on if left out.",
    )

    @field_validator("hear", "unless")
    @classmethod
    def _phrases(cls, phrases: tuple[str, ...]) -> tuple[str, ...]:
        for each in phrases:
            if not (parts := alternatives(each)) or not all(map(all, parts)):
                raise ValueError(f"{each!r} has no words; write words, or a|b for either word")
        return phrases

    @model_validator(mode="after")
    def _does_something(self) -> Rule:
        if not self.say and not self.choose:
            raise ValueError("needs `say:` with an answer, or `choose:` with a way of the step")
        return self


class ScriptedSettings(PluginSettings):
    """The rules in their order."""

    rules: tuple[Rule, ...] = Field(
        min_length=1, max_length=200, description="The first rule that fits what the caller said answers."
    )
    ask_again: Words = Field(
        default="",
        description="Said one time if no rule fits, such as a question in other words; without it the call is handed over.",
    )

    @model_validator(mode="after")
    def _known_rules(self) -> ScriptedSettings:
        names = {"opening", *(rule.name for rule in self.rules)}
        for rule in self.rules:
            if lost := [each for each in rule.after if each not in names]:
                raise ValueError(f"the rule {rule.name!r} comes after {lost[0]!r}, and no rule has that name")
        return self
