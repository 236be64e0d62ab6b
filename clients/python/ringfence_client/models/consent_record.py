from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="ConsentRecord")


@_attrs_define
class ConsentRecord:
    """One record of the consent ledger; people appear only as ids.

    Attributes:
        basis (str):
        channel (str):
        company_id (str):
        id (str):
        lapses_at (datetime.datetime | None):
        person_id (None | str):
        state (str):
        stated_at (datetime.datetime):
        use (str):
    """

    basis: str
    channel: str
    company_id: str
    id: str
    lapses_at: datetime.datetime | None
    person_id: None | str
    state: str
    stated_at: datetime.datetime
    use: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        basis = self.basis

        channel = self.channel

        company_id = self.company_id

        id = self.id

        lapses_at: None | str
        if isinstance(self.lapses_at, datetime.datetime):
            lapses_at = self.lapses_at.isoformat()
        else:
            lapses_at = self.lapses_at

        person_id: None | str
        person_id = self.person_id

        state = self.state

        stated_at = self.stated_at.isoformat()

        use = self.use

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "basis": basis,
                "channel": channel,
                "company_id": company_id,
                "id": id,
                "lapses_at": lapses_at,
                "person_id": person_id,
                "state": state,
                "stated_at": stated_at,
                "use": use,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        basis = d.pop("basis")

        channel = d.pop("channel")

        company_id = d.pop("company_id")

        id = d.pop("id")

        def _parse_lapses_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                lapses_at_type_0 = datetime.datetime.fromisoformat(data)

                return lapses_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        lapses_at = _parse_lapses_at(d.pop("lapses_at"))

        def _parse_person_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        person_id = _parse_person_id(d.pop("person_id"))

        state = d.pop("state")

        stated_at = datetime.datetime.fromisoformat(d.pop("stated_at"))

        use = d.pop("use")

        consent_record = cls(
            basis=basis,
            channel=channel,
            company_id=company_id,
            id=id,
            lapses_at=lapses_at,
            person_id=person_id,
            state=state,
            stated_at=stated_at,
            use=use,
        )

        consent_record.additional_properties = d
        return consent_record

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
