from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.webhook_event_state import WebhookEventState, check_webhook_event_state

T = TypeVar("T", bound="WebhookEvent")


@_attrs_define
class WebhookEvent:
    """One event. `status` is that of the address's last answer.

    Attributes:
        at (datetime.datetime):
        attempts (int):
        due_at (datetime.datetime):
        finished_at (datetime.datetime | None):
        id (str):
        reason (None | str):
        state (WebhookEventState): An event on its way to one endpoint.
        status (int | None):
        subject_id (str):
        type_ (str):
    """

    at: datetime.datetime
    attempts: int
    due_at: datetime.datetime
    finished_at: datetime.datetime | None
    id: str
    reason: None | str
    state: WebhookEventState
    status: int | None
    subject_id: str
    type_: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        at = self.at.isoformat()

        attempts = self.attempts

        due_at = self.due_at.isoformat()

        finished_at: None | str
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        id = self.id

        reason: None | str
        reason = self.reason

        state: str = self.state

        status: int | None
        status = self.status

        subject_id = self.subject_id

        type_ = self.type_

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "at": at,
                "attempts": attempts,
                "due_at": due_at,
                "finished_at": finished_at,
                "id": id,
                "reason": reason,
                "state": state,
                "status": status,
                "subject_id": subject_id,
                "type": type_,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        at = datetime.datetime.fromisoformat(d.pop("at"))

        attempts = d.pop("attempts")

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

        id = d.pop("id")

        def _parse_reason(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        reason = _parse_reason(d.pop("reason"))

        state = check_webhook_event_state(d.pop("state"))

        def _parse_status(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        status = _parse_status(d.pop("status"))

        subject_id = d.pop("subject_id")

        type_ = d.pop("type")

        webhook_event = cls(
            at=at,
            attempts=attempts,
            due_at=due_at,
            finished_at=finished_at,
            id=id,
            reason=reason,
            state=state,
            status=status,
            subject_id=subject_id,
            type_=type_,
        )

        webhook_event.additional_properties = d
        return webhook_event

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
