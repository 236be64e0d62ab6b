from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="DoubtfulRefusal")


@_attrs_define
class DoubtfulRefusal:
    """What a person may refuse. `source`: text, form, call, voicemail, note or tag; `refused`: texts, calls or both;
    `words`: the sentences that count, null if they are gone; `is_typed`: the number was typed into a form and may be
    somebody
    else's. From `decide_by` on it counts as a no to marketing texts; one of calls
    alone to calls back, unless the number is typed.

        Attributes:
            at (datetime.datetime):
            company (str):
            decide_by (datetime.datetime):
            id (str):
            is_typed (bool):
            refused (str):
            source (str):
            subject_id (str):
            who (str):
            words (None | str):
    """

    at: datetime.datetime
    company: str
    decide_by: datetime.datetime
    id: str
    is_typed: bool
    refused: str
    source: str
    subject_id: str
    who: str
    words: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        at = self.at.isoformat()

        company = self.company

        decide_by = self.decide_by.isoformat()

        id = self.id

        is_typed = self.is_typed

        refused = self.refused

        source = self.source

        subject_id = self.subject_id

        who = self.who

        words: None | str
        words = self.words

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "at": at,
                "company": company,
                "decide_by": decide_by,
                "id": id,
                "is_typed": is_typed,
                "refused": refused,
                "source": source,
                "subject_id": subject_id,
                "who": who,
                "words": words,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        at = datetime.datetime.fromisoformat(d.pop("at"))

        company = d.pop("company")

        decide_by = datetime.datetime.fromisoformat(d.pop("decide_by"))

        id = d.pop("id")

        is_typed = d.pop("is_typed")

        refused = d.pop("refused")

        source = d.pop("source")

        subject_id = d.pop("subject_id")

        who = d.pop("who")

        def _parse_words(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        words = _parse_words(d.pop("words"))

        doubtful_refusal = cls(
            at=at,
            company=company,
            decide_by=decide_by,
            id=id,
            is_typed=is_typed,
            refused=refused,
            source=source,
            subject_id=subject_id,
            who=who,
            words=words,
        )

        doubtful_refusal.additional_properties = d
        return doubtful_refusal

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
