from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.insight import Insight
    from ..models.transcript_part import TranscriptPart


T = TypeVar("T", bound="Transcript")


@_attrs_define
class Transcript:
    """A transcript, and what was read in it.

    Attributes:
        model (None | str):
        parts (list[TranscriptPart]):
        recording_id (str):
        insight (Insight | None | Unset):
    """

    model: None | str
    parts: list[TranscriptPart]
    recording_id: str
    insight: Insight | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.insight import Insight  # noqa: PLC0415

        model: None | str
        model = self.model

        parts = []
        for parts_item_data in self.parts:
            parts_item = parts_item_data.to_dict()
            parts.append(parts_item)

        recording_id = self.recording_id

        insight: dict[str, Any] | None | Unset
        if isinstance(self.insight, Unset):
            insight = UNSET
        elif isinstance(self.insight, Insight):
            insight = self.insight.to_dict()
        else:
            insight = self.insight

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model": model,
                "parts": parts,
                "recording_id": recording_id,
            }
        )
        if insight is not UNSET:
            field_dict["insight"] = insight

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.insight import Insight  # noqa: PLC0415
        from ..models.transcript_part import TranscriptPart  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_model(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        model = _parse_model(d.pop("model"))

        parts = []
        _parts = d.pop("parts")
        for parts_item_data in _parts:
            parts_item = TranscriptPart.from_dict(parts_item_data)

            parts.append(parts_item)

        recording_id = d.pop("recording_id")

        def _parse_insight(data: object) -> Insight | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                insight_type_0 = Insight.from_dict(data)

                return insight_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Insight | None | Unset, data)

        insight = _parse_insight(d.pop("insight", UNSET))

        transcript = cls(
            model=model,
            parts=parts,
            recording_id=recording_id,
            insight=insight,
        )

        transcript.additional_properties = d
        return transcript

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
