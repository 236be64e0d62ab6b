"""Conditions, values and lead statuses of conversion rules, and the day from which a company's are sent, as config.yaml has
them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from hub.config.error_messages import describe, nearest
from hub.config.sections.recordings import Name, SignalName, Span
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


class When(BaseModel):
    """`when:` of a conversion rule: every condition must be true."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event: Literal["call", "text", "form", "outcome", "lead", "signal"] = Field(
        description="What the rule looks at; `lead` is the lead status that users give to calls, texts and forms, `signal` "
        "what an insight connector read in a call."
    )
    first_time_caller: bool | None = Field(default=None, description="Only the person's first call to the company.")
    answered: bool | None = Field(default=None, description="Only calls that a person answered (or did not).")
    min_duration: Span | None = Field(default=None, description="Only calls at least this long, like 60s.")
    company: Name | None = Field(default=None, description="Only this company.")
    tracker: Name | None = Field(default=None, description="Only this tracker.")
    source: str | None = Field(default=None, description="Only this source, like google.")
    medium: str | None = Field(default=None, description="Only this medium, like cpc.")
    form: str | None = Field(default=None, description="Of a form: only the form with this id on its page.")
    stage: str | None = Field(default=None, description="Of an outcome: qualified, won, lost or the CRM's own stage.")
    status: Statuses = Field(
        default=None, description="Of a lead: new, qualified, booked or not_a_lead; one of them, or a list."
    )
    name: SignalName | None = Field(
        default=None, description="Of a signal: its name, one of the company's `insights:`, like booked."
    )
    confidence: float | None = Field(
        default=None, ge=0, le=1, description="Of a signal: how sure its reader is at least, from 0 to 1, like 0.8."
    )
