"""Bandwidth's settings."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

from pydantic import Field, SecretStr, field_validator

from hub.api import PluginSettings

UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
ADDRESS = r"^https?://[^/?#@]+$"
MIN_PASSWORD_CHARACTERS = 20


class BandwidthSettings(PluginSettings):
    """One Bandwidth account, with the location (SIP peer) of its numbers and the applications that answer them."""

    account_id: str = Field(
        description="The account's number, as the Bandwidth App shows it.", pattern=r"^[0-9]{4,10}$"
    )
    client_id: str = Field(description="The client id of an API credential (OAuth 2.0).", min_length=1)
    client_secret: SecretStr = Field(description="The secret of that API credential.")
    callback_user: str = Field(
        default="ringfence", description="The user name that Bandwidth sends.", pattern=r"^[!-9;-~]{1,64}$"
    )
    callback_password: SecretStr = Field(
        description="The password that proves Bandwidth's callbacks: 20 random characters or more (openssl rand -hex 24)."
    )
    earlier_callback_passwords: tuple[SecretStr, ...] = Field(
        default=(),
        description="Passwords that are being replaced; they stay good until they are removed here.",
        max_length=5,
    )
    callback_networks: tuple[IPv4Network | IPv6Network, ...] = Field(
        default=(),
        description="The networks that callbacks may come from, like 203.0.113.0/24; empty: any. Ask Bandwidth's support for "
        "its list, and set hub.trusted_proxies if a proxy is in front of the hub.",
    )
    application_id: str = Field(description="The id of the voice application.", pattern=UUID)
    messaging_application_id: str | None = Field(
        default=None,
        description="The id of the messaging application; without one no texts are sent or received.",
        pattern=UUID,
    )
    site_id: str = Field(description="The id of the sub-account (site).", pattern=r"^[0-9]{1,12}$")
    location_id: str = Field(description="The id of the location (SIP peer).", pattern=r"^[0-9]{1,12}$")
    search_state: str = Field(
        default="NY",
        description="The state or province in which numbers are searched if a search names no area code.",
        pattern=r"^[A-Z]{2}$",
    )
    api_url: str = Field(default="https://api.bandwidth.com", description="Sign-in and numbers.", pattern=ADDRESS)
    voice_url: str = Field(default="https://voice.bandwidth.com", description="Calls.", pattern=ADDRESS)
    messaging_url: str = Field(default="https://messaging.bandwidth.com", description="Texts.", pattern=ADDRESS)

    @field_validator("callback_password", "earlier_callback_passwords")
    @classmethod
    def _hard_to_guess(cls, given: SecretStr | tuple[SecretStr, ...]) -> SecretStr | tuple[SecretStr, ...]:
        for each in (given,) if isinstance(given, SecretStr) else given:
            if len(each.get_secret_value()) < MIN_PASSWORD_CHARACTERS:
                raise ValueError(
                    f"use at least {MIN_PASSWORD_CHARACTERS} random characters, as from openssl rand -hex 24"
                )
        return given
