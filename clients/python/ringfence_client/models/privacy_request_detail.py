from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.privacy_request_detail_outcome import PrivacyRequestDetailOutcome


T = TypeVar("T", bound="PrivacyRequestDetail")


@_attrs_define
class PrivacyRequestDetail:
    """One privacy request with the person who asks, until it is answered, and what was done.

    Attributes:
        channel (str):
        closed_at (datetime.datetime | None):
        company_id (str):
        deadline (datetime.datetime):
        email (None | str):
        id (str):
        kind (str):
        outcome (PrivacyRequestDetailOutcome):
        phone_number (None | str):
        places (list[str]):
        received_at (datetime.datetime):
        rule (str):
        state (str):
    """

    channel: str
    closed_at: datetime.datetime | None
    company_id: str
    deadline: datetime.datetime
    email: None | str
    id: str
    kind: str
    outcome: PrivacyRequestDetailOutcome
    phone_number: None | str
    places: list[str]
    received_at: datetime.datetime
    rule: str
    state: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        channel = self.channel

        closed_at: None | str
        if isinstance(self.closed_at, datetime.datetime):
            closed_at = self.closed_at.isoformat()
        else:
            closed_at = self.closed_at

        company_id = self.company_id

        deadline = self.deadline.isoformat()

        email: None | str
        email = self.email

        id = self.id

        kind = self.kind

        outcome = self.outcome.to_dict()

        phone_number: None | str
        phone_number = self.phone_number

        places = self.places

        received_at = self.received_at.isoformat()

        rule = self.rule

        state = self.state

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "channel": channel,
                "closed_at": closed_at,
                "company_id": company_id,
                "deadline": deadline,
                "email": email,
                "id": id,
                "kind": kind,
                "outcome": outcome,
                "phone_number": phone_number,
                "places": places,
                "received_at": received_at,
                "rule": rule,
                "state": state,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.privacy_request_detail_outcome import PrivacyRequestDetailOutcome  # noqa: PLC0415

        d = dict(src_dict)
        channel = d.pop("channel")

        def _parse_closed_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                closed_at_type_0 = datetime.datetime.fromisoformat(data)

                return closed_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        closed_at = _parse_closed_at(d.pop("closed_at"))

        company_id = d.pop("company_id")

        deadline = datetime.datetime.fromisoformat(d.pop("deadline"))

        def _parse_email(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        email = _parse_email(d.pop("email"))

        id = d.pop("id")

        kind = d.pop("kind")

        outcome = PrivacyRequestDetailOutcome.from_dict(d.pop("outcome"))

        def _parse_phone_number(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        phone_number = _parse_phone_number(d.pop("phone_number"))

        places = cast(list[str], d.pop("places"))

        received_at = datetime.datetime.fromisoformat(d.pop("received_at"))

        rule = d.pop("rule")

        state = d.pop("state")

        privacy_request_detail = cls(
            channel=channel,
            closed_at=closed_at,
            company_id=company_id,
            deadline=deadline,
            email=email,
            id=id,
            kind=kind,
            outcome=outcome,
            phone_number=phone_number,
            places=places,
            received_at=received_at,
            rule=rule,
            state=state,
        )

        privacy_request_detail.additional_properties = d
        return privacy_request_detail

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
