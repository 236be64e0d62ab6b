"""A policy as its author writes it: a Markdown file whose front matter names the version and what it introduces."""

from __future__ import annotations

import hashlib
import re
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from hub.contracts.categories import CATEGORIES, USES
from hub.contracts.consent import within
from hub.errors import RingfenceError

Kind = Literal["privacy_statement", "terms", "notice"]
DOCUMENT_KINDS: tuple[Kind, ...] = ("privacy_statement", "terms", "notice")
HEAD = re.compile(r"\A---[ \t]*\r?\n(.*?\n)---[ \t]*\r?\n", re.DOTALL)
MAX_POLICY_CHARACTERS = 500_000
"""Maximum length of a text, in characters."""


class PolicyRefused(RingfenceError):
    """The policy version does not allow this; the message says why, and what to do instead."""


class PolicyChange(BaseModel):
    """One thing that a version introduces: a data use, a recipient, a data category, or only their combination.

    A use or a category includes everything below it. A recipient is the legal name in a plugin's manifest.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    use: str | None = None
    recipient: str | None = None
    category: str | None = None

    @model_validator(mode="after")
    def _something(self) -> PolicyChange:
        if not (self.use or self.recipient or self.category):
            raise ValueError("name a use, a recipient or a category")
        for given, names, what in ((self.use, USES, "data use"), (self.category, CATEGORIES, "data category")):
            if given and not any(within(name, given) for name in names):
                raise ValueError(f"there is no {what} {given!r}")
        return self

    def covers(self, use: str, recipient: str, categories: frozenset[str]) -> bool:
        """Whether sending these categories to this recipient for this use is what was introduced."""
        return (
            (self.use is None or within(use, self.use))
            and (self.recipient is None or recipient.casefold() == self.recipient.casefold())
            and (self.category is None or any(within(each, self.category) for each in categories))
        )

    def __str__(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in self.model_dump(exclude_none=True).items())


class PolicyDocument(BaseModel):
    """One language of one version. A text that introduces something is material, whatever its author states."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind = "privacy_statement"
    version: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")
    language: str = Field(default="en", pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")
    account: str | None = None
    material: bool = True
    introduces: tuple[PolicyChange, ...] = ()
    note: str = Field(default="", max_length=500)
    text: str = Field(max_length=MAX_POLICY_CHARACTERS)

    @field_validator("version", mode="before")
    @classmethod
    def _as_text(cls, version: object) -> object:
        # YAML reads an unquoted 2027 as a number and 2027-01-01 as a date.
        return version if isinstance(version, str | bool | None) else str(version)

    @model_validator(mode="after")
    def _whole(self) -> PolicyDocument:
        if not self.text.strip():
            raise ValueError("there is no text below the headererer")
        if "\0" in self.text:
            raise ValueError("the text contains a NUL character")
        if self.introduces and not self.material:
            raise ValueError("a version that introduces something new is a material change")
        return self


def read_document(written: str) -> PolicyDocument:
    """Parse a policy file. PolicyRefused says what its front matter lacks. The text is everything below it, unchanged."""
    head = HEAD.match(written)
    if head is None:
        raise PolicyRefused(
            "The file has no header; start it with a line ---, `version:` and more below it, and a line ---."
        )
    try:
        said = yaml.safe_load(head[1]) or {}
        if not isinstance(said, dict) or "text" in said:
            raise PolicyRefused(
                "The header between the two --- lines is not a list of names with values, like `version: 2027-01`."
            )
        return PolicyDocument(**said, text=written[head.end() :])
    except yaml.YAMLError:
        raise PolicyRefused(
            "The header between the two --- lines is not YAML; write it like `version: 2027-01`."
        ) from None
    except (ValidationError, TypeError) as error:
        raise PolicyRefused(f"The header is not valid: {_first(error)}; fix it and draft again.") from None


def sha256_of(text: str) -> str:
    """The SHA-256 that identifies a text; `sha256sum` prints the same for the text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def _first(error: ValidationError | TypeError) -> str:
    if isinstance(error, TypeError):
        return "its names must be text"
    problem = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in problem["loc"])
    said = problem["msg"].removeprefix("Value error, ")
    return f"{where}: {said}" if where else said
