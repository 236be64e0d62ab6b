from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.report_line import ReportLine


T = TypeVar("T", bound="Report")


@_attrs_define
class Report:
    """The report of a company, or of several together; days are those of each one's time zone. `total` is the sum of
    the lines.

        Attributes:
            company (str):
            dimension (str):
            first (str):
            last (str):
            lines (list[ReportLine]):
            model (str):
            total (ReportLine): The results of one value; numbers may be fractions if several touches share a call. A ratio
                of nothing is null.
    """

    company: str
    dimension: str
    first: str
    last: str
    lines: list[ReportLine]
    model: str
    total: ReportLine
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        company = self.company

        dimension = self.dimension

        first = self.first

        last = self.last

        lines = []
        for lines_item_data in self.lines:
            lines_item = lines_item_data.to_dict()
            lines.append(lines_item)

        model = self.model

        total = self.total.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "company": company,
                "dimension": dimension,
                "first": first,
                "last": last,
                "lines": lines,
                "model": model,
                "total": total,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.report_line import ReportLine  # noqa: PLC0415

        d = dict(src_dict)
        company = d.pop("company")

        dimension = d.pop("dimension")

        first = d.pop("first")

        last = d.pop("last")

        lines = []
        _lines = d.pop("lines")
        for lines_item_data in _lines:
            lines_item = ReportLine.from_dict(lines_item_data)

            lines.append(lines_item)

        model = d.pop("model")

        total = ReportLine.from_dict(d.pop("total"))

        report = cls(
            company=company,
            dimension=dimension,
            first=first,
            last=last,
            lines=lines,
            model=model,
            total=total,
        )

        report.additional_properties = d
        return report

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
