from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="ReplayBody")


@_attrs_define
class ReplayBody:
    """With `fresh` it is built again from what is known now; otherwise the same is sent again.

    Attributes:
        fresh (bool | Unset):  Default: False.
    """

    fresh: bool | Unset = False

    def to_dict(self) -> dict[str, Any]:
        fresh = self.fresh

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if fresh is not UNSET:
            field_dict["fresh"] = fresh

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        fresh = d.pop("fresh", UNSET)

        replay_body = cls(
            fresh=fresh,
        )

        return replay_body
