"""What the customer writes about an organization at Close."""

from __future__ import annotations

from pydantic import Field, SecretStr

from hub.api import PluginSettings


class CloseSettings(PluginSettings):
    """An organization at Close."""

    api_key: SecretStr = Field(description="The API key, from Settings > Developer > API Keys in Close.")
    qualified: tuple[str, ...] = Field(
        ("Qualified",), description="The statuses of opportunities that count as qualified; won and lost are known."
    )
    country: str = Field(
        "US", pattern=r"^[A-Z]{2}$", description="The country of contacts' numbers without a country code."
    )
