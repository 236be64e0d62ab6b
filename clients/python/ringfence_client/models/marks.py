from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.lead_mark import LeadMark
    from ..models.note_text import NoteText


T = TypeVar("T", bound="Marks")


@_attrs_define
class Marks:
    """What users added to a call, text or form.

    Attributes:
        lead (LeadMark): A lead's status and value; both None if the mark was removed or never set.
        notes (list[NoteText]):
        spam (bool):
        tags (list[str]):
    """

    lead: LeadMark
    notes: list[NoteText]
    spam: bool
    tags: list[str]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        lead = self.lead.to_dict()

        notes = []
        for notes_item_data in self.notes:
            notes_item = notes_item_data.to_dict()
            notes.append(notes_item)

        spam = self.spam

        tags = self.tags

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "lead": lead,
                "notes": notes,
                "spam": spam,
                "tags": tags,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.lead_mark import LeadMark  # noqa: PLC0415
        from ..models.note_text import NoteText  # noqa: PLC0415

        d = dict(src_dict)
        lead = LeadMark.from_dict(d.pop("lead"))

        notes = []
        _notes = d.pop("notes")
        for notes_item_data in _notes:
            notes_item = NoteText.from_dict(notes_item_data)

            notes.append(notes_item)

        spam = d.pop("spam")

        tags = cast(list[str], d.pop("tags"))

        marks = cls(
            lead=lead,
            notes=notes,
            spam=spam,
            tags=tags,
        )

        marks.additional_properties = d
        return marks

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
