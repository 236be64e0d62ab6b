from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.cost_report_line_costs import CostReportLineCosts
    from ..models.cost_report_line_won import CostReportLineWon


T = TypeVar("T", bound="CostReportLine")


@_attrs_define
class CostReportLine:
    """What one source or campaign cost and brought; costs by currency.

    Attributes:
        calls (float):
        clicks (int):
        costs (CostReportLineCosts):
        customers (float):
        impressions (int):
        leads (float):
        names (list[str]):
        spend_of (None | str):
        value (None | str):
        won (CostReportLineWon):
    """

    calls: float
    clicks: int
    costs: CostReportLineCosts
    customers: float
    impressions: int
    leads: float
    names: list[str]
    spend_of: None | str
    value: None | str
    won: CostReportLineWon
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        calls = self.calls

        clicks = self.clicks

        costs = self.costs.to_dict()

        customers = self.customers

        impressions = self.impressions

        leads = self.leads

        names = self.names

        spend_of: None | str
        spend_of = self.spend_of

        value: None | str
        value = self.value

        won = self.won.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "calls": calls,
                "clicks": clicks,
                "costs": costs,
                "customers": customers,
                "impressions": impressions,
                "leads": leads,
                "names": names,
                "spend_of": spend_of,
                "value": value,
                "won": won,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.cost_report_line_costs import CostReportLineCosts  # noqa: PLC0415
        from ..models.cost_report_line_won import CostReportLineWon  # noqa: PLC0415

        d = dict(src_dict)
        calls = d.pop("calls")

        clicks = d.pop("clicks")

        costs = CostReportLineCosts.from_dict(d.pop("costs"))

        customers = d.pop("customers")

        impressions = d.pop("impressions")

        leads = d.pop("leads")

        names = cast(list[str], d.pop("names"))

        def _parse_spend_of(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        spend_of = _parse_spend_of(d.pop("spend_of"))

        def _parse_value(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        value = _parse_value(d.pop("value"))

        won = CostReportLineWon.from_dict(d.pop("won"))

        cost_report_line = cls(
            calls=calls,
            clicks=clicks,
            costs=costs,
            customers=customers,
            impressions=impressions,
            leads=leads,
            names=names,
            spend_of=spend_of,
            value=value,
            won=won,
        )

        cost_report_line.additional_properties = d
        return cost_report_line

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
