"""Chat models behind an API like OpenAI's chat completions: one question with a strict JSON schema, and one answer as data.

Source: POST /v1/chat/completions with `json_schema`, platform.openai.com/docs/guides/structured-outputs.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import Field, SecretStr

from hub.contracts.connector import ConnectionReport, Connector, PluginSettings
from hub.contracts.refusals import Provider
from hub.contracts.untrusted import JsonObject, value_at
from hub.errors import Rejected, RetryLater
from hub.hookspecs import hookimpl

SERVER = Provider(
    name="The model's server",
    remedy="put a valid api_key into config.yaml",
    code=("error.code", "error.type"),
    words="error.message",
)
UNREADABLE = "The model's answer cannot be read; it is asked again."


class OwnModelSettings(PluginSettings):
    """A chat model on the customer's own network: llama.cpp, vLLM, Ollama and others answer as OpenAI does."""

    base_url: str = Field(
        description="Where the API is in your own network, up to /v1, like http://llm.internal:8000/v1; hub.private_hosts "
        "names it.",
        pattern=r"^https?://[^?#@]+[^/?#@]$",
    )
    model: str = Field(description="The server's name of the model.", min_length=1, max_length=100)
    api_key: SecretStr | None = Field(default=None, description="The server's key, if it asks for one.")


class ChatConnector(Connector):
    """One model of one server. `Settings` is `OwnModelSettings`, or has the same names."""

    settings: Any

    def ask_model(
        self, task: str, data: JsonObject, name: str, schema: JsonObject, seconds: float
    ) -> tuple[JsonObject, str]:
        """The model's answer, and its name as it says. What strangers said goes as JSON in a message of its own, apart from
        the task. RetryLater if the answer is not an object, Rejected if the model declines."""
        answer = self.services.json(
            SERVER,
            "POST",
            f"{self.settings.base_url}/chat/completions",
            json={
                "model": self.settings.model,
                "messages": [
                    {"role": "system", "content": task},
                    {"role": "user", "content": json.dumps(data, ensure_ascii=False)},
                ],
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": name, "strict": True, "schema": schema},
                },
            },
            headers=self._signed(),
            timeout=seconds,
        )
        message = value_at(answer, "choices.0.message")
        if isinstance(message, dict) and message.get("refusal"):
            raise Rejected("The model declines to read this conversation.")
        try:
            said = json.loads(str(value_at(message, "content") if isinstance(message, dict) else None))
        except ValueError:
            said = None
        if not isinstance(said, dict):
            raise RetryLater(UNREADABLE)
        return said, str(answer.get("model") or "of unknown name")

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Whether the server knows the key and lists the model."""
        answer = self.services.json(SERVER, "GET", f"{self.settings.base_url}/models", headers=self._signed())
        listed = answer.get("data")
        names = [each.get("id") for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        if self.settings.model not in names:
            return ConnectionReport(ok=False, detail="The server lists no model of this name; check `model`.")
        return ConnectionReport(ok=True, detail="The server answers and has the model.")

    def _signed(self) -> dict[str, str]:
        key = self.settings.api_key
        return {"authorization": f"Bearer {key.get_secret_value()}"} if key else {}


def closed_object(**members: Any) -> JsonObject:
    """The schema of an object that has all of these members and no other, as a strict schema must be."""
    return {"type": "object", "properties": members, "required": list(members), "additionalProperties": False}
