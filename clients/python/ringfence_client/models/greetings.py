from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.greeting import Greeting


T = TypeVar("T", bound="Greetings")


@_attrs_define
class Greetings:
    """The greetings, by name.

    Attributes:
        greetings (list[Greeting]):
    """

    greetings: list[Greeting]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        greetings = []
        for greetings_item_data in self.greetings:
            greetings_item = greetings_item_data.to_dict()
            greetings.append(greetings_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "greetings": greetings,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.greeting import Greeting  # noqa: PLC0415

        d = dict(src_dict)
        greetings = []
        _greetings = d.pop("greetings")
        for greetings_item_data in _greetings:
            greetings_item = Greeting.from_dict(greetings_item_data)

            greetings.append(greetings_item)

        greetings = cls(
            greetings=greetings,
        )

        greetings.additional_properties = d
        return greetings

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
