from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.queue_agent_doing import QueueAgentDoing, check_queue_agent_doing

T = TypeVar("T", bound="QueueAgent")


@_attrs_define
class QueueAgent:
    """An agent, and what they do now. `since` and `changed_by`: when and by whom they were signed in or out;
    `missed_calls`:
    the hub put them on a break, because calls were not picked up.

        Attributes:
            call_id (None | str):
            changed_by (None | str):
            company (str):
            doing (QueueAgentDoing):
            missed_calls (bool):
            name (str):
            phone (str):
            since (datetime.datetime | None):
            skills (list[str]):
    """

    call_id: None | str
    changed_by: None | str
    company: str
    doing: QueueAgentDoing
    missed_calls: bool
    name: str
    phone: str
    since: datetime.datetime | None
    skills: list[str]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        call_id: None | str
        call_id = self.call_id

        changed_by: None | str
        changed_by = self.changed_by

        company = self.company

        doing: str = self.doing

        missed_calls = self.missed_calls

        name = self.name

        phone = self.phone

        since: None | str
        if isinstance(self.since, datetime.datetime):
            since = self.since.isoformat()
        else:
            since = self.since

        skills = self.skills

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "call_id": call_id,
                "changed_by": changed_by,
                "company": company,
                "doing": doing,
                "missed_calls": missed_calls,
                "name": name,
                "phone": phone,
                "since": since,
                "skills": skills,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_call_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        call_id = _parse_call_id(d.pop("call_id"))

        def _parse_changed_by(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        changed_by = _parse_changed_by(d.pop("changed_by"))

        company = d.pop("company")

        doing = check_queue_agent_doing(d.pop("doing"))

        missed_calls = d.pop("missed_calls")

        name = d.pop("name")

        phone = d.pop("phone")

        def _parse_since(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                since_type_0 = datetime.datetime.fromisoformat(data)

                return since_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        since = _parse_since(d.pop("since"))

        skills = cast(list[str], d.pop("skills"))

        queue_agent = cls(
            call_id=call_id,
            changed_by=changed_by,
            company=company,
            doing=doing,
            missed_calls=missed_calls,
            name=name,
            phone=phone,
            since=since,
            skills=skills,
        )

        queue_agent.additional_properties = d
        return queue_agent

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
