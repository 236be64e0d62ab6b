"""What a customer sets: where the model answers, which one it is, and the key."""

from __future__ import annotations

from pydantic import Field, SecretStr

from hub.api import PluginSettings


class ChatModelSettings(PluginSettings):
    """An account at OpenAI, or at another service that answers as its chat completions do."""

    api_key: SecretStr = Field(description="The key; any word for a server that asks for none.")
    model: str = Field(description="The server's name of the model.", min_length=1, max_length=100)
    base_url: str = Field(
        default="https://api.openai.com/v1",
        description="Where the API is, up to /v1. For one in your own network use the plugin model_server.",
        pattern=r"^https?://[^?#@]+[^/?#@]$",
    )
