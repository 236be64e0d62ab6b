from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.agent_state import AgentState, check_agent_state

T = TypeVar("T", bound="QueueSignBody")


@_attrs_define
class QueueSignBody:
    """An agent, by name or phone, and whether they take calls from now on.

    Attributes:
        agent (str):
        state (AgentState): Whether an agent takes calls from the queues, within their hours.
    """

    agent: str
    state: AgentState

    def to_dict(self) -> dict[str, Any]:
        agent = self.agent

        state: str = self.state

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "agent": agent,
                "state": state,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        agent = d.pop("agent")

        state = check_agent_state(d.pop("state"))

        queue_sign_body = cls(
            agent=agent,
            state=state,
        )

        return queue_sign_body
