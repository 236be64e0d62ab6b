from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="CalledBackBody")


@_attrs_define
class CalledBackBody:
    """`undo`: the id of a call back that you recorded so in the last ten minutes, to take it back.

    Attributes:
        undo (None | str | Unset):
    """

    undo: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        undo: None | str | Unset
        if isinstance(self.undo, Unset):
            undo = UNSET
        else:
            undo = self.undo

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if undo is not UNSET:
            field_dict["undo"] = undo

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_undo(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        undo = _parse_undo(d.pop("undo", UNSET))

        called_back_body = cls(
            undo=undo,
        )

        return called_back_body
