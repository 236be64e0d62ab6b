from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.table_report_columns import TableReportColumns
    from ..models.table_report_lines_item import TableReportLinesItem


T = TypeVar("T", bound="TableReport")


@_attrs_define
class TableReport:
    """A report as a table: `columns` are the titles of the figures in each line.

    Attributes:
        columns (TableReportColumns):
        first (str):
        last (str):
        lines (list[TableReportLinesItem]):
        report (str):
    """

    columns: TableReportColumns
    first: str
    last: str
    lines: list[TableReportLinesItem]
    report: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        columns = self.columns.to_dict()

        first = self.first

        last = self.last

        lines = []
        for lines_item_data in self.lines:
            lines_item = lines_item_data.to_dict()
            lines.append(lines_item)

        report = self.report

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "columns": columns,
                "first": first,
                "last": last,
                "lines": lines,
                "report": report,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.table_report_columns import TableReportColumns  # noqa: PLC0415
        from ..models.table_report_lines_item import TableReportLinesItem  # noqa: PLC0415

        d = dict(src_dict)
        columns = TableReportColumns.from_dict(d.pop("columns"))

        first = d.pop("first")

        last = d.pop("last")

        lines = []
        _lines = d.pop("lines")
        for lines_item_data in _lines:
            lines_item = TableReportLinesItem.from_dict(lines_item_data)

            lines.append(lines_item)

        report = d.pop("report")

        table_report = cls(
            columns=columns,
            first=first,
            last=last,
            lines=lines,
            report=report,
        )

        table_report.additional_properties = d
        return table_report

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
