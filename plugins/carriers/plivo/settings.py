"""What the customer writes in config.yaml for a Plivo account."""

from __future__ import annotations

from pydantic import Field, SecretStr

from hub.api import PluginSettings

ORIGIN = r"^https?://[^/?#@]+$"


class PlivoSettings(PluginSettings):
    """One Plivo account or subaccount, with the application that answers the calls and texts of its numbers."""

    auth_id: str = Field(
        description="The account's auth ID, MA and 18 letters or digits; SA… of a subaccount.",
        pattern=r"^(MA|SA)[A-Z0-9]{18}$",
    )
    auth_token: SecretStr = Field(
        description="The account's auth token; it signs in to the API and signs the webhooks."
    )
    earlier_auth_tokens: list[SecretStr] = Field(
        default_factory=list,
        description="Auth tokens being replaced; their signatures stay valid until these lines are removed.",
    )
    application_id: str = Field(
        description="The id of the Plivo application that the numbers belong to.", pattern=r"^[0-9]{5,25}$"
    )
    base_url: str = Field(default="https://api.plivo.com", description="Plivo's API.", pattern=ORIGIN)
    media_url: str = Field(
        default="https://media.plivo.com", description="Plivo's host for recordings and pictures.", pattern=ORIGIN
    )

    def tokens(self) -> list[str]:
        """All auth tokens whose signatures are valid, today's first."""
        return [token.get_secret_value() for token in (self.auth_token, *self.earlier_auth_tokens)]
