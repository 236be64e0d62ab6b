from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.lead_status import LeadStatus, check_lead_status
from ..types import UNSET, Unset

T = TypeVar("T", bound="LeadBody")


@_attrs_define
class LeadBody:
    """A lead's status and value. Without `amount` the present value stays; null removes it.

    Attributes:
        status (LeadStatus | None):
        amount (float | None | str | Unset):
        currency (str | Unset):  Default: 'USD'.
    """

    status: LeadStatus | None
    amount: float | None | str | Unset = UNSET
    currency: str | Unset = "USD"

    def to_dict(self) -> dict[str, Any]:
        status: None | str
        if isinstance(self.status, str):
            status = self.status
        else:
            status = self.status

        amount: float | None | str | Unset
        if isinstance(self.amount, Unset):
            amount = UNSET
        else:
            amount = self.amount

        currency = self.currency

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "status": status,
            }
        )
        if amount is not UNSET:
            field_dict["amount"] = amount
        if currency is not UNSET:
            field_dict["currency"] = currency

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_status(data: object) -> LeadStatus | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                status_type_0 = check_lead_status(data)

                return status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(LeadStatus | None, data)

        status = _parse_status(d.pop("status"))

        def _parse_amount(data: object) -> float | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | str | Unset, data)

        amount = _parse_amount(d.pop("amount", UNSET))

        currency = d.pop("currency", UNSET)

        lead_body = cls(
            status=status,
            amount=amount,
            currency=currency,
        )

        return lead_body
