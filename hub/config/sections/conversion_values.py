"""Values and lead statuses of conversion rules, and the day from which a company's are sent, as config.yaml writes them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, WithJsonSchema

from hub.config.error_messages import describe, nearest
from hub.contracts.leads import LeadStatus
from hub.contracts.values import Money

FromEvent = Literal["from outcome", "from lead", "from signal"]
FROM_EVENTS = get_args(FromEvent)


def _money(value: Any) -> Any:
    if value in FROM_EVENTS or isinstance(value, Money) or value is None:
        return value
    if not isinstance(value, str | int):
        raise ValueError("is not an amount; write it like 40 USD")
    return Money.parse(str(value))


def _listed(value: Any) -> Any:
    statuses = [value] if isinstance(value, str) else value
    known = list(LeadStatus)
    for each in statuses if isinstance(statuses, list | tuple) else ():
        if each not in known:
            raise ValueError(f"{describe(each)} is not a lead status; {nearest(str(each), known, 'one of')}")
    if statuses == []:
        raise ValueError(f"names no status; write one or more of {', '.join(known)}")
    return statuses


def _day(value: Any) -> Any:
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f"{describe(value)} is not a day; write it like 2026-12-01") from None


Value = Annotated[
    Money | FromEvent | None,
    BeforeValidator(_money),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^(from outcome|from lead|from signal|-?\d+(\.\d+)? [A-Z]{3})$",
            "examples": ["40 USD"],
        }
    ),
]
Statuses = Annotated[
    tuple[LeadStatus, ...] | None,
    BeforeValidator(_listed),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "enum": list(LeadStatus)},
                {"type": "array", "items": {"type": "string", "enum": list(LeadStatus)}, "minItems": 1},
            ]
        }
    ),
]
ConversionsFrom = Annotated[
    date | None,
    BeforeValidator(_day),
    Field(
        description="The day, in its time zone, on which this hub took over. Conversions of calls, texts and forms from before "
        "it are never sent, because the service before this hub has sent them (`hub docs import-callrail`)."
    ),
]
