"""What the customer writes in config.yaml for a Vonage account."""

from __future__ import annotations

from pydantic import Field, SecretStr, field_validator

from hub.api import PluginSettings

SHORTEST_SECRET = 14
"""Letters. Shorter secrets can be guessed from one webhook's token."""


class VonageSettings(PluginSettings):
    """One Vonage account, with the application that answers its calls and receives its texts."""

    api_key: SecretStr = Field(description="The account's API key, as the dashboard shows it.")
    api_secret: SecretStr = Field(
        description="The account's API secret; it signs in to the APIs for numbers and applications."
    )
    signature_secret: SecretStr = Field(
        description="The account's signature secret; it verifies the tokens of Vonage's webhooks."
    )
    previous_signature_secret: SecretStr | None = Field(
        default=None, description="The signature secret being replaced; it stays valid until this line is removed."
    )
    application_id: str = Field(
        description="The id of the application that the numbers belong to.",
        pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
    )
    private_key: SecretStr = Field(
        description="The application's private key (PEM); it signs in to the APIs for calls, recordings and texts."
    )
    base_url: str = Field(
        default="https://api.nexmo.com",
        description="Vonage's APIs for calls, recordings, texts and applications.",
        pattern=r"^https?://[^/?#@]+$",
    )
    numbers_url: str = Field(
        default="https://rest.nexmo.com", description="Vonage's API for numbers.", pattern=r"^https?://[^/?#@]+$"
    )

    @field_validator("signature_secret", "previous_signature_secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value().strip()) < SHORTEST_SECRET:
            raise ValueError(
                f"copy the signature secret from the dashboard's API settings; it has {SHORTEST_SECRET} letters or more"
            )
        return secret

    def signature_secrets(self) -> list[str]:
        """The secrets that may have signed a webhook, the present one first."""
        secrets = (self.signature_secret, self.previous_signature_secret)
        return [secret.get_secret_value() for secret in secrets if secret is not None]
