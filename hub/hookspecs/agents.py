"""The hook of assistants that talk with callers."""

from __future__ import annotations

from typing import Protocol

from hub.contracts.agents import AgentReply, Talk
from hub.hookspecs.markers import hookspec


class AgentHooks(Protocol):
    """Agents: what an assistant says to a caller, and which of the flow's ways it chooses."""

    @hookspec(network=True, deadline=2, scheduled=False, use="essential.service", main_of="agent")
    def answer_caller(self, talk: Talk) -> AgentReply:
        """What to say after the last line of `talk`, and where the call goes, if it is time.

        Called in a call whose caller has just finished a sentence; after two seconds the call is handed over, as after any
        error. Keep nothing between two calls of the hook: everything is in `talk`. Choose `otherwise` at the first doubt.
        """
