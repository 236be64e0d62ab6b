from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Visit")


@_attrs_define
class Visit:
    """One visit; `number` is the tracking number that was shown, `click_ids` names whose ad was clicked.

    Attributes:
        campaign (None | str):
        click_ids (list[str]):
        company_id (str):
        id (str):
        keyword (None | str):
        landing_page (None | str):
        medium (str):
        number (None | str):
        pages (int):
        source (str):
        started_at (datetime.datetime):
        tracker (None | str):
    """

    campaign: None | str
    click_ids: list[str]
    company_id: str
    id: str
    keyword: None | str
    landing_page: None | str
    medium: str
    number: None | str
    pages: int
    source: str
    started_at: datetime.datetime
    tracker: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        campaign: None | str
        campaign = self.campaign

        click_ids = self.click_ids

        company_id = self.company_id

        id = self.id

        keyword: None | str
        keyword = self.keyword

        landing_page: None | str
        landing_page = self.landing_page

        medium = self.medium

        number: None | str
        number = self.number

        pages = self.pages

        source = self.source

        started_at = self.started_at.isoformat()

        tracker: None | str
        tracker = self.tracker

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "campaign": campaign,
                "click_ids": click_ids,
                "company_id": company_id,
                "id": id,
                "keyword": keyword,
                "landing_page": landing_page,
                "medium": medium,
                "number": number,
                "pages": pages,
                "source": source,
                "started_at": started_at,
                "tracker": tracker,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_campaign(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        campaign = _parse_campaign(d.pop("campaign"))

        click_ids = cast(list[str], d.pop("click_ids"))

        company_id = d.pop("company_id")

        id = d.pop("id")

        def _parse_keyword(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        keyword = _parse_keyword(d.pop("keyword"))

        def _parse_landing_page(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        landing_page = _parse_landing_page(d.pop("landing_page"))

        medium = d.pop("medium")

        def _parse_number(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        number = _parse_number(d.pop("number"))

        pages = d.pop("pages")

        source = d.pop("source")

        started_at = datetime.datetime.fromisoformat(d.pop("started_at"))

        def _parse_tracker(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        tracker = _parse_tracker(d.pop("tracker"))

        visit = cls(
            campaign=campaign,
            click_ids=click_ids,
            company_id=company_id,
            id=id,
            keyword=keyword,
            landing_page=landing_page,
            medium=medium,
            number=number,
            pages=pages,
            source=source,
            started_at=started_at,
            tracker=tracker,
        )

        visit.additional_properties = d
        return visit

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
