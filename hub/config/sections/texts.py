"""`texts:`, `text_budget:` and `text_price:` of a company in config.yaml."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from hub.contracts.phones import phone_number
from hub.contracts.values import Money

MAX_AUTOMATIC_TEXT_CHARACTERS = 1_000
"""Characters of an automatic text; carriers accept about 1,600, and the opt-out line is added to it."""


def _number(text: str) -> str:
    number = phone_number(text)
    if number is None:
        raise ValueError("is not a phone number; write it in E.164, like +13125550142")
    return number


Words = Annotated[str, Field(min_length=1, max_length=MAX_AUTOMATIC_TEXT_CHARACTERS)]
PLACEHOLDERS = ("{company}",)
"""What a template may contain to be replaced: the company's title."""
MAX_TEMPLATES = 50
MAX_TEMPLATE_NAME_CHARACTERS = 60


def _known_placeholders(words: str) -> str:
    for found in re.findall(r"\{[^{}]*\}", words):
        if found not in PLACEHOLDERS:
            raise ValueError(f"has the unknown placeholder {found}; a template may contain {', '.join(PLACEHOLDERS)}")
    return words


TemplateName = Annotated[str, Field(min_length=1, max_length=MAX_TEMPLATE_NAME_CHARACTERS)]
Template = Annotated[Words, AfterValidator(_known_placeholders)]


class TextsSection(BaseModel):
    """`texts:` of a company, or of one tracker, whose keys win: texts that the hub sends automatically."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    auto_reply: Words | None = Field(default=None, description="Answer to an incoming text, like office hours.")
    missed_call: Words | None = Field(default=None, description="Text to a caller whose call nobody answered.")
    sender: Annotated[str, AfterValidator(_number)] | None = Field(
        default=None,
        alias="from",
        description="The tracking number that they are sent from; the number that was called if left out.",
    )
    contact: Words | None = Field(
        default=None, description="How to reach a person, for the answer to HELP, like: call +1 312 555 0190."
    )
    templates: Annotated[dict[TemplateName, Template], Field(max_length=MAX_TEMPLATES)] = Field(
        default_factory=dict,
        description="Name → text, which a user chooses in the inbox and may change before sending; {company} is replaced.",
    )
    language: Literal["en", "es", "fr", "de", "pt", "it"] = Field(
        default="en",
        description="The language of the opt-out line, and of answers to keywords that are the same in all languages. If it is "
        "written (`en`, `es` or `fr`), also of the company's privacy pages, for a visitor who has not chosen another.",
    )


DEFAULT_BUDGET, DEFAULT_PRICE = Money(Decimal(100), "USD"), Money(Decimal("0.05"), "USD")


def _money(value: Any) -> Any:
    return value if isinstance(value, Money) else Money.parse(str(value))


def _positive(money: Money) -> Money:
    if money.amount <= 0:
        raise ValueError("is not more than 0; write it like 100 USD")
    return money


Amount = Annotated[
    Money,
    BeforeValidator(_money),
    AfterValidator(_positive),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)? [A-Z]{3}$", "examples": ["100 USD"]}),
]
TextPrice = Annotated[Amount, Field(description="What one text is counted for in `text_budget`, in the same currency.")]
