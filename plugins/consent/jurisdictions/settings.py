"""What the customer says of the places where the business trades."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from hub.api import PluginSettings

PlaceCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]


class JurisdictionSettings(PluginSettings):
    """Everything else is law and stands in rules.yaml."""

    trades_in: tuple[PlaceCode, ...] = Field(
        default=(),
        description="Countries and regions where the business trades, like US or CA-QC. A person whose place is unknown, or "
        "in a country without rules, is judged by the strictest of them; left empty, by the strictest of all rules.",
    )
