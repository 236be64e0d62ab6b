from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.doubtful_refusal import DoubtfulRefusal


T = TypeVar("T", bound="DoubtfulRefusals")


@_attrs_define
class DoubtfulRefusals:
    """The undecided ones, the oldest first.

    Attributes:
        refusals (list[DoubtfulRefusal]):
    """

    refusals: list[DoubtfulRefusal]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        refusals = []
        for refusals_item_data in self.refusals:
            refusals_item = refusals_item_data.to_dict()
            refusals.append(refusals_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "refusals": refusals,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.doubtful_refusal import DoubtfulRefusal  # noqa: PLC0415

        d = dict(src_dict)
        refusals = []
        _refusals = d.pop("refusals")
        for refusals_item_data in _refusals:
            refusals_item = DoubtfulRefusal.from_dict(refusals_item_data)

            refusals.append(refusals_item)

        doubtful_refusals = cls(
            refusals=refusals,
        )

        doubtful_refusals.additional_properties = d
        return doubtful_refusals

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
