from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="ContactRefusals")


@_attrs_define
class ContactRefusals:
    """Since when the person has refused texts, marketing texts and calls; null if they have not.

    Attributes:
        calls (datetime.datetime | None):
        marketing (datetime.datetime | None):
        texts (datetime.datetime | None):
    """

    calls: datetime.datetime | None
    marketing: datetime.datetime | None
    texts: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        calls: None | str
        if isinstance(self.calls, datetime.datetime):
            calls = self.calls.isoformat()
        else:
            calls = self.calls

        marketing: None | str
        if isinstance(self.marketing, datetime.datetime):
            marketing = self.marketing.isoformat()
        else:
            marketing = self.marketing

        texts: None | str
        if isinstance(self.texts, datetime.datetime):
            texts = self.texts.isoformat()
        else:
            texts = self.texts

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "calls": calls,
                "marketing": marketing,
                "texts": texts,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_calls(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                calls_type_0 = datetime.datetime.fromisoformat(data)

                return calls_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        calls = _parse_calls(d.pop("calls"))

        def _parse_marketing(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                marketing_type_0 = datetime.datetime.fromisoformat(data)

                return marketing_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        marketing = _parse_marketing(d.pop("marketing"))

        def _parse_texts(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                texts_type_0 = datetime.datetime.fromisoformat(data)

                return texts_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        texts = _parse_texts(d.pop("texts"))

        contact_refusals = cls(
            calls=calls,
            marketing=marketing,
            texts=texts,
        )

        contact_refusals.additional_properties = d
        return contact_refusals

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
