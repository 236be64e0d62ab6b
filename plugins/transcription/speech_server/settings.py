"""What a customer sets: where the speech server is, and which of its models hears."""

from __future__ import annotations

from pydantic import Field, SecretStr

from hub.api import PluginSettings


class SpeechServerSettings(PluginSettings):
    """A server on the customer's own network."""

    base_url: str = Field(
        description="Where the server is in your own network, like http://speech.internal:8000; hub.private_hosts names it.",
        pattern=r"^https?://[^/?#@]+$",
    )
    model: str = Field(
        description="The name of the model there, as the server's /v1/models lists it.", pattern=r"^[\w./:-]{1,100}$"
    )
    api_key: SecretStr | None = Field(default=None, description="The server's key, if it asks for one.")
