"""What the customer writes in config.yaml for paid lookups at Twilio: the account, the packages, and the cost limits."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, SecretStr, model_validator

from hub.api import PluginSettings

Package = Literal["line_type_intelligence", "caller_name"]
Amount = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=6)]


class TwilioLookupSettings(PluginSettings):
    """Sign in with `auth_token`, or with an API key. Prices and caps are amounts in the currency of the account."""

    account_sid: str = Field(description="The account's SID, AC and 32 hex digits.", pattern=r"^AC[0-9a-fA-F]{32}$")
    auth_token: SecretStr | None = Field(default=None, description="The account's auth token.")
    rest_key_sid: str | None = Field(
        default=None,
        description="An API key (SK…) that signs in instead of the auth token.",
        pattern=r"^SK[0-9a-fA-F]{32}$",
    )
    rest_key_secret: SecretStr | None = Field(default=None, description="The secret of rest_key_sid.")
    fields: tuple[Package, ...] = Field(
        default=("line_type_intelligence",),
        min_length=1,
        description="The packages to request and pay for: `line_type_intelligence`, `caller_name` (US numbers only).",
    )
    line_type_price: Amount = Field(
        default=Decimal("0.008"), description="The price of one line_type_intelligence in your price list."
    )
    caller_name_price: Amount = Field(
        default=Decimal("0.01"), description="The price of one caller_name in your price list."
    )
    daily_cap: Amount = Field(default=Decimal(5), description="Most that lookups may cost in a day (UTC).")
    monthly_cap: Amount = Field(default=Decimal(50), description="Most that lookups may cost in a month (UTC).")
    requests_per_minute: int = Field(default=600, ge=1, description="Most lookups within a minute.")
    base_url: str = Field(
        default="https://lookups.twilio.com", description="Twilio's lookup API.", pattern=r"^https?://[^/?#@]+$"
    )

    @model_validator(mode="after")
    def _signs_in(self) -> TwilioLookupSettings:
        if (self.rest_key_sid is None) != (self.rest_key_secret is None):
            raise ValueError("write rest_key_sid and rest_key_secret together")
        if self.rest_key_sid is None and self.auth_token is None:
            raise ValueError("write auth_token, or rest_key_sid and rest_key_secret")
        return self

    def price(self, packages: tuple[Package, ...]) -> Decimal:
        """The price of one lookup of these packages."""
        prices = {"line_type_intelligence": self.line_type_price, "caller_name": self.caller_name_price}
        return sum((prices[package] for package in packages), Decimal(0))
