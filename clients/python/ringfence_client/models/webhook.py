from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.health import Health, check_health

T = TypeVar("T", bound="Webhook")


@_attrs_define
class Webhook:
    """One webhook. `failing_since`: since when it has taken nothing; `reason`: its last answer while it takes nothing;
    `waiting` and `dead`: how many events are on their way, and how many were set aside.

        Attributes:
            company_id (str):
            dead (int):
            failing_since (datetime.datetime | None):
            health (Health): How an endpoint does.
            host (str):
            id (str):
            last_delivered_at (datetime.datetime | None):
            name (str):
            next_try_at (datetime.datetime | None):
            reason (None | str):
            waiting (int):
    """

    company_id: str
    dead: int
    failing_since: datetime.datetime | None
    health: Health
    host: str
    id: str
    last_delivered_at: datetime.datetime | None
    name: str
    next_try_at: datetime.datetime | None
    reason: None | str
    waiting: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        company_id = self.company_id

        dead = self.dead

        failing_since: None | str
        if isinstance(self.failing_since, datetime.datetime):
            failing_since = self.failing_since.isoformat()
        else:
            failing_since = self.failing_since

        health: str = self.health

        host = self.host

        id = self.id

        last_delivered_at: None | str
        if isinstance(self.last_delivered_at, datetime.datetime):
            last_delivered_at = self.last_delivered_at.isoformat()
        else:
            last_delivered_at = self.last_delivered_at

        name = self.name

        next_try_at: None | str
        if isinstance(self.next_try_at, datetime.datetime):
            next_try_at = self.next_try_at.isoformat()
        else:
            next_try_at = self.next_try_at

        reason: None | str
        reason = self.reason

        waiting = self.waiting

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "company_id": company_id,
                "dead": dead,
                "failing_since": failing_since,
                "health": health,
                "host": host,
                "id": id,
                "last_delivered_at": last_delivered_at,
                "name": name,
                "next_try_at": next_try_at,
                "reason": reason,
                "waiting": waiting,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        company_id = d.pop("company_id")

        dead = d.pop("dead")

        def _parse_failing_since(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                failing_since_type_0 = datetime.datetime.fromisoformat(data)

                return failing_since_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        failing_since = _parse_failing_since(d.pop("failing_since"))

        health = check_health(d.pop("health"))

        host = d.pop("host")

        id = d.pop("id")

        def _parse_last_delivered_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_delivered_at_type_0 = datetime.datetime.fromisoformat(data)

                return last_delivered_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        last_delivered_at = _parse_last_delivered_at(d.pop("last_delivered_at"))

        name = d.pop("name")

        def _parse_next_try_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                next_try_at_type_0 = datetime.datetime.fromisoformat(data)

                return next_try_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        next_try_at = _parse_next_try_at(d.pop("next_try_at"))

        def _parse_reason(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        reason = _parse_reason(d.pop("reason"))

        waiting = d.pop("waiting")

        webhook = cls(
            company_id=company_id,
            dead=dead,
            failing_since=failing_since,
            health=health,
            host=host,
            id=id,
            last_delivered_at=last_delivered_at,
            name=name,
            next_try_at=next_try_at,
            reason=reason,
            waiting=waiting,
        )

        webhook.additional_properties = d
        return webhook

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
