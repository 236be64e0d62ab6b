from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.new_tag_body_color import NewTagBodyColor, check_new_tag_body_color
from ..types import UNSET, Unset

T = TypeVar("T", bound="NewTagBody")


@_attrs_define
class NewTagBody:
    """A tag for one company, by its id, or for all of the account.

    Attributes:
        name (str):
        color (NewTagBodyColor | Unset):  Default: 'gray1'.
        company_id (None | str | Unset):
    """

    name: str
    color: NewTagBodyColor | Unset = "gray1"
    company_id: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        color: str | Unset = UNSET
        if not isinstance(self.color, Unset):
            color = self.color

        company_id: None | str | Unset
        if isinstance(self.company_id, Unset):
            company_id = UNSET
        else:
            company_id = self.company_id

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
            }
        )
        if color is not UNSET:
            field_dict["color"] = color
        if company_id is not UNSET:
            field_dict["company_id"] = company_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        _color = d.pop("color", UNSET)
        color: NewTagBodyColor | Unset
        if isinstance(_color, Unset):
            color = UNSET
        else:
            color = check_new_tag_body_color(_color)

        def _parse_company_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        company_id = _parse_company_id(d.pop("company_id", UNSET))

        new_tag_body = cls(
            name=name,
            color=color,
            company_id=company_id,
        )

        return new_tag_body
