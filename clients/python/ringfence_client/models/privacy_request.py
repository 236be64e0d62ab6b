from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="PrivacyRequest")


@_attrs_define
class PrivacyRequest:
    """One privacy request, without the identity of the person.

    Attributes:
        channel (str):
        closed_at (datetime.datetime | None):
        company_id (str):
        deadline (datetime.datetime):
        id (str):
        kind (str):
        received_at (datetime.datetime):
        state (str):
    """

    channel: str
    closed_at: datetime.datetime | None
    company_id: str
    deadline: datetime.datetime
    id: str
    kind: str
    received_at: datetime.datetime
    state: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        channel = self.channel

        closed_at: None | str
        if isinstance(self.closed_at, datetime.datetime):
            closed_at = self.closed_at.isoformat()
        else:
            closed_at = self.closed_at

        company_id = self.company_id

        deadline = self.deadline.isoformat()

        id = self.id

        kind = self.kind

        received_at = self.received_at.isoformat()

        state = self.state

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "channel": channel,
                "closed_at": closed_at,
                "company_id": company_id,
                "deadline": deadline,
                "id": id,
                "kind": kind,
                "received_at": received_at,
                "state": state,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        channel = d.pop("channel")

        def _parse_closed_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                closed_at_type_0 = datetime.datetime.fromisoformat(data)

                return closed_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        closed_at = _parse_closed_at(d.pop("closed_at"))

        company_id = d.pop("company_id")

        deadline = datetime.datetime.fromisoformat(d.pop("deadline"))

        id = d.pop("id")

        kind = d.pop("kind")

        received_at = datetime.datetime.fromisoformat(d.pop("received_at"))

        state = d.pop("state")

        privacy_request = cls(
            channel=channel,
            closed_at=closed_at,
            company_id=company_id,
            deadline=deadline,
            id=id,
            kind=kind,
            received_at=received_at,
            state=state,
        )

        privacy_request.additional_properties = d
        return privacy_request

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
