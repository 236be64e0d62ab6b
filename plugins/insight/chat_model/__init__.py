"""What conversations were about, by a chat model of OpenAI or of another service that answers as OpenAI does."""

from __future__ import annotations

from hub.api import Auth, Deletion, Limits, Manifest, Recipient, Share
from hub.api.chat import ChatReader
from plugins.insight.chat_model.settings import ChatModelSettings


class ChatModel(ChatReader):
    """An account at a service, which is a third listener."""

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
