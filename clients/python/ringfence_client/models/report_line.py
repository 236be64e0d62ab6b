from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.report_line_amounts import ReportLineAmounts
    from ..models.report_line_numbers import ReportLineNumbers
    from ..models.report_line_ratios import ReportLineRatios
    from ..models.report_line_won import ReportLineWon


T = TypeVar("T", bound="ReportLine")


@_attrs_define
class ReportLine:
    """The results of one value; numbers may be fractions if several touches share a call. A ratio of nothing is null.

    Attributes:
        amounts (ReportLineAmounts):
        numbers (ReportLineNumbers):
        ratios (ReportLineRatios):
        value (None | str):
        won (ReportLineWon):
    """

    amounts: ReportLineAmounts
    numbers: ReportLineNumbers
    ratios: ReportLineRatios
    value: None | str
    won: ReportLineWon
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        amounts = self.amounts.to_dict()

        numbers = self.numbers.to_dict()

        ratios = self.ratios.to_dict()

        value: None | str
        value = self.value

        won = self.won.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "amounts": amounts,
                "numbers": numbers,
                "ratios": ratios,
                "value": value,
                "won": won,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.report_line_amounts import ReportLineAmounts  # noqa: PLC0415
        from ..models.report_line_numbers import ReportLineNumbers  # noqa: PLC0415
        from ..models.report_line_ratios import ReportLineRatios  # noqa: PLC0415
        from ..models.report_line_won import ReportLineWon  # noqa: PLC0415

        d = dict(src_dict)
        amounts = ReportLineAmounts.from_dict(d.pop("amounts"))

        numbers = ReportLineNumbers.from_dict(d.pop("numbers"))

        ratios = ReportLineRatios.from_dict(d.pop("ratios"))

        def _parse_value(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        value = _parse_value(d.pop("value"))

        won = ReportLineWon.from_dict(d.pop("won"))

        report_line = cls(
            amounts=amounts,
            numbers=numbers,
            ratios=ratios,
            value=value,
            won=won,
        )

        report_line.additional_properties = d
        return report_line

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
