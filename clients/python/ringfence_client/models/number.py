from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.number_type import NumberType, check_number_type

T = TypeVar("T", bound="Number")


@_attrs_define
class Number:
    """One tracking number with its tracker; `calls` are those of the last 30 days, `last_call_at` the latest of all.

    Attributes:
        calls (int):
        campaign (None | str):
        carrier (str):
        company_id (str):
        flow (None | str):
        id (str):
        last_call_at (datetime.datetime | None):
        medium (None | str):
        number (str):
        retired_at (datetime.datetime | None):
        source (None | str):
        state (str):
        tracker (str):
        tracker_title (str):
        type_ (NumberType):
    """

    calls: int
    campaign: None | str
    carrier: str
    company_id: str
    flow: None | str
    id: str
    last_call_at: datetime.datetime | None
    medium: None | str
    number: str
    retired_at: datetime.datetime | None
    source: None | str
    state: str
    tracker: str
    tracker_title: str
    type_: NumberType
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        calls = self.calls

        campaign: None | str
        campaign = self.campaign

        carrier = self.carrier

        company_id = self.company_id

        flow: None | str
        flow = self.flow

        id = self.id

        last_call_at: None | str
        if isinstance(self.last_call_at, datetime.datetime):
            last_call_at = self.last_call_at.isoformat()
        else:
            last_call_at = self.last_call_at

        medium: None | str
        medium = self.medium

        number = self.number

        retired_at: None | str
        if isinstance(self.retired_at, datetime.datetime):
            retired_at = self.retired_at.isoformat()
        else:
            retired_at = self.retired_at

        source: None | str
        source = self.source

        state = self.state

        tracker = self.tracker

        tracker_title = self.tracker_title

        type_: str = self.type_

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "calls": calls,
                "campaign": campaign,
                "carrier": carrier,
                "company_id": company_id,
                "flow": flow,
                "id": id,
                "last_call_at": last_call_at,
                "medium": medium,
                "number": number,
                "retired_at": retired_at,
                "source": source,
                "state": state,
                "tracker": tracker,
                "tracker_title": tracker_title,
                "type": type_,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        calls = d.pop("calls")

        def _parse_campaign(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        campaign = _parse_campaign(d.pop("campaign"))

        carrier = d.pop("carrier")

        company_id = d.pop("company_id")

        def _parse_flow(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        flow = _parse_flow(d.pop("flow"))

        id = d.pop("id")

        def _parse_last_call_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_call_at_type_0 = datetime.datetime.fromisoformat(data)

                return last_call_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        last_call_at = _parse_last_call_at(d.pop("last_call_at"))

        def _parse_medium(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        medium = _parse_medium(d.pop("medium"))

        number = d.pop("number")

        def _parse_retired_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                retired_at_type_0 = datetime.datetime.fromisoformat(data)

                return retired_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        retired_at = _parse_retired_at(d.pop("retired_at"))

        def _parse_source(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        source = _parse_source(d.pop("source"))

        state = d.pop("state")

        tracker = d.pop("tracker")

        tracker_title = d.pop("tracker_title")

        type_ = check_number_type(d.pop("type"))

        number = cls(
            calls=calls,
            campaign=campaign,
            carrier=carrier,
            company_id=company_id,
            flow=flow,
            id=id,
            last_call_at=last_call_at,
            medium=medium,
            number=number,
            retired_at=retired_at,
            source=source,
            state=state,
            tracker=tracker,
            tracker_title=tracker_title,
            type_=type_,
        )

        number.additional_properties = d
        return number

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
