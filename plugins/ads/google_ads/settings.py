"""What the customer writes in config.yaml for a Google Ads account."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, field_validator, model_validator

from hub.api import PluginSettings

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


def _account_id(written: object) -> str:
    digits = re.sub(r"[\s-]", "", str(written))
    if not re.fullmatch(r"[0-9]{10}", digits):
        raise ValueError("a Google Ads account id has ten digits, like 123-456-7890")
    return digits


def _address(written: str) -> str:
    if not written.startswith(("https://", "http://")):
        raise ValueError("the address must start with https://")
    return written.rstrip("/")


AccountId = Annotated[str, BeforeValidator(_account_id)]
Address = Annotated[str, AfterValidator(_address)]
ActionId = int | Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]


class Credentials(PluginSettings):
    """Either a service account's key, or an OAuth client at which a person signs in."""

    service_account: SecretStr | None = Field(
        None, description="The JSON key of a service account, as downloaded: ${file:/run/secrets/google.json}."
    )
    client_id: str | None = Field(None, description="The id of an OAuth client of your Google Cloud project.")
    client_secret: SecretStr | None = Field(None, description="The secret of that OAuth client.")
    refresh_token: SecretStr | None = Field(
        None,
        description="The refresh token that a person granted to that OAuth client, for both scopes; not needed if somebody "
        "signs in on the page of connectors or with hub connectors connect.",
    )

    @field_validator("service_account")
    @classmethod
    def _is_a_key(cls, written: SecretStr | None) -> SecretStr | None:
        if written is not None:
            try:
                key = json.loads(written.get_secret_value())
            except ValueError:
                key = None
            if not isinstance(key, dict) or not (key.get("client_email") and key.get("private_key")):
                raise ValueError("not the JSON key of a service account (it has client_email and private_key)")
        return written

    @model_validator(mode="after")
    def _one_kind(self) -> Credentials:
        client = (self.client_id, self.client_secret)
        if (self.service_account is None) == (not any((*client, self.refresh_token))):
            raise ValueError("give either service_account, or client_id with client_secret")
        if self.service_account is None and not all(client):
            raise ValueError("client_id and client_secret are needed together")
        return self


class GoogleAdsSettings(PluginSettings):
    """One Google Ads account that conversions go to."""

    customer_id: AccountId = Field(description="The account that owns the conversion actions, like 123-456-7890.")
    login_customer_id: AccountId | None = Field(
        None, description="The manager account through which you have access, if you use one."
    )
    linked_customer_id: AccountId | None = Field(
        None, description="The linked account, if access comes from an established account link."
    )
    api: Literal["data_manager", "google_ads"] = Field(
        "data_manager",
        description="The API to use: Google's Data Manager API, or the Google Ads API for accounts that used it before "
        "2026-06-15.",
    )
    credentials: Credentials = Field(description="How to sign in to Google.")
    data_manager_url: Address = Field(
        "https://datamanager.googleapis.com", description="The address of the Data Manager API."
    )
    token_url: Address = Field(
        "https://oauth2.googleapis.com/token", description="The address where Google issues access tokens."
    )
    authorize_url: Address = Field(
        "https://accounts.google.com/o/oauth2/v2/auth", description="The address where people sign in at Google."
    )
    ads_url: Address = Field(
        "https://googleads.googleapis.com",
        description="The address of the Google Ads API over REST, for costs and the lists of accounts and conversion actions.",
    )
    diagnostics_after: float = Field(
        1800,
        ge=0,
        description="Seconds until Data Manager is asked for the result of an upload; Google needs about 30 minutes.",
    )
    api_version: str = Field(
        "v26", pattern=r"^v[0-9]{1,3}$", description="The version of the Google Ads API; google_ads only."
    )
    endpoint: str = Field(
        "googleads.googleapis.com:443",
        pattern=r"^[A-Za-z0-9.\-\[\]:]+$",
        description="Host and port of the Google Ads API (gRPC); google_ads only.",
    )
    ca_file: Path | None = Field(
        None, description="A PEM file with the authorities to trust at `endpoint`, instead of the public ones."
    )
    insecure: bool = Field(
        False, description="Connect to `endpoint` without TLS; only on this machine, for the sandbox."
    )

    @model_validator(mode="after")
    def _tokens_stay_hidden(self) -> GoogleAdsSettings:
        if self.insecure and self.endpoint.rpartition(":")[0] not in LOOPBACK:
            raise ValueError("insecure is only for an endpoint on this machine, such as 127.0.0.1:18080")
        return self


class GoogleAdsDestination(PluginSettings):
    """The options below `send_to:` of a conversion rule."""

    conversion_action: ActionId | None = Field(
        None, description="The id of the conversion action: the number behind ctId= in its address in Google Ads."
    )
    call_conversion_action: ActionId | None = Field(
        None,
        description="Instead, for calls straight from ads (call assets): the id of a conversion action whose source is "
        "calls from ads. Use it in a rule whose `when:` names the tracker of the call asset.",
    )

    @field_validator("conversion_action", "call_conversion_action", mode="before")
    @classmethod
    def _is_an_id(cls, written: object) -> object:
        if written is not None and (isinstance(written, bool) or not re.fullmatch(r"[0-9]{1,20}", str(written))):
            raise ValueError("a conversion action is named by its number, like 987654321")
        return written

    @model_validator(mode="after")
    def _one_action(self) -> GoogleAdsDestination:
        if (self.conversion_action is None) == (self.call_conversion_action is None):
            raise ValueError(
                "write conversion_action, like 987654321, or call_conversion_action for calls straight from ads"
            )
        return self

    @property
    def is_call(self) -> bool:
        """Whether it counts calls straight from ads."""
        return self.call_conversion_action is not None

    @property
    def action(self) -> str:
        """The id in digits."""
        return str(self.call_conversion_action if self.is_call else self.conversion_action)


def action_of(destination: Mapping[str, object]) -> str:
    """The conversion action of a stored destination, which may be of an earlier version."""
    return str(destination.get("call_conversion_action") or destination.get("conversion_action"))
