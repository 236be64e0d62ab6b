from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="TagDefinition")


@_attrs_define
class TagDefinition:
    """A tag that the account or one of its companies offers; `company_id` is None for all companies.

    Attributes:
        color (str):
        company_id (None | str):
        enabled (bool):
        id (str):
        name (str):
    """

    color: str
    company_id: None | str
    enabled: bool
    id: str
    name: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        color = self.color

        company_id: None | str
        company_id = self.company_id

        enabled = self.enabled

        id = self.id

        name = self.name

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "color": color,
                "company_id": company_id,
                "enabled": enabled,
                "id": id,
                "name": name,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        color = d.pop("color")

        def _parse_company_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        company_id = _parse_company_id(d.pop("company_id"))

        enabled = d.pop("enabled")

        id = d.pop("id")

        name = d.pop("name")

        tag_definition = cls(
            color=color,
            company_id=company_id,
            enabled=enabled,
            id=id,
            name=name,
        )

        tag_definition.additional_properties = d
        return tag_definition

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
