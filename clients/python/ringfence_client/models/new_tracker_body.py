from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.new_tracker_body_type import (
    NewTrackerBodyType,
    check_new_tracker_body_type,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="NewTrackerBody")


@_attrs_define
class NewTrackerBody:
    """A tracker of a company, by its id. `numbers` are yours already, at the carrier; `POST /numbers` buys others. Without
    `flow` and `dial`, callers hear what the company's callers hear.

        Attributes:
            company_id (str):
            title (str):
            campaign (None | str | Unset):
            carrier (None | str | Unset):
            dial (None | str | Unset):
            flow (None | str | Unset):
            medium (None | str | Unset):
            numbers (list[str] | Unset):
            source (None | str | Unset):
            type_ (NewTrackerBodyType | Unset):  Default: 'source'.
    """

    company_id: str
    title: str
    campaign: None | str | Unset = UNSET
    carrier: None | str | Unset = UNSET
    dial: None | str | Unset = UNSET
    flow: None | str | Unset = UNSET
    medium: None | str | Unset = UNSET
    numbers: list[str] | Unset = UNSET
    source: None | str | Unset = UNSET
    type_: NewTrackerBodyType | Unset = "source"

    def to_dict(self) -> dict[str, Any]:
        company_id = self.company_id

        title = self.title

        campaign: None | str | Unset
        if isinstance(self.campaign, Unset):
            campaign = UNSET
        else:
            campaign = self.campaign

        carrier: None | str | Unset
        if isinstance(self.carrier, Unset):
            carrier = UNSET
        else:
            carrier = self.carrier

        dial: None | str | Unset
        if isinstance(self.dial, Unset):
            dial = UNSET
        else:
            dial = self.dial

        flow: None | str | Unset
        if isinstance(self.flow, Unset):
            flow = UNSET
        else:
            flow = self.flow

        medium: None | str | Unset
        if isinstance(self.medium, Unset):
            medium = UNSET
        else:
            medium = self.medium

        numbers: list[str] | Unset = UNSET
        if not isinstance(self.numbers, Unset):
            numbers = self.numbers

        source: None | str | Unset
        if isinstance(self.source, Unset):
            source = UNSET
        else:
            source = self.source

        type_: str | Unset = UNSET
        if not isinstance(self.type_, Unset):
            type_ = self.type_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "company_id": company_id,
                "title": title,
            }
        )
        if campaign is not UNSET:
            field_dict["campaign"] = campaign
        if carrier is not UNSET:
            field_dict["carrier"] = carrier
        if dial is not UNSET:
            field_dict["dial"] = dial
        if flow is not UNSET:
            field_dict["flow"] = flow
        if medium is not UNSET:
            field_dict["medium"] = medium
        if numbers is not UNSET:
            field_dict["numbers"] = numbers
        if source is not UNSET:
            field_dict["source"] = source
        if type_ is not UNSET:
            field_dict["type"] = type_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        company_id = d.pop("company_id")

        title = d.pop("title")

        def _parse_campaign(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        campaign = _parse_campaign(d.pop("campaign", UNSET))

        def _parse_carrier(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        carrier = _parse_carrier(d.pop("carrier", UNSET))

        def _parse_dial(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        dial = _parse_dial(d.pop("dial", UNSET))

        def _parse_flow(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        flow = _parse_flow(d.pop("flow", UNSET))

        def _parse_medium(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        medium = _parse_medium(d.pop("medium", UNSET))

        numbers = cast(list[str], d.pop("numbers", UNSET))

        def _parse_source(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        source = _parse_source(d.pop("source", UNSET))

        _type_ = d.pop("type", UNSET)
        type_: NewTrackerBodyType | Unset
        if isinstance(_type_, Unset):
            type_ = UNSET
        else:
            type_ = check_new_tracker_body_type(_type_)

        new_tracker_body = cls(
            company_id=company_id,
            title=title,
            campaign=campaign,
            carrier=carrier,
            dial=dial,
            flow=flow,
            medium=medium,
            numbers=numbers,
            source=source,
            type_=type_,
        )

        return new_tracker_body
