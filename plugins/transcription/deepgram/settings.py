"""What a customer sets: the key, the model, and where Deepgram processes recordings."""

from __future__ import annotations

from pydantic import Field, SecretStr

from hub.api import PluginSettings


class DeepgramSettings(PluginSettings):
    """A project at Deepgram."""

    api_key: SecretStr = Field(description="A key of the project, with the role Member.")
    model: str = Field(
        default="nova-3", description="Deepgram's name of the model.", pattern=r"^[a-z0-9][a-z0-9.-]{0,60}$"
    )
    base_url: str = Field(
        default="https://api.deepgram.com",
        description="Deepgram's API; https://api.eu.deepgram.com processes and keeps nothing outside the European Union.",
        pattern=r"^https?://[^/?#@]+$",
    )
