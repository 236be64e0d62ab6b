"""What the customer writes about a company at Pipedrive."""

from __future__ import annotations

from pydantic import Field, SecretStr

from hub.api import PluginSettings


class PipedriveSettings(PluginSettings):
    """A company at Pipedrive."""

    api_token: SecretStr = Field(description="The API token, from Personal preferences > API in Pipedrive.")
    base_url: str = Field(
        pattern=r"^https?://[^\s/?#@]+/?$",
        description="The company's address, as https://example.pipedrive.com.",
    )
    qualified: tuple[str, ...] = Field(
        ("Qualified",), description="The stages in which an open deal counts as qualified; won and lost are known."
    )
    country: str = Field(
        "US", pattern=r"^[A-Z]{2}$", description="The country of persons' numbers without a country code."
    )
