from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="WaitingCaller")


@_attrs_define
class WaitingCaller:
    """A caller whose calls were missed and with whom nobody has spoken since. `call_id` is the newest of them, `missed`
    how
    many they are.

        Attributes:
            call_id (str):
            caller_name (None | str):
            caller_number (str):
            company_id (str):
            first_missed_at (datetime.datetime):
            last_missed_at (datetime.datetime):
            missed (int):
            tracking_number (None | str):
            voicemail (bool):
    """

    call_id: str
    caller_name: None | str
    caller_number: str
    company_id: str
    first_missed_at: datetime.datetime
    last_missed_at: datetime.datetime
    missed: int
    tracking_number: None | str
    voicemail: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        call_id = self.call_id

        caller_name: None | str
        caller_name = self.caller_name

        caller_number = self.caller_number

        company_id = self.company_id

        first_missed_at = self.first_missed_at.isoformat()

        last_missed_at = self.last_missed_at.isoformat()

        missed = self.missed

        tracking_number: None | str
        tracking_number = self.tracking_number

        voicemail = self.voicemail

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "call_id": call_id,
                "caller_name": caller_name,
                "caller_number": caller_number,
                "company_id": company_id,
                "first_missed_at": first_missed_at,
                "last_missed_at": last_missed_at,
                "missed": missed,
                "tracking_number": tracking_number,
                "voicemail": voicemail,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        call_id = d.pop("call_id")

        def _parse_caller_name(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        caller_name = _parse_caller_name(d.pop("caller_name"))

        caller_number = d.pop("caller_number")

        company_id = d.pop("company_id")

        first_missed_at = datetime.datetime.fromisoformat(d.pop("first_missed_at"))

        last_missed_at = datetime.datetime.fromisoformat(d.pop("last_missed_at"))

        missed = d.pop("missed")

        def _parse_tracking_number(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        tracking_number = _parse_tracking_number(d.pop("tracking_number"))

        voicemail = d.pop("voicemail")

        waiting_caller = cls(
            call_id=call_id,
            caller_name=caller_name,
            caller_number=caller_number,
            company_id=company_id,
            first_missed_at=first_missed_at,
            last_missed_at=last_missed_at,
            missed=missed,
            tracking_number=tracking_number,
            voicemail=voicemail,
        )

        waiting_caller.additional_properties = d
        return waiting_caller

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
