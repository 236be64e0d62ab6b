from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.companies_report_unassigned import CompaniesReportUnassigned
    from ..models.company_figures import CompanyFigures


T = TypeVar("T", bound="CompaniesReport")


@_attrs_define
class CompaniesReport:
    """The companies side by side; `total` is the sum of the lines, `unassigned` belongs to the whole account and is in
    none.

        Attributes:
            first (str):
            last (str):
            lines (list[CompanyFigures]):
            total (CompanyFigures): What one company got, what it cost, and what was sent; `calls_by_week` are those of the
                last eight whole weeks.
            unassigned (CompaniesReportUnassigned):
    """

    first: str
    last: str
    lines: list[CompanyFigures]
    total: CompanyFigures
    unassigned: CompaniesReportUnassigned
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        first = self.first

        last = self.last

        lines = []
        for lines_item_data in self.lines:
            lines_item = lines_item_data.to_dict()
            lines.append(lines_item)

        total = self.total.to_dict()

        unassigned = self.unassigned.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "first": first,
                "last": last,
                "lines": lines,
                "total": total,
                "unassigned": unassigned,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.companies_report_unassigned import CompaniesReportUnassigned  # noqa: PLC0415
        from ..models.company_figures import CompanyFigures  # noqa: PLC0415

        d = dict(src_dict)
        first = d.pop("first")

        last = d.pop("last")

        lines = []
        _lines = d.pop("lines")
        for lines_item_data in _lines:
            lines_item = CompanyFigures.from_dict(lines_item_data)

            lines.append(lines_item)

        total = CompanyFigures.from_dict(d.pop("total"))

        unassigned = CompaniesReportUnassigned.from_dict(d.pop("unassigned"))

        companies_report = cls(
            first=first,
            last=last,
            lines=lines,
            total=total,
            unassigned=unassigned,
        )

        companies_report.additional_properties = d
        return companies_report

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
