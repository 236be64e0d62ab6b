from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.company_figures_costs import CompanyFiguresCosts
    from ..models.company_figures_won import CompanyFiguresWon


T = TypeVar("T", bound="CompanyFigures")


@_attrs_define
class CompanyFigures:
    """What one company got, what it cost, and what was sent; `calls_by_week` are those of the last eight whole weeks.

    Attributes:
        answered (float):
        calls (float):
        calls_before (float):
        calls_by_week (list[int]):
        company (None | str):
        costs (CompanyFiguresCosts):
        customers (float):
        delivered (int):
        held (int):
        leads (float):
        rejected (int):
        title (str):
        won (CompanyFiguresWon):
    """

    answered: float
    calls: float
    calls_before: float
    calls_by_week: list[int]
    company: None | str
    costs: CompanyFiguresCosts
    customers: float
    delivered: int
    held: int
    leads: float
    rejected: int
    title: str
    won: CompanyFiguresWon
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        answered = self.answered

        calls = self.calls

        calls_before = self.calls_before

        calls_by_week = self.calls_by_week

        company: None | str
        company = self.company

        costs = self.costs.to_dict()

        customers = self.customers

        delivered = self.delivered

        held = self.held

        leads = self.leads

        rejected = self.rejected

        title = self.title

        won = self.won.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "answered": answered,
                "calls": calls,
                "calls_before": calls_before,
                "calls_by_week": calls_by_week,
                "company": company,
                "costs": costs,
                "customers": customers,
                "delivered": delivered,
                "held": held,
                "leads": leads,
                "rejected": rejected,
                "title": title,
                "won": won,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.company_figures_costs import CompanyFiguresCosts  # noqa: PLC0415
        from ..models.company_figures_won import CompanyFiguresWon  # noqa: PLC0415

        d = dict(src_dict)
        answered = d.pop("answered")

        calls = d.pop("calls")

        calls_before = d.pop("calls_before")

        calls_by_week = cast(list[int], d.pop("calls_by_week"))

        def _parse_company(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        company = _parse_company(d.pop("company"))

        costs = CompanyFiguresCosts.from_dict(d.pop("costs"))

        customers = d.pop("customers")

        delivered = d.pop("delivered")

        held = d.pop("held")

        leads = d.pop("leads")

        rejected = d.pop("rejected")

        title = d.pop("title")

        won = CompanyFiguresWon.from_dict(d.pop("won"))

        company_figures = cls(
            answered=answered,
            calls=calls,
            calls_before=calls_before,
            calls_by_week=calls_by_week,
            company=company,
            costs=costs,
            customers=customers,
            delivered=delivered,
            held=held,
            leads=leads,
            rejected=rejected,
            title=title,
            won=won,
        )

        company_figures.additional_properties = d
        return company_figures

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
