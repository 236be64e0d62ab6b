from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="CostReturn")


@_attrs_define
class CostReturn:
    """What one currency's costs brought; amounts are texts, so that no digit is lost. The ratios rest on the calls, leads,
    customers and won amounts `…_with_cost`: those of the sources or campaigns whose cost in the currency is known.

        Attributes:
            calls_with_cost (str):
            cost (str):
            customers_with_cost (str):
            leads_with_cost (str):
            on_spend (None | str):
            per_call (None | str):
            per_customer (None | str):
            per_lead (None | str):
            won_with_cost (None | str):
    """

    calls_with_cost: str
    cost: str
    customers_with_cost: str
    leads_with_cost: str
    on_spend: None | str
    per_call: None | str
    per_customer: None | str
    per_lead: None | str
    won_with_cost: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        calls_with_cost = self.calls_with_cost

        cost = self.cost

        customers_with_cost = self.customers_with_cost

        leads_with_cost = self.leads_with_cost

        on_spend: None | str
        on_spend = self.on_spend

        per_call: None | str
        per_call = self.per_call

        per_customer: None | str
        per_customer = self.per_customer

        per_lead: None | str
        per_lead = self.per_lead

        won_with_cost: None | str
        won_with_cost = self.won_with_cost

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "calls_with_cost": calls_with_cost,
                "cost": cost,
                "customers_with_cost": customers_with_cost,
                "leads_with_cost": leads_with_cost,
                "on_spend": on_spend,
                "per_call": per_call,
                "per_customer": per_customer,
                "per_lead": per_lead,
                "won_with_cost": won_with_cost,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        calls_with_cost = d.pop("calls_with_cost")

        cost = d.pop("cost")

        customers_with_cost = d.pop("customers_with_cost")

        leads_with_cost = d.pop("leads_with_cost")

        def _parse_on_spend(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        on_spend = _parse_on_spend(d.pop("on_spend"))

        def _parse_per_call(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        per_call = _parse_per_call(d.pop("per_call"))

        def _parse_per_customer(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        per_customer = _parse_per_customer(d.pop("per_customer"))

        def _parse_per_lead(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        per_lead = _parse_per_lead(d.pop("per_lead"))

        def _parse_won_with_cost(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        won_with_cost = _parse_won_with_cost(d.pop("won_with_cost"))

        cost_return = cls(
            calls_with_cost=calls_with_cost,
            cost=cost,
            customers_with_cost=customers_with_cost,
            leads_with_cost=leads_with_cost,
            on_spend=on_spend,
            per_call=per_call,
            per_customer=per_customer,
            per_lead=per_lead,
            won_with_cost=won_with_cost,
        )

        cost_return.additional_properties = d
        return cost_return

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
