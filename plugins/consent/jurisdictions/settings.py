"""What the customer says about the places where the business trades."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

from hub.api import PluginSettings
from hub.api.places import is_place
from plugins.consent.jurisdictions.quiet_hours import parse_week


def _real_place(code: str) -> str:
    if not is_place(code):
        raise ValueError(
            f"{code} is neither an ISO 3166 country nor a region of one; write, for example, US, CA-QC or GB"
        )
    return code


PlaceCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$"), AfterValidator(_real_place)]


class JurisdictionSettings(PluginSettings):
    """Everything else is law and is in rules.yaml."""

    trades_in: tuple[PlaceCode, ...] = Field(
        default=(),
        description="Countries and regions where the business operates, like US or CA-QC. If a person's place is unknown, or "
        "a country without rules, their strictest rules apply; if this list is empty, the strictest of all rules.",
    )
    marketing_hours: Annotated[
        Any, BeforeValidator(parse_week), WithJsonSchema({"type": "object", "additionalProperties": {"type": "string"}})
    ] = Field(
        default=None,
        description="When marketing texts may be sent, in the person's local time, by days like `mon-fri: 10:00-18:00`; "
        "by default 10:00-18:00 on all days. The law's hours always apply too.",
    )
