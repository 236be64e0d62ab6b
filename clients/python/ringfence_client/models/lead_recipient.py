from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="LeadRecipient")


@_attrs_define
class LeadRecipient:
    """Who hears of a lead. `state`: `goes`, or what stops it (`consent`, `provider`, `limit`, `passed_over`), or the state
    of
    its delivery; `reason` says why.

        Attributes:
            amount (None | str):
            connector (str):
            currency (None | str):
            name (str):
            reason (str):
            rule (str):
            state (str):
            with_click (bool):
    """

    amount: None | str
    connector: str
    currency: None | str
    name: str
    reason: str
    rule: str
    state: str
    with_click: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        amount: None | str
        amount = self.amount

        connector = self.connector

        currency: None | str
        currency = self.currency

        name = self.name

        reason = self.reason

        rule = self.rule

        state = self.state

        with_click = self.with_click

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "amount": amount,
                "connector": connector,
                "currency": currency,
                "name": name,
                "reason": reason,
                "rule": rule,
                "state": state,
                "with_click": with_click,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_amount(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        amount = _parse_amount(d.pop("amount"))

        connector = d.pop("connector")

        def _parse_currency(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        currency = _parse_currency(d.pop("currency"))

        name = d.pop("name")

        reason = d.pop("reason")

        rule = d.pop("rule")

        state = d.pop("state")

        with_click = d.pop("with_click")

        lead_recipient = cls(
            amount=amount,
            connector=connector,
            currency=currency,
            name=name,
            reason=reason,
            rule=rule,
            state=state,
            with_click=with_click,
        )

        lead_recipient.additional_properties = d
        return lead_recipient

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
