from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.decision_body_decision import (
    DecisionBodyDecision,
    check_decision_body_decision,
)

T = TypeVar("T", bound="DecisionBody")


@_attrs_define
class DecisionBody:
    """What the person refuses: texts, calls or both; keep if they refuse nothing.

    Attributes:
        decision (DecisionBodyDecision):
    """

    decision: DecisionBodyDecision

    def to_dict(self) -> dict[str, Any]:
        decision: str = self.decision

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "decision": decision,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        decision = check_decision_body_decision(d.pop("decision"))

        decision_body = cls(
            decision=decision,
        )

        return decision_body
