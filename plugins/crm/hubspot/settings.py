"""What the customer writes for a HubSpot connector in config.yaml."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, model_validator

from hub.api import PluginSettings

Stage = Literal["qualified", "won", "lost"]


class HubSpotSettings(PluginSettings):
    """Sign in with an `access_token`, or with `client_id` and `client_secret`, at which somebody signs in; never with both."""

    access_token: SecretStr | None = Field(None, description="A service key's or a private app's access token.")
    client_id: str | None = Field(None, description="The app's client id, for OAuth.")
    client_secret: SecretStr | None = Field(
        None, description="The app's client secret: signs HubSpot's webhooks, and signs in with OAuth."
    )
    previous_client_secret: SecretStr | None = Field(
        None, description="The client secret before the last rotation; webhooks signed with it are still accepted."
    )
    refresh_token: SecretStr | None = Field(
        None,
        description="The refresh token from installing the app, for OAuth; not needed if somebody signs in on the page of "
        "connectors or with hub connectors connect.",
    )
    base_url: str = Field("https://api.hubapi.com", pattern=r"^https?://", description="The address of HubSpot's API.")
    authorize_url: str = Field(
        "https://app.hubspot.com/oauth/authorize",
        pattern=r"^https?://",
        description="The address where people sign in at HubSpot.",
    )
    api_version: str = Field(
        "2026-09",
        pattern=r"^(v3|20\d\d-\d\d)$",
        description="The dated version of the CRM paths, or v3 for the paths that end in September 2027.",
    )
    call_property: str = Field(
        "ringfence_call_id",
        pattern=r"^[a-z][a-z0-9_]*$",
        description="The unique property on calls that holds our call's id; created on first use if permitted.",
    )
    stages: dict[str, Stage] = Field(
        {"qualifiedtobuy": "qualified", "closedwon": "won", "closedlost": "lost"},
        description="Deal stage ids and their meaning: qualified, won or lost. Closed stages need no entry.",
    )
    currency: str = Field(
        "USD", pattern=r"^[A-Z]{3}$", description="The account's currency, for deals without their own."
    )
    country: str = Field(
        "US", pattern=r"^[A-Z]{2}$", description="The country of contacts' numbers without a country code."
    )
    fact_days: int = Field(30, gt=0, description="Days for which facts from HubSpot about a caller are kept.")
    search_lag: float = Field(
        60.0, ge=0, description="Seconds that HubSpot's search may lag; deals changed within them are read twice."
    )

    @model_validator(mode="after")
    def _one_way_to_sign_in(self) -> HubSpotSettings:
        oauth = (self.client_id, self.client_secret)
        if self.access_token and self.refresh_token:
            raise ValueError("write access_token or refresh_token, not both")
        if not self.access_token and not all(oauth):
            raise ValueError("write access_token, or client_id and client_secret")
        return self
