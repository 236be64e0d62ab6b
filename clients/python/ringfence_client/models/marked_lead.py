from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.lead_mark import LeadMark
    from ..models.lead_recipient import LeadRecipient


T = TypeVar("T", bound="MarkedLead")


@_attrs_define
class MarkedLead:
    """A lead after a change and before it, for an undo; and who hears of it. `goes_nowhere` says why nobody does.

    Attributes:
        former (LeadMark): A lead's status and value; both None if the mark was removed or never set.
        goes_nowhere (None | str):
        goes_to (list[LeadRecipient]):
        lead (LeadMark): A lead's status and value; both None if the mark was removed or never set.
    """

    former: LeadMark
    goes_nowhere: None | str
    goes_to: list[LeadRecipient]
    lead: LeadMark
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        former = self.former.to_dict()

        goes_nowhere: None | str
        goes_nowhere = self.goes_nowhere

        goes_to = []
        for goes_to_item_data in self.goes_to:
            goes_to_item = goes_to_item_data.to_dict()
            goes_to.append(goes_to_item)

        lead = self.lead.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "former": former,
                "goes_nowhere": goes_nowhere,
                "goes_to": goes_to,
                "lead": lead,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.lead_mark import LeadMark  # noqa: PLC0415
        from ..models.lead_recipient import LeadRecipient  # noqa: PLC0415

        d = dict(src_dict)
        former = LeadMark.from_dict(d.pop("former"))

        def _parse_goes_nowhere(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        goes_nowhere = _parse_goes_nowhere(d.pop("goes_nowhere"))

        goes_to = []
        _goes_to = d.pop("goes_to")
        for goes_to_item_data in _goes_to:
            goes_to_item = LeadRecipient.from_dict(goes_to_item_data)

            goes_to.append(goes_to_item)

        lead = LeadMark.from_dict(d.pop("lead"))

        marked_lead = cls(
            former=former,
            goes_nowhere=goes_nowhere,
            goes_to=goes_to,
            lead=lead,
        )

        marked_lead.additional_properties = d
        return marked_lead

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
