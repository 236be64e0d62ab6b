"""What the customer writes in config.yaml for a Telnyx account."""

from __future__ import annotations

import base64
import binascii

from pydantic import Field, SecretStr, field_validator

from hub.api import PluginSettings

UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


class TelnyxSettings(PluginSettings):
    """One Telnyx account, with the TeXML application that answers its calls and the messaging profile of its texts."""

    api_key: SecretStr = Field(description="An API key (V2) of the account; it signs in to the REST API.")
    public_key: str = Field(description="The account's public key in base64; it verifies Telnyx' webhook signatures.")
    account_id: str = Field(description="The account's id (AccountSid in TeXML).", pattern=UUID)
    application_id: str = Field(
        description="The id of the TeXML application that the numbers belong to.", pattern=r"^[0-9]{6,25}$"
    )
    messaging_profile_id: str | None = Field(
        default=None,
        description="The messaging profile of the numbers; without one they receive no texts.",
        pattern=UUID,
    )
    base_url: str = Field(
        default="https://api.telnyx.com", description="Telnyx' REST API.", pattern=r"^https?://[^/?#@]+$"
    )

    @field_validator("public_key")
    @classmethod
    def _ed25519(cls, text: str) -> str:
        try:
            size = len(base64.b64decode(text, validate=True))
        except binascii.Error:
            size = 0
        if size != 32:
            raise ValueError("copy the public key as shown in Mission Control, 44 characters of base64")
        return text
