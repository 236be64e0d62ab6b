from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.attempt import Attempt
    from ..models.subject import Subject


T = TypeVar("T", bound="ListedDelivery")


@_attrs_define
class ListedDelivery:
    """The same in a list. `contact`, the call, text or form that it came from, and `tries` are null if `expand` does not
    ask
    for them, the role of the key's user does not see them, or they are gone.

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
            contact (None | Subject | Unset):
            tries (list[Attempt] | None | Unset):
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
    contact: None | Subject | Unset = UNSET
    tries: list[Attempt] | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.subject import Subject  # noqa: PLC0415

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

        contact: dict[str, Any] | None | Unset
        if isinstance(self.contact, Unset):
            contact = UNSET
        elif isinstance(self.contact, Subject):
            contact = self.contact.to_dict()
        else:
            contact = self.contact

        tries: list[dict[str, Any]] | None | Unset
        if isinstance(self.tries, Unset):
            tries = UNSET
        elif isinstance(self.tries, list):
            tries = []
            for tries_type_0_item_data in self.tries:
                tries_type_0_item = tries_type_0_item_data.to_dict()
                tries.append(tries_type_0_item)

        else:
            tries = self.tries

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
        if contact is not UNSET:
            field_dict["contact"] = contact
        if tries is not UNSET:
            field_dict["tries"] = tries

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.attempt import Attempt  # noqa: PLC0415
        from ..models.subject import Subject  # noqa: PLC0415

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

        def _parse_contact(data: object) -> None | Subject | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                contact_type_0 = Subject.from_dict(data)

                return contact_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Subject | Unset, data)

        contact = _parse_contact(d.pop("contact", UNSET))

        def _parse_tries(data: object) -> list[Attempt] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                tries_type_0 = []
                _tries_type_0 = data
                for tries_type_0_item_data in _tries_type_0:
                    tries_type_0_item = Attempt.from_dict(tries_type_0_item_data)

                    tries_type_0.append(tries_type_0_item)

                return tries_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Attempt] | None | Unset, data)

        tries = _parse_tries(d.pop("tries", UNSET))

        listed_delivery = cls(
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
            contact=contact,
            tries=tries,
        )

        listed_delivery.additional_properties = d
        return listed_delivery

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
