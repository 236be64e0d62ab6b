from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.queue_wait_state import QueueWaitState, check_queue_wait_state

T = TypeVar("T", bound="QueueWait")


@_attrs_define
class QueueWait:
    """One who waits or talks now, in the order of coming in. `waited`: seconds until the answer, or until now. Who sees
    own
    calls only gets no call and no number.

        Attributes:
            agent (None | str):
            call_id (None | str):
            caller_number (None | str):
            company (str):
            flow (str):
            since (datetime.datetime):
            state (QueueWaitState):
            step (str):
            waited (int):
    """

    agent: None | str
    call_id: None | str
    caller_number: None | str
    company: str
    flow: str
    since: datetime.datetime
    state: QueueWaitState
    step: str
    waited: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        agent: None | str
        agent = self.agent

        call_id: None | str
        call_id = self.call_id

        caller_number: None | str
        caller_number = self.caller_number

        company = self.company

        flow = self.flow

        since = self.since.isoformat()

        state: str = self.state

        step = self.step

        waited = self.waited

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "agent": agent,
                "call_id": call_id,
                "caller_number": caller_number,
                "company": company,
                "flow": flow,
                "since": since,
                "state": state,
                "step": step,
                "waited": waited,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_agent(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        agent = _parse_agent(d.pop("agent"))

        def _parse_call_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        call_id = _parse_call_id(d.pop("call_id"))

        def _parse_caller_number(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        caller_number = _parse_caller_number(d.pop("caller_number"))

        company = d.pop("company")

        flow = d.pop("flow")

        since = datetime.datetime.fromisoformat(d.pop("since"))

        state = check_queue_wait_state(d.pop("state"))

        step = d.pop("step")

        waited = d.pop("waited")

        queue_wait = cls(
            agent=agent,
            call_id=call_id,
            caller_number=caller_number,
            company=company,
            flow=flow,
            since=since,
            state=state,
            step=step,
            waited=waited,
        )

        queue_wait.additional_properties = d
        return queue_wait

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
