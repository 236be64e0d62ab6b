"""`contact:`, `website:` and `sensitive:` of a company in config.yaml."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from hub.config.callflow.step import PhoneNumber
from hub.config.mail import Address
from hub.config.sections.places import Country
from hub.contracts.clean_urls import is_personal_name

MAX_LINES = 8


def _lines(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines()]
    if not all(lines) or not 1 <= len(lines) <= MAX_LINES:
        raise ValueError(f"is not a postal address; write it in 1 to {MAX_LINES} lines without an empty one")
    return "\n".join(lines)


class ContactSection(BaseModel):
    """`contact:`: the company's postal address, phone and email for questions about data, shown on its privacy
    page."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    postal_address: Annotated[str, AfterValidator(_lines)] | None = Field(
        default=None, max_length=500, description="The postal address, with line breaks (`|` in YAML)."
    )
    phone: PhoneNumber | None = Field(default=None, description="The phone number, E.164.")
    email: Address | None = Field(default=None, description="The email address.")

    @model_validator(mode="after")
    def _says_something(self) -> ContactSection:
        if not (self.postal_address or self.phone or self.email):
            raise ValueError("is empty; give a postal_address, a phone or an email")
        return self


def _impersonal(name: str) -> str:
    if is_personal_name(name):
        raise ValueError(f"a parameter called {name} may contain a person's name or address, and is never stored")
    return name


LinkParameter = Annotated[str, Field(pattern=r"^[a-z0-9_.-]{1,40}$"), AfterValidator(_impersonal)]


class WebsiteSection(BaseModel):
    """`website:` of a company: what the page script does on its pages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    swap: tuple[PhoneNumber, ...] = Field(
        default=(), description="The numbers on the pages that are replaced, in any format."
    )
    cookie_days: int = Field(
        default=90, ge=0, le=400, description="How long the first-party cookie recognizes a visitor; 0 for no cookie."
    )
    linked_domains: tuple[str, ...] = Field(
        default=(), description="Other sites of the company; links to them pass the visit on."
    )
    parameters: tuple[LinkParameter, ...] = Field(
        default=(),
        description="Parameters of the company's own links that source rules read, like ref. All other parameters, except "
        "the `utm_` tags, click ids and ad parameters, are removed from URLs in the browser.",
    )
    ignored_fields: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field(
        default=(), description="Fields of the forms on its pages that are never kept, by their names."
    )
    tracking: Literal["opt_in", "opt_out", "by_visitor"] = Field(
        default="by_visitor",
        description="`opt_in`: visitors are recorded after they consent; `opt_out`: until they object; `by_visitor`: a company "
        "in the United States first asks visitors who may be in the EU, the EEA, the United Kingdom, Switzerland, Canada, "
        "Australia or New Zealand; a company elsewhere first asks everyone (`hub docs website`).",
    )
    trades_in: tuple[Country, ...] = Field(
        default=(),
        description="Other countries whose people the company serves: with `by_visitor`, a visitor without a known place "
        "counts as being there.",
    )


Sensitive = Annotated[
    Literal["health"] | None,
    Field(
        description="`health`: who calls says something about their health, as with a dentist, a clinic or a pharmacy. Their "
        "data goes to ad networks, to analytics and to whoever decides for itself only with the caller's own yes, wherever "
        "they are (`hub docs privacy`)."
    ),
]
