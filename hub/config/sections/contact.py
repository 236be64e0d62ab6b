"""`contact:` of a company: how people can contact it about their data."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from hub.config.callflow.step import PhoneNumber
from hub.config.mail import Address

MAX_LINES = 8


def _lines(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines()]
    if not all(lines) or not 1 <= len(lines) <= MAX_LINES:
        raise ValueError(f"is not a postal address; write it in 1 to {MAX_LINES} lines without an empty one")
    return "\n".join(lines)


class ContactSection(BaseModel):
    """`contact:`: the company's postal address, phone and e-mail for questions about data, shown on its privacy
    page."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    postal_address: Annotated[str, AfterValidator(_lines)] | None = Field(
        default=None, max_length=500, description="The postal address, with line breaks (`|` in YAML)."
    )
    phone: PhoneNumber | None = Field(default=None, description="The phone number, E.164.")
    email: Address | None = Field(default=None, description="The e-mail address.")

    @model_validator(mode="after")
    def _says_something(self) -> ContactSection:
        if not (self.postal_address or self.phone or self.email):
            raise ValueError("is empty; give a postal_address, a phone or an email")
        return self
