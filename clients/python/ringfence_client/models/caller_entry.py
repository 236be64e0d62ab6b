from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="CallerEntry")


@_attrs_define
class CallerEntry:
    """A number on a list, or with `is_prefix` all that begin so. `company` is null for all companies of the account;
    `by_verdict` says that a user called a call no spam.

        Attributes:
            by_verdict (bool):
            company (None | str):
            id (str):
            is_prefix (bool):
            list_ (str):
            made_at (datetime.datetime):
            made_by (str):
            note (None | str):
            number (str):
    """

    by_verdict: bool
    company: None | str
    id: str
    is_prefix: bool
    list_: str
    made_at: datetime.datetime
    made_by: str
    note: None | str
    number: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        by_verdict = self.by_verdict

        company: None | str
        company = self.company

        id = self.id

        is_prefix = self.is_prefix

        list_ = self.list_

        made_at = self.made_at.isoformat()

        made_by = self.made_by

        note: None | str
        note = self.note

        number = self.number

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "by_verdict": by_verdict,
                "company": company,
                "id": id,
                "is_prefix": is_prefix,
                "list": list_,
                "made_at": made_at,
                "made_by": made_by,
                "note": note,
                "number": number,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        by_verdict = d.pop("by_verdict")

        def _parse_company(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        company = _parse_company(d.pop("company"))

        id = d.pop("id")

        is_prefix = d.pop("is_prefix")

        list_ = d.pop("list")

        made_at = datetime.datetime.fromisoformat(d.pop("made_at"))

        made_by = d.pop("made_by")

        def _parse_note(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        note = _parse_note(d.pop("note"))

        number = d.pop("number")

        caller_entry = cls(
            by_verdict=by_verdict,
            company=company,
            id=id,
            is_prefix=is_prefix,
            list_=list_,
            made_at=made_at,
            made_by=made_by,
            note=note,
            number=number,
        )

        caller_entry.additional_properties = d
        return caller_entry

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
