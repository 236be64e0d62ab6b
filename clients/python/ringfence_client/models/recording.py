from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Recording")


@_attrs_define
class Recording:
    """That a recording exists; a signed link gives the audio.

    Attributes:
        duration (int | None):
        id (str):
        kind (str):
        recorded_at (datetime.datetime):
        state (str):
    """

    duration: int | None
    id: str
    kind: str
    recorded_at: datetime.datetime
    state: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        duration: int | None
        duration = self.duration

        id = self.id

        kind = self.kind

        recorded_at = self.recorded_at.isoformat()

        state = self.state

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "duration": duration,
                "id": id,
                "kind": kind,
                "recorded_at": recorded_at,
                "state": state,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_duration(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        duration = _parse_duration(d.pop("duration"))

        id = d.pop("id")

        kind = d.pop("kind")

        recorded_at = datetime.datetime.fromisoformat(d.pop("recorded_at"))

        state = d.pop("state")

        recording = cls(
            duration=duration,
            id=id,
            kind=kind,
            recorded_at=recorded_at,
            state=state,
        )

        recording.additional_properties = d
        return recording

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
