"""What the customer writes in config.yaml for Microsoft Advertising."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, model_validator

from hub.api import PluginSettings


class MicrosoftAdsSettings(PluginSettings):
    """A UET tag with its token, an ad account with a sign-in, or both."""

    api: Literal["uet", "offline"] = Field(
        "uet",
        description="uet: events of a UET tag, at most 7 days old; offline: offline conversions, at most 90 days old.",
    )
    tag_id: str | None = Field(None, pattern=r"^[0-9]{5,15}$", description="The UET tag's id; for api: uet.")
    uet_token: SecretStr | None = Field(None, description="The tag's token for the Conversions API; for api: uet.")
    client_id: str | None = Field(None, description="The application's id in Microsoft Entra, to sign in.")
    client_secret: SecretStr | None = Field(None, description="That application's client secret.")
    refresh_token: SecretStr | None = Field(None, description="A refresh token, if nobody signs in on the page.")
    developer_token: SecretStr | None = Field(None, description="The developer token of your Super Admin.")
    customer_id: str | None = Field(None, pattern=r"^[0-9]{1,15}$", description="The customer that the account is in.")
    account_id: str | None = Field(None, pattern=r"^[0-9]{1,15}$", description="The ad account.")
    base_url: str = Field("https://campaign.api.bingads.microsoft.com", description="Campaign Management.")
    uet_url: str = Field("https://capi.uet.microsoft.com", description="The UET Conversions API.")
    accounts_url: str = Field("https://clientcenter.api.bingads.microsoft.com", description="Customer Management.")
    reports_url: str = Field("https://reporting.api.bingads.microsoft.com", description="Reporting.")
    authorize_url: str = Field(
        "https://login.microsoftonline.com/common/oauth2/v2.0/authorize", description="Where people sign in."
    )
    token_url: str = Field(
        "https://login.microsoftonline.com/common/oauth2/v2.0/token", description="Where tokens are issued."
    )

    @model_validator(mode="after")
    def _is_complete(self) -> MicrosoftAdsSettings:
        if self.api == "uet" and not (self.tag_id and self.uet_token):
            raise ValueError("api: uet needs tag_id and uet_token")
        if self.api == "offline" and not self.client_id:
            raise ValueError("api: offline needs client_id, and a sign-in")
        if self.account_id and not (self.client_id and self.developer_token and self.customer_id):
            raise ValueError("account_id needs client_id, developer_token and customer_id")
        return self


class MicrosoftAdsDestination(PluginSettings):
    """The options below `send_to:` of a conversion rule."""

    goal: str = Field(
        min_length=1, max_length=100, description="The conversion goal's name, exactly as in your account."
    )
    event: str = Field(
        "lead", pattern=r"^[A-Za-z0-9_ -]{1,50}$", description="The event's name, if the goal asks for it."
    )
