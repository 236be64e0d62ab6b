"""Ask the plugin of an assistant for its next words; whatever goes wrong, the call goes on without it."""

from __future__ import annotations

from hub.contracts.agents import AgentReply, Talk
from hub.errors import RingfenceError
from hub.hookspecs import AgentHooks
from hub.runtime import Hub


def ask_agent(hub: Hub, agent: str, talk: Talk) -> AgentReply | None:
    """The answer of the connector `agent`, within the deadline of the hook; None if there is none."""
    connector = hub.plugins.connectors.get(agent)
    if connector is None:
        return None
    try:
        given = hub.refusals.disclose(connector, talk, AgentHooks.answer_caller.__name__)
        return hub.plugins.call(agent, AgentHooks.answer_caller, given.value)
    except RingfenceError:
        return None
