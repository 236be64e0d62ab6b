"""An assistant that is a chat model on the customer's own network: nobody else gets a word of a conversation."""

from __future__ import annotations

from hub.api import AgentReply, Auth, Manifest, Recipient, Share, Talk, hookimpl
from hub.api.chat import ChatConnector
from plugins.agent.chat_agent.settings import ChatAgentSettings
from plugins.agent.chat_agent.translate import data_of, reply_of, schema_of, task_of

ANSWER_SECONDS = 1.8
"""Less than the hub waits for the hook."""


class ChatAgent(ChatConnector):
    """One request for each turn. Nothing is kept between two, and an answer that does not fit hands the call over."""

    Settings = ChatAgentSettings
    settings: ChatAgentSettings
    manifest = Manifest(
        name="chat_agent",
        kind="agent",
        version="0.1.0",
        title="Chat model of your own, as an assistant",
        summary="Answers callers by a chat model on your own network, which may only choose what the flow lists.",
        recipient=Recipient(name="your own network", role="none"),
        shares=(Share(field="lines"),),
        auth=Auth(kind="api_key"),
    )

    @hookimpl
    def answer_caller(self, talk: Talk) -> AgentReply:
        """The model's words and the way that it chose, if both fit."""
        task, schema = task_of(self.settings.notes), schema_of(talk)
        said, model = self.ask_model(task, data_of(talk), "reply", schema, ANSWER_SECONDS)
        return reply_of(said, model, talk, self.settings.notes)
