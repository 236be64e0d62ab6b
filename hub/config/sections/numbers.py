"""`numbers:` in config.yaml: what is said about the tracking numbers of the whole hub."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from hub.config.callflow.step import PhoneNumber
from hub.config.durations import parse_span
from hub.config.sections.texts import Amount

Span = Annotated[timedelta, BeforeValidator(parse_span), WithJsonSchema({"type": "string", "examples": ["60 days"]})]


class NumbersSection(BaseModel):
    """`numbers:`: what holds for the tracking numbers of the whole hub (`hub docs number-health`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    forward_unassigned: PhoneNumber | None = Field(
        default=None,
        description="The phone that rings if somebody calls a number whose calls come here and that has no tracker, E.164. If "
        "left out, such a caller reaches nobody. These calls are never recorded.",
    )
    unused_after: Span = Field(
        default=timedelta(days=60),
        ge=timedelta(days=1),
        description="After so long without a call, a text or a visitor, a number that costs something is reported as unused.",
    )
    minute_price: Amount | None = Field(
        default=None,
        description="What a minute of a call is counted for in the estimate of spending, like 0.02 USD; carriers do not say.",
    )
