from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="CallerEntryBody")


@_attrs_define
class CallerEntryBody:
    """A number, or the beginning of numbers with a `*` at its end, for the list `block`, `allow`, or one that a call flow
    names
    as `caller_list`; of one company, by its id, or of all. It takes the place of what the list said of the number.

        Attributes:
            list_ (str):
            number (str):
            company_id (None | str | Unset):
            note (str | Unset):  Default: ''.
    """

    list_: str
    number: str
    company_id: None | str | Unset = UNSET
    note: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        list_ = self.list_

        number = self.number

        company_id: None | str | Unset
        if isinstance(self.company_id, Unset):
            company_id = UNSET
        else:
            company_id = self.company_id

        note = self.note

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "list": list_,
                "number": number,
            }
        )
        if company_id is not UNSET:
            field_dict["company_id"] = company_id
        if note is not UNSET:
            field_dict["note"] = note

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        list_ = d.pop("list")

        number = d.pop("number")

        def _parse_company_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        company_id = _parse_company_id(d.pop("company_id", UNSET))

        note = d.pop("note", UNSET)

        caller_entry_body = cls(
            list_=list_,
            number=number,
            company_id=company_id,
            note=note,
        )

        return caller_entry_body
