"""An assistant that does what a test tells it to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.api import AgentReply, Connector, Manifest, PluginSettings, Recipient, Share, Talk, hookimpl


class Moody(Connector):
    manifest = Manifest(
        name="moody",
        kind="agent",
        version="1",
        summary="An assistant for tests.",
        recipient=Recipient(name="Nobody", role="none"),
        shares=(Share(field="lines"),),
    )
    Settings = PluginSettings

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.asked: list[Talk] = []
        self.reply: Callable[[Talk], AgentReply] = lambda talk: AgentReply(say="Where is it?", why="asks")

    @hookimpl
    def answer_caller(self, talk: Talk) -> AgentReply:
        self.asked.append(talk)
        return self.reply(talk)
