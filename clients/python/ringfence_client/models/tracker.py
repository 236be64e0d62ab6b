from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.tracker_type import TrackerType, check_tracker_type
from ..types import UNSET, Unset

T = TypeVar("T", bound="Tracker")


@_attrs_define
class Tracker:
    """A tracker with the numbers that are in use; `name` is the one in config.yaml and in filters.

    Attributes:
        campaign (None | str):
        carrier (str):
        company_id (str):
        id (str):
        medium (None | str):
        name (str):
        source (None | str):
        title (str):
        type_ (TrackerType):
        numbers (list[str] | Unset):
    """

    campaign: None | str
    carrier: str
    company_id: str
    id: str
    medium: None | str
    name: str
    source: None | str
    title: str
    type_: TrackerType
    numbers: list[str] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        campaign: None | str
        campaign = self.campaign

        carrier = self.carrier

        company_id = self.company_id

        id = self.id

        medium: None | str
        medium = self.medium

        name = self.name

        source: None | str
        source = self.source

        title = self.title

        type_: str = self.type_

        numbers: list[str] | Unset = UNSET
        if not isinstance(self.numbers, Unset):
            numbers = self.numbers

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "campaign": campaign,
                "carrier": carrier,
                "company_id": company_id,
                "id": id,
                "medium": medium,
                "name": name,
                "source": source,
                "title": title,
                "type": type_,
            }
        )
        if numbers is not UNSET:
            field_dict["numbers"] = numbers

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_campaign(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        campaign = _parse_campaign(d.pop("campaign"))

        carrier = d.pop("carrier")

        company_id = d.pop("company_id")

        id = d.pop("id")

        def _parse_medium(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        medium = _parse_medium(d.pop("medium"))

        name = d.pop("name")

        def _parse_source(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        source = _parse_source(d.pop("source"))

        title = d.pop("title")

        type_ = check_tracker_type(d.pop("type"))

        numbers = cast(list[str], d.pop("numbers", UNSET))

        tracker = cls(
            campaign=campaign,
            carrier=carrier,
            company_id=company_id,
            id=id,
            medium=medium,
            name=name,
            source=source,
            title=title,
            type_=type_,
            numbers=numbers,
        )

        tracker.additional_properties = d
        return tracker

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
