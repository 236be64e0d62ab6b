from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.recording_end_outcome import (
    RecordingEndOutcome,
    check_recording_end_outcome,
)

T = TypeVar("T", bound="RecordingEnd")


@_attrs_define
class RecordingEnd:
    """What became of a recording that its caller does not want. `ended`: the carrier records no more; `unconfirmed`: it
    did
    not say so; `after_call`: it cannot end a recording; `deleted`: the call was over. In each case the audio is
    deleted;
    `held` says that a legal hold keeps some of it.

        Attributes:
            held (bool):
            outcome (RecordingEndOutcome):
    """

    held: bool
    outcome: RecordingEndOutcome
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        held = self.held

        outcome: str = self.outcome

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "held": held,
                "outcome": outcome,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        held = d.pop("held")

        outcome = check_recording_end_outcome(d.pop("outcome"))

        recording_end = cls(
            held=held,
            outcome=outcome,
        )

        recording_end.additional_properties = d
        return recording_end

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
