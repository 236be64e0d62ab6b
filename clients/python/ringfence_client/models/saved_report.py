from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="SavedReport")


@_attrs_define
class SavedReport:
    """A report under a name; `query` is the query string of its page, `company_id` is None for all companies.

    Attributes:
        addresses (int):
        company_id (None | str):
        id (str):
        name (str):
        query (str):
        report (str):
        shared (bool):
    """

    addresses: int
    company_id: None | str
    id: str
    name: str
    query: str
    report: str
    shared: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        addresses = self.addresses

        company_id: None | str
        company_id = self.company_id

        id = self.id

        name = self.name

        query = self.query

        report = self.report

        shared = self.shared

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "addresses": addresses,
                "company_id": company_id,
                "id": id,
                "name": name,
                "query": query,
                "report": report,
                "shared": shared,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        addresses = d.pop("addresses")

        def _parse_company_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        company_id = _parse_company_id(d.pop("company_id"))

        id = d.pop("id")

        name = d.pop("name")

        query = d.pop("query")

        report = d.pop("report")

        shared = d.pop("shared")

        saved_report = cls(
            addresses=addresses,
            company_id=company_id,
            id=id,
            name=name,
            query=query,
            report=report,
            shared=shared,
        )

        saved_report.additional_properties = d
        return saved_report

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
