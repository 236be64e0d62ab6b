from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.page_view import PageView
    from ..models.subject import Subject


T = TypeVar("T", bound="Visit")


@_attrs_define
class Visit:
    """One visit; `number` is the tracking number that was shown, `click_ids` names whose ad was clicked. `contacts`, the
    calls,
    texts and forms that it led to, and `page_views`, its newest 100 pages, are null if `expand` does not ask for them,
    or the
    role of the key's user does not see them.

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
            contacts (list[Subject] | None | Unset):
            page_views (list[PageView] | None | Unset):
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
    contacts: list[Subject] | None | Unset = UNSET
    page_views: list[PageView] | None | Unset = UNSET
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

        contacts: list[dict[str, Any]] | None | Unset
        if isinstance(self.contacts, Unset):
            contacts = UNSET
        elif isinstance(self.contacts, list):
            contacts = []
            for contacts_type_0_item_data in self.contacts:
                contacts_type_0_item = contacts_type_0_item_data.to_dict()
                contacts.append(contacts_type_0_item)

        else:
            contacts = self.contacts

        page_views: list[dict[str, Any]] | None | Unset
        if isinstance(self.page_views, Unset):
            page_views = UNSET
        elif isinstance(self.page_views, list):
            page_views = []
            for page_views_type_0_item_data in self.page_views:
                page_views_type_0_item = page_views_type_0_item_data.to_dict()
                page_views.append(page_views_type_0_item)

        else:
            page_views = self.page_views

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
        if contacts is not UNSET:
            field_dict["contacts"] = contacts
        if page_views is not UNSET:
            field_dict["page_views"] = page_views

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.page_view import PageView  # noqa: PLC0415
        from ..models.subject import Subject  # noqa: PLC0415

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

        def _parse_contacts(data: object) -> list[Subject] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                contacts_type_0 = []
                _contacts_type_0 = data
                for contacts_type_0_item_data in _contacts_type_0:
                    contacts_type_0_item = Subject.from_dict(contacts_type_0_item_data)

                    contacts_type_0.append(contacts_type_0_item)

                return contacts_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Subject] | None | Unset, data)

        contacts = _parse_contacts(d.pop("contacts", UNSET))

        def _parse_page_views(data: object) -> list[PageView] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                page_views_type_0 = []
                _page_views_type_0 = data
                for page_views_type_0_item_data in _page_views_type_0:
                    page_views_type_0_item = PageView.from_dict(page_views_type_0_item_data)

                    page_views_type_0.append(page_views_type_0_item)

                return page_views_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[PageView] | None | Unset, data)

        page_views = _parse_page_views(d.pop("page_views", UNSET))

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
            contacts=contacts,
            page_views=page_views,
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
