from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.claim import Claim


T = TypeVar("T", bound="Insight")


@_attrs_define
class Insight:
    """What a plugin read in a conversation.

    Attributes:
        model (str):
        outcome (Claim | None):
        signals (list[Claim]):
        summary (str):
    """

    model: str
    outcome: Claim | None
    signals: list[Claim]
    summary: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.claim import Claim  # noqa: PLC0415

        model = self.model

        outcome: dict[str, Any] | None
        if isinstance(self.outcome, Claim):
            outcome = self.outcome.to_dict()
        else:
            outcome = self.outcome

        signals = []
        for signals_item_data in self.signals:
            signals_item = signals_item_data.to_dict()
            signals.append(signals_item)

        summary = self.summary

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model": model,
                "outcome": outcome,
                "signals": signals,
                "summary": summary,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.claim import Claim  # noqa: PLC0415

        d = dict(src_dict)
        model = d.pop("model")

        def _parse_outcome(data: object) -> Claim | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                outcome_type_0 = Claim.from_dict(data)

                return outcome_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Claim | None, data)

        outcome = _parse_outcome(d.pop("outcome"))

        signals = []
        _signals = d.pop("signals")
        for signals_item_data in _signals:
            signals_item = Claim.from_dict(signals_item_data)

            signals.append(signals_item)

        summary = d.pop("summary")

        insight = cls(
            model=model,
            outcome=outcome,
            signals=signals,
            summary=summary,
        )

        insight.additional_properties = d
        return insight

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
