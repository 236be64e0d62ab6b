"""What the customer writes in config.yaml to read one person's Google contacts: the OAuth client, and why they are read."""

from __future__ import annotations

from pydantic import Field, SecretStr

from hub.api import PluginSettings


class GoogleContactsSettings(PluginSettings):
    """The OAuth client of your own Google Cloud project. The owner of the contacts signs in with `hub connectors connect`."""

    client_id: str = Field(min_length=1, description="The client id of an OAuth client for desktop apps.")
    client_secret: SecretStr = Field(description="The client's secret.")
    purpose: str = Field(
        default="to show who is calling, while the call is worked on",
        min_length=10,
        max_length=300,
        description="Why the contacts are read; a part of the text that their owner agrees to.",
    )
    base_url: str = Field(
        default="https://people.googleapis.com", description="Google's People API.", pattern=r"^https?://[^?#@]+$"
    )
    authorize_url: str = Field(
        default="https://accounts.google.com/o/oauth2/v2/auth",
        description="The address where the owner signs in.",
        pattern=r"^https?://[^?#@]+$",
    )
    token_url: str = Field(
        default="https://oauth2.googleapis.com/token",
        description="Google's token endpoint.",
        pattern=r"^https?://[^?#@]+$",
    )
    revoke_url: str = Field(
        default="https://oauth2.googleapis.com/revoke",
        description="The address where a permission is revoked.",
        pattern=r"^https?://[^?#@]+$",
    )
