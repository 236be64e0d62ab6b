from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.greeting_sound import GreetingSound, check_greeting_sound
from ..types import UNSET, Unset

T = TypeVar("T", bound="Greeting")


@_attrs_define
class Greeting:
    """A greeting of a company. `file` is its name at `play:` of a step; `seconds` is null for an MP3; `played` says
    whether a
    call flow plays it, so that it cannot be deleted.

        Attributes:
            company_id (str):
            file (str):
            id (str):
            made_at (datetime.datetime):
            name (str):
            seconds (int | None):
            sound (GreetingSound):
            played (bool | Unset):  Default: False.
    """

    company_id: str
    file: str
    id: str
    made_at: datetime.datetime
    name: str
    seconds: int | None
    sound: GreetingSound
    played: bool | Unset = False
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        company_id = self.company_id

        file = self.file

        id = self.id

        made_at = self.made_at.isoformat()

        name = self.name

        seconds: int | None
        seconds = self.seconds

        sound: str = self.sound

        played = self.played

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "company_id": company_id,
                "file": file,
                "id": id,
                "made_at": made_at,
                "name": name,
                "seconds": seconds,
                "sound": sound,
            }
        )
        if played is not UNSET:
            field_dict["played"] = played

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        company_id = d.pop("company_id")

        file = d.pop("file")

        id = d.pop("id")

        made_at = datetime.datetime.fromisoformat(d.pop("made_at"))

        name = d.pop("name")

        def _parse_seconds(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        seconds = _parse_seconds(d.pop("seconds"))

        sound = check_greeting_sound(d.pop("sound"))

        played = d.pop("played", UNSET)

        greeting = cls(
            company_id=company_id,
            file=file,
            id=id,
            made_at=made_at,
            name=name,
            seconds=seconds,
            sound=sound,
            played=played,
        )

        greeting.additional_properties = d
        return greeting

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
