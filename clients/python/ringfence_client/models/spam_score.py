from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.spam_reason import SpamReason


T = TypeVar("T", bound="SpamScore")


@_attrs_define
class SpamScore:
    """The spam score of a call, 0 to 100: why, what was done before it rang, and whether a user overruled it.

    Attributes:
        action (str):
        decided_at (datetime.datetime):
        overruled_at (datetime.datetime | None):
        reasons (list[SpamReason]):
        score (int):
    """

    action: str
    decided_at: datetime.datetime
    overruled_at: datetime.datetime | None
    reasons: list[SpamReason]
    score: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        action = self.action

        decided_at = self.decided_at.isoformat()

        overruled_at: None | str
        if isinstance(self.overruled_at, datetime.datetime):
            overruled_at = self.overruled_at.isoformat()
        else:
            overruled_at = self.overruled_at

        reasons = []
        for reasons_item_data in self.reasons:
            reasons_item = reasons_item_data.to_dict()
            reasons.append(reasons_item)

        score = self.score

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "action": action,
                "decided_at": decided_at,
                "overruled_at": overruled_at,
                "reasons": reasons,
                "score": score,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.spam_reason import SpamReason  # noqa: PLC0415

        d = dict(src_dict)
        action = d.pop("action")

        decided_at = datetime.datetime.fromisoformat(d.pop("decided_at"))

        def _parse_overruled_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                overruled_at_type_0 = datetime.datetime.fromisoformat(data)

                return overruled_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        overruled_at = _parse_overruled_at(d.pop("overruled_at"))

        reasons = []
        _reasons = d.pop("reasons")
        for reasons_item_data in _reasons:
            reasons_item = SpamReason.from_dict(reasons_item_data)

            reasons.append(reasons_item)

        score = d.pop("score")

        spam_score = cls(
            action=action,
            decided_at=decided_at,
            overruled_at=overruled_at,
            reasons=reasons,
            score=score,
        )

        spam_score.additional_properties = d
        return spam_score

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
