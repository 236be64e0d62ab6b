"""For plugins that ask a chat model behind an API like OpenAI's: the request, readers of conversations, the stand-in."""

from hub.protocols.chat import ChatConnector, OwnModelSettings, closed_object
from hub.protocols.chat.reading import ChatReader
from hub.protocols.chat.stand_in import ChatSandbox, ReadingSandbox, is_strict

__all__ = [
    "ChatConnector",
    "ChatReader",
    "ChatSandbox",
    "OwnModelSettings",
    "ReadingSandbox",
    "closed_object",
    "is_strict",
]
