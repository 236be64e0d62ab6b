from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="NumberOrderBody")


@_attrs_define
class NumberOrderBody:
    """A number for a tracker: just this one, or any of an area code, or one that callers do not pay for.

    Attributes:
        tracker_id (str):
        area_code (None | str | Unset):
        number (None | str | Unset):
        toll_free (bool | Unset):  Default: False.
    """

    tracker_id: str
    area_code: None | str | Unset = UNSET
    number: None | str | Unset = UNSET
    toll_free: bool | Unset = False

    def to_dict(self) -> dict[str, Any]:
        tracker_id = self.tracker_id

        area_code: None | str | Unset
        if isinstance(self.area_code, Unset):
            area_code = UNSET
        else:
            area_code = self.area_code

        number: None | str | Unset
        if isinstance(self.number, Unset):
            number = UNSET
        else:
            number = self.number

        toll_free = self.toll_free

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "tracker_id": tracker_id,
            }
        )
        if area_code is not UNSET:
            field_dict["area_code"] = area_code
        if number is not UNSET:
            field_dict["number"] = number
        if toll_free is not UNSET:
            field_dict["toll_free"] = toll_free

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        tracker_id = d.pop("tracker_id")

        def _parse_area_code(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        area_code = _parse_area_code(d.pop("area_code", UNSET))

        def _parse_number(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        number = _parse_number(d.pop("number", UNSET))

        toll_free = d.pop("toll_free", UNSET)

        number_order_body = cls(
            tracker_id=tracker_id,
            area_code=area_code,
            number=number,
            toll_free=toll_free,
        )

        return number_order_body
