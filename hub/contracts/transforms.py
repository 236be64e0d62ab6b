"""How a plugin's own transform hides a text before the hub hands it over, and what each part of a manifest is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hub.contracts.values import TRANSFORMS, sha256_of


class Declared(BaseModel):
    """A part of a manifest: frozen, and strict about unknown names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Transform(Declared):
    """A plugin's own transform of a text: a pure function, with the provider's published example as its test.

    The hub runs it, so the data map shows what really leaves: `name` is the name that it shows.
    """

    name: str = Field(default="", pattern=r"^[a-z][a-z0-9_]*$")
    """If not given, that of the function, after `sha256_` with `sha256`."""
    function: Callable[[str], str | None]
    """None if nothing of the text may be sent."""
    example: tuple[str, str]
    """A text, and what the provider's documentation makes of it: with `sha256` before or after the hash."""
    sha256: bool = False
    """Whether the hub hashes what the function gives, in hexadecimal."""

    def __call__(self, text: str) -> str | None:
        return self.function(text)

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not {"function", "example"} <= given.keys():
            return given
        function, (text, wanted) = given["function"], given["example"]
        name = getattr(function, "__name__", "").strip("_")
        if not given.get("sha256"):
            return {"name": name, **given}
        wanted = sha256_of(wanted) if function(text) == wanted else wanted
        hashed = {"function": lambda each: sha256_of(function(each) or ""), "example": (text, wanted), "sha256": False}
        return {"name": f"sha256_{name}", **given, **hashed}

    @model_validator(mode="after")
    def _example_holds(self) -> Self:
        text, wanted = self.example
        if self.name in TRANSFORMS:
            raise ValueError(f"{self.name!r} is one of the hub's own transforms; choose another name")
        if self.function(text) != wanted:
            raise ValueError(f"the transform {self.name!r} does not give its own example")
        return self
