from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Delivery")


@_attrs_define
class Delivery:
    """What was sent, or is to be sent, to one destination.

    Attributes:
        attempts (int):
        code (None | str):
        company_id (None | str):
        connector (str):
        due_at (datetime.datetime):
        finished_at (datetime.datetime | None):
        hook (str):
        id (str):
        kind (str):
        made_at (datetime.datetime):
        reason (None | str):
        state (str):
        subject_id (str):
    """

    attempts: int
    code: None | str
    company_id: None | str
    connector: str
    due_at: datetime.datetime
    finished_at: datetime.datetime | None
    hook: str
    id: str
    kind: str
    made_at: datetime.datetime
    reason: None | str
    state: str
    subject_id: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        attempts = self.attempts

        code: None | str
        code = self.code

        company_id: None | str
        company_id = self.company_id

        connector = self.connector

        due_at = self.due_at.isoformat()

        finished_at: None | str
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        hook = self.hook

        id = self.id

        kind = self.kind

        made_at = self.made_at.isoformat()

        reason: None | str
        reason = self.reason

        state = self.state

        subject_id = self.subject_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "attempts": attempts,
                "code": code,
                "company_id": company_id,
                "connector": connector,
                "due_at": due_at,
                "finished_at": finished_at,
                "hook": hook,
                "id": id,
                "kind": kind,
                "made_at": made_at,
                "reason": reason,
                "state": state,
                "subject_id": subject_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        attempts = d.pop("attempts")

        def _parse_code(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        code = _parse_code(d.pop("code"))

        def _parse_company_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        company_id = _parse_company_id(d.pop("company_id"))

        connector = d.pop("connector")

        due_at = datetime.datetime.fromisoformat(d.pop("due_at"))

        def _parse_finished_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finished_at_type_0 = datetime.datetime.fromisoformat(data)

                return finished_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        finished_at = _parse_finished_at(d.pop("finished_at"))

        hook = d.pop("hook")

        id = d.pop("id")

        kind = d.pop("kind")

        made_at = datetime.datetime.fromisoformat(d.pop("made_at"))

        def _parse_reason(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        reason = _parse_reason(d.pop("reason"))

        state = d.pop("state")

        subject_id = d.pop("subject_id")

        delivery = cls(
            attempts=attempts,
            code=code,
            company_id=company_id,
            connector=connector,
            due_at=due_at,
            finished_at=finished_at,
            hook=hook,
            id=id,
            kind=kind,
            made_at=made_at,
            reason=reason,
            state=state,
            subject_id=subject_id,
        )

        delivery.additional_properties = d
        return delivery

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
