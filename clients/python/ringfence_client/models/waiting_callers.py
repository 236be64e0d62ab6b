from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.waiting_caller import WaitingCaller


T = TypeVar("T", bound="WaitingCallers")


@_attrs_define
class WaitingCallers:
    """Who waits for a call back, the longest first; `total` counts all, also those beyond `limit`.

    Attributes:
        total (int):
        waiting_callers (list[WaitingCaller]):
    """

    total: int
    waiting_callers: list[WaitingCaller]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        total = self.total

        waiting_callers = []
        for waiting_callers_item_data in self.waiting_callers:
            waiting_callers_item = waiting_callers_item_data.to_dict()
            waiting_callers.append(waiting_callers_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "total": total,
                "waiting_callers": waiting_callers,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.waiting_caller import WaitingCaller  # noqa: PLC0415

        d = dict(src_dict)
        total = d.pop("total")

        waiting_callers = []
        _waiting_callers = d.pop("waiting_callers")
        for waiting_callers_item_data in _waiting_callers:
            waiting_callers_item = WaitingCaller.from_dict(waiting_callers_item_data)

            waiting_callers.append(waiting_callers_item)

        waiting_callers = cls(
            total=total,
            waiting_callers=waiting_callers,
        )

        waiting_callers.additional_properties = d
        return waiting_callers

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
