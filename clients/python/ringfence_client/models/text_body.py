from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="TextBody")


@_attrs_define
class TextBody:
    """A text. With `later` it waits until the law's hours and the person's consent allow it; otherwise it is refused.

    Attributes:
        text (str):
        later (bool | Unset):  Default: False.
    """

    text: str
    later: bool | Unset = False

    def to_dict(self) -> dict[str, Any]:
        text = self.text

        later = self.later

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "text": text,
            }
        )
        if later is not UNSET:
            field_dict["later"] = later

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        text = d.pop("text")

        later = d.pop("later", UNSET)

        text_body = cls(
            text=text,
            later=later,
        )

        return text_body
