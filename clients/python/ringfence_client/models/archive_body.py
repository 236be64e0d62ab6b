from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="ArchiveBody")


@_attrs_define
class ArchiveBody:
    """Whether the thread is put aside; a new text brings it back.

    Attributes:
        archived (bool):
    """

    archived: bool

    def to_dict(self) -> dict[str, Any]:
        archived = self.archived

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "archived": archived,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        archived = d.pop("archived")

        archive_body = cls(
            archived=archived,
        )

        return archive_body
