"""What the customer writes for a Salesforce connector in config.yaml."""

from __future__ import annotations

import re
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator

from hub.api import PluginSettings

Stage = Literal["qualified", "won", "lost"]
CallField = Literal["source", "medium", "campaign", "company", "tracking_number", "landing_page", "recording_url"]

FIELD_NAME = r"^[A-Za-z][A-Za-z0-9_]{0,79}$"
CUSTOM_FIELD_NAME = r"[A-Za-z][A-Za-z0-9_]{0,76}__c"
WEB_ADDRESS = r"^https?://[^\s/?#@]+/?$"

OPEN_STAGES: dict[str, Stage] = {
    "Qualification": "qualified",
    "Needs Analysis": "qualified",
    "Value Proposition": "qualified",
    "Id. Decision Makers": "qualified",
    "Perception Analysis": "qualified",
    "Proposal/Price Quote": "qualified",
    "Negotiation/Review": "qualified",
}
"""The open stages of a new Salesforce org that come after `Prospecting`."""


class SalesforceSettings(PluginSettings):
    """How to sign in, and how this org writes calls, deals and phone numbers."""

    login_url: str = Field(
        default="https://login.salesforce.com",
        pattern=WEB_ADDRESS,
        description="The address for tokens: https://login.salesforce.com, https://test.salesforce.com or your My Domain.",
    )
    instance_url: str | None = Field(
        default=None,
        pattern=WEB_ADDRESS,
        description="The address for API calls; by default the one that Salesforce returns with a token.",
    )
    client_id: str = Field(min_length=1, description="The consumer key of your External Client App.")
    client_secret: SecretStr | None = Field(
        default=None, description="The app's consumer secret, for the refresh-token flow if the app requires one."
    )
    username: str | None = Field(default=None, description="The integration user, for the JWT bearer flow.")
    private_key: SecretStr | None = Field(
        default=None, description="The RSA private key in PEM whose certificate the app holds, for the JWT bearer flow."
    )
    refresh_token: SecretStr | None = Field(
        default=None, description="A refresh token, for the refresh-token flow; the hub stores rotated tokens."
    )
    audience: str | None = Field(
        default=None,
        description="The audience of the JWT; by default the login or the test address, whichever belongs to login_url.",
    )
    api_version: str = Field(
        default="66.0",
        pattern=r"^(5[2-9]|[6-9]\d|\d{3})\.0$",
        description="The version of the REST API, 52.0 or later.",
    )
    country: str = Field(
        default="US",
        pattern=r"^[A-Z]{2}$",
        description="The country (ISO 3166) of phone numbers without a country code.",
    )
    time_zone: str = Field(
        default="UTC",
        description="The business's time zone: it sets the day on which a call is logged and a deal closes.",
    )
    call_key_field: str = Field(
        default="CallObject",
        pattern=FIELD_NAME,
        description="The text field of Task that holds our call's id; preferably a unique custom field.",
    )
    task_status: str = Field(default="Completed", description="The status of a logged call, as named in your org.")
    task_fields: dict[str, CallField] = Field(
        default_factory=dict, description="Custom fields of Task to fill: field name to the call's value."
    )
    stages: dict[str, Stage] = Field(
        default_factory=lambda: dict(OPEN_STAGES),
        description="Opportunity stage to qualified, won or lost; closed stages not listed here use IsWon.",
    )
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$", description="The org's currency (ISO 4217).")
    multi_currency: bool = Field(
        default=False, description="True if the org uses several currencies; each deal's own currency is then read."
    )
    erasure: Literal["calls", "people"] = Field(
        default="calls",
        description="What an erasure request deletes: only the calls that we logged, or the contact and lead as well.",
    )

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"{name!r} is not a time zone; write it like America/Chicago") from error
        return name

    @field_validator("task_fields")
    @classmethod
    def _field_names(cls, fields: dict[str, CallField]) -> dict[str, CallField]:
        wrong = [name for name in fields if not re.fullmatch(CUSTOM_FIELD_NAME, name)]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is not a custom field of Task; its API name ends in __c")
        return fields

    @model_validator(mode="after")
    def _one_flow(self) -> SalesforceSettings:
        if self.private_key and not self.username:
            raise ValueError("private_key needs username: the integration user that the JWT bearer flow signs in")
        if self.private_key and self.refresh_token:
            raise ValueError("private_key and refresh_token are two ways to sign in; keep one of them")
        if self.username and not self.private_key:
            raise ValueError("username needs private_key: Salesforce no longer accepts passwords for sign-in")
        return self
