from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="SpamBody")


@_attrs_define
class SpamBody:
    """Whether it is spam: no rule makes a conversion of it, and CallRail's lists leave it out.

    Attributes:
        spam (bool):
    """

    spam: bool

    def to_dict(self) -> dict[str, Any]:
        spam = self.spam

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "spam": spam,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        spam = d.pop("spam")

        spam_body = cls(
            spam=spam,
        )

        return spam_body
