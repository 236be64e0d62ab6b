from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Attribution")


@_attrs_define
class Attribution:
    """Why somebody called.

    Attributes:
        campaign (None | str):
        confidence (float):
        keyword (None | str):
        landing_page (None | str):
        medium (str):
        rule (str):
        source (str):
    """

    campaign: None | str
    confidence: float
    keyword: None | str
    landing_page: None | str
    medium: str
    rule: str
    source: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        campaign: None | str
        campaign = self.campaign

        confidence = self.confidence

        keyword: None | str
        keyword = self.keyword

        landing_page: None | str
        landing_page = self.landing_page

        medium = self.medium

        rule = self.rule

        source = self.source

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "campaign": campaign,
                "confidence": confidence,
                "keyword": keyword,
                "landing_page": landing_page,
                "medium": medium,
                "rule": rule,
                "source": source,
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

        confidence = d.pop("confidence")

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

        rule = d.pop("rule")

        source = d.pop("source")

        attribution = cls(
            campaign=campaign,
            confidence=confidence,
            keyword=keyword,
            landing_page=landing_page,
            medium=medium,
            rule=rule,
            source=source,
        )

        attribution.additional_properties = d
        return attribution

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
