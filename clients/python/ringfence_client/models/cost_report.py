from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.cost_report_line import CostReportLine
    from ..models.cost_report_unassigned import CostReportUnassigned


T = TypeVar("T", bound="CostReport")


@_attrs_define
class CostReport:
    """The report of costs of a company, or of several together. `unassigned` belongs to the whole account and is in no
    line.

        Attributes:
            by (str):
            company (str):
            first (str):
            last (str):
            lines (list[CostReportLine]):
            model (str):
            total (CostReportLine): What one source or campaign cost and brought; costs by currency.
            unassigned (CostReportUnassigned):
    """

    by: str
    company: str
    first: str
    last: str
    lines: list[CostReportLine]
    model: str
    total: CostReportLine
    unassigned: CostReportUnassigned
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        by = self.by

        company = self.company

        first = self.first

        last = self.last

        lines = []
        for lines_item_data in self.lines:
            lines_item = lines_item_data.to_dict()
            lines.append(lines_item)

        model = self.model

        total = self.total.to_dict()

        unassigned = self.unassigned.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "by": by,
                "company": company,
                "first": first,
                "last": last,
                "lines": lines,
                "model": model,
                "total": total,
                "unassigned": unassigned,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.cost_report_line import CostReportLine  # noqa: PLC0415
        from ..models.cost_report_unassigned import CostReportUnassigned  # noqa: PLC0415

        d = dict(src_dict)
        by = d.pop("by")

        company = d.pop("company")

        first = d.pop("first")

        last = d.pop("last")

        lines = []
        _lines = d.pop("lines")
        for lines_item_data in _lines:
            lines_item = CostReportLine.from_dict(lines_item_data)

            lines.append(lines_item)

        model = d.pop("model")

        total = CostReportLine.from_dict(d.pop("total"))

        unassigned = CostReportUnassigned.from_dict(d.pop("unassigned"))

        cost_report = cls(
            by=by,
            company=company,
            first=first,
            last=last,
            lines=lines,
            model=model,
            total=total,
            unassigned=unassigned,
        )

        cost_report.additional_properties = d
        return cost_report

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
