from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.call_back import CallBack


T = TypeVar("T", bound="CallBacks")


@_attrs_define
class CallBacks:
    """The calls back that answered one call, text or form, the newest first.

    Attributes:
        call_backs (list[CallBack]):
    """

    call_backs: list[CallBack]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        call_backs = []
        for call_backs_item_data in self.call_backs:
            call_backs_item = call_backs_item_data.to_dict()
            call_backs.append(call_backs_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "call_backs": call_backs,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.call_back import CallBack  # noqa: PLC0415

        d = dict(src_dict)
        call_backs = []
        _call_backs = d.pop("call_backs")
        for call_backs_item_data in _call_backs:
            call_backs_item = CallBack.from_dict(call_backs_item_data)

            call_backs.append(call_backs_item)

        call_backs = cls(
            call_backs=call_backs,
        )

        call_backs.additional_properties = d
        return call_backs

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
