"""`text_budget:` and `text_price:` of a company in config.yaml: amounts of money."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from hub.contracts.values import Money

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
