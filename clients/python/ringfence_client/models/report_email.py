from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="ReportEmail")


@_attrs_define
class ReportEmail:
    """An address that gets a report; `saved` is the name of the saved report, `stopped` says who or what stopped it.

    Attributes:
        all_companies (bool):
        company_id (str):
        email (str):
        every (str):
        hour (int):
        id (str):
        last_at (datetime.datetime | None):
        last_reason (None | str):
        last_state (None | str):
        report (str):
        saved (None | str):
        stopped (None | str):
    """

    all_companies: bool
    company_id: str
    email: str
    every: str
    hour: int
    id: str
    last_at: datetime.datetime | None
    last_reason: None | str
    last_state: None | str
    report: str
    saved: None | str
    stopped: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        all_companies = self.all_companies

        company_id = self.company_id

        email = self.email

        every = self.every

        hour = self.hour

        id = self.id

        last_at: None | str
        if isinstance(self.last_at, datetime.datetime):
            last_at = self.last_at.isoformat()
        else:
            last_at = self.last_at

        last_reason: None | str
        last_reason = self.last_reason

        last_state: None | str
        last_state = self.last_state

        report = self.report

        saved: None | str
        saved = self.saved

        stopped: None | str
        stopped = self.stopped

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "all_companies": all_companies,
                "company_id": company_id,
                "email": email,
                "every": every,
                "hour": hour,
                "id": id,
                "last_at": last_at,
                "last_reason": last_reason,
                "last_state": last_state,
                "report": report,
                "saved": saved,
                "stopped": stopped,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        all_companies = d.pop("all_companies")

        company_id = d.pop("company_id")

        email = d.pop("email")

        every = d.pop("every")

        hour = d.pop("hour")

        id = d.pop("id")

        def _parse_last_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_at_type_0 = datetime.datetime.fromisoformat(data)

                return last_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        last_at = _parse_last_at(d.pop("last_at"))

        def _parse_last_reason(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        last_reason = _parse_last_reason(d.pop("last_reason"))

        def _parse_last_state(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        last_state = _parse_last_state(d.pop("last_state"))

        report = d.pop("report")

        def _parse_saved(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        saved = _parse_saved(d.pop("saved"))

        def _parse_stopped(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        stopped = _parse_stopped(d.pop("stopped"))

        report_email = cls(
            all_companies=all_companies,
            company_id=company_id,
            email=email,
            every=every,
            hour=hour,
            id=id,
            last_at=last_at,
            last_reason=last_reason,
            last_state=last_state,
            report=report,
            saved=saved,
            stopped=stopped,
        )

        report_email.additional_properties = d
        return report_email

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
