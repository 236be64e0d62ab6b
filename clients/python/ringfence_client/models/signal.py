from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Signal")


@_attrs_define
class Signal:
    """What was read in a call, by one of the company's names.

    Attributes:
        amount (None | str):
        confidence (float):
        connector (str):
        currency (None | str):
        is_outcome (bool):
        name (str):
        read_at (datetime.datetime):
    """

    amount: None | str
    confidence: float
    connector: str
    currency: None | str
    is_outcome: bool
    name: str
    read_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        amount: None | str
        amount = self.amount

        confidence = self.confidence

        connector = self.connector

        currency: None | str
        currency = self.currency

        is_outcome = self.is_outcome

        name = self.name

        read_at = self.read_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "amount": amount,
                "confidence": confidence,
                "connector": connector,
                "currency": currency,
                "is_outcome": is_outcome,
                "name": name,
                "read_at": read_at,
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

        confidence = d.pop("confidence")

        connector = d.pop("connector")

        def _parse_currency(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        currency = _parse_currency(d.pop("currency"))

        is_outcome = d.pop("is_outcome")

        name = d.pop("name")

        read_at = datetime.datetime.fromisoformat(d.pop("read_at"))

        signal = cls(
            amount=amount,
            confidence=confidence,
            connector=connector,
            currency=currency,
            is_outcome=is_outcome,
            name=name,
            read_at=read_at,
        )

        signal.additional_properties = d
        return signal

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
