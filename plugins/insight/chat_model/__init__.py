"""What conversations were about, by a chat model of OpenAI or of any server that answers as OpenAI does."""

from __future__ import annotations

from hub.api import (
    Auth,
    ConnectionReport,
    Connector,
    Conversation,
    Deletion,
    Insight,
    Limits,
    Manifest,
    Provider,
    Recipient,
    Rejected,
    Share,
    hookimpl,
)
from plugins.insight.chat_model.settings import ChatModelSettings
from plugins.insight.chat_model.translate import insight_of, question

SERVER = Provider(
    name="The model's server",
    remedy="put a valid api_key into config.yaml",
    code=("error.code", "error.type"),
    words="error.message",
)
ANSWER_SECONDS = 50.0
"""Less than the hub waits for the hook."""


class ChatModel(Connector):
    """One request for each conversation. Words of a caller are data in it, and a claim without its quote is dropped."""

    Settings = ChatModelSettings
    settings: ChatModelSettings
    manifest = Manifest(
        name="chat_model",
        kind="insight",
        version="0.1.0",
        title="Chat model",
        summary="How calls ended and what was said in them, by a chat model at OpenAI or a compatible server.",
        recipient=Recipient(
            name="OpenAI OpCo, LLC, or whoever runs the server at base_url",
            postal_address="1455 3rd Street, San Francisco, CA 94158, United States",
            privacy_url="https://openai.com/policies/privacy-policy",
        ),
        regions=("US",),
        hosts=("api.openai.com",),
        shares=(Share(field="lines"),),
        retention="as the server's terms say; OpenAI keeps requests of its API up to 30 days",
        deletion=Deletion(supported=False, note="the API has no way to delete a request that was answered"),
        auth=Auth(kind="api_key", keys_url="https://platform.openai.com/api-keys"),
        limits=Limits(requests_per_minute=60),
    )

    @hookimpl
    def read_conversation(self, conversation: Conversation) -> Insight:
        """The model's claims, as far as their quotes are in the lines.

        Source: POST /v1/chat/completions with a strict `json_schema`, platform.openai.com/docs/guides/structured-outputs.
        """
        if not any(line.text for line in conversation.lines):
            raise Rejected("Nothing was said, so there is nothing to read.")
        answer = self.services.json(
            SERVER,
            "POST",
            f"{self.settings.base_url}/chat/completions",
            json=question(conversation, self.settings.model),
            headers=self._signed(),
            timeout=ANSWER_SECONDS,
        )
        return insight_of(answer, conversation)

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Whether the server knows the key and lists the model."""
        answer = self.services.json(SERVER, "GET", f"{self.settings.base_url}/models", headers=self._signed())
        listed = answer.get("data")
        names = [each.get("id") for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        if self.settings.model not in names:
            return ConnectionReport(ok=False, detail="The server lists no model of this name; check `model`.")
        return ConnectionReport(ok=True, detail="The server takes the key and has the model.")

    def _signed(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.settings.api_key.get_secret_value()}"}
