"""What conversations were about, by a chat model on the customer's own network: nobody else gets a word of them."""

from __future__ import annotations

from hub.api import Auth, Manifest, Recipient, Share
from hub.api.chat import ChatReader, OwnModelSettings


class ModelServer(ChatReader):
    """One model of one server."""

    Settings = OwnModelSettings
    settings: OwnModelSettings
    manifest = Manifest(
        name="model_server",
        kind="insight",
        version="0.1.0",
        title="Chat model of your own",
        summary="How calls ended and what was said in them, by a chat model on your own network.",
        recipient=Recipient(name="your own network", role="none"),
        shares=(Share(field="lines"),),
        auth=Auth(kind="api_key"),
    )
