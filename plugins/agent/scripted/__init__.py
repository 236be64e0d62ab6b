"""An assistant that answers by rules alone: local, exact, and the same words always get the same answer."""

from __future__ import annotations

from hub.api import AgentReply, ConnectionReport, Connector, Manifest, Recipient, Share, Talk, hookimpl
from plugins.agent.scripted.settings import ScriptedSettings
from plugins.agent.scripted.translate import reply_to


class Scripted(Connector):
    """The first rule that fits answers; what no rule fits is asked again once, or handed over."""

    Settings = ScriptedSettings
    settings: ScriptedSettings
    manifest = Manifest(
        name="scripted",
        kind="agent",
        version="0.1.0",
        title="Scripted assistant, on this machine",
        summary="Answers callers by rules that you write; nothing leaves the machine, and nothing is made up.",
        recipient=Recipient(name="this machine", role="none"),
        shares=(Share(field="lines"),),
    )

    @hookimpl
    def answer_caller(self, talk: Talk) -> AgentReply:
        """The answer of the first rule that fits."""
        return reply_to(talk, self.settings)

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """How many rules there are."""
        return ConnectionReport(ok=True, detail=f"{len(self.settings.rules)} rules; nothing leaves this machine.")
