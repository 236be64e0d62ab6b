from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.refusal_body_refused import RefusalBodyRefused, check_refusal_body_refused
from ..types import UNSET, Unset

T = TypeVar("T", bound="RefusalBody")


@_attrs_define
class RefusalBody:
    """What the person does not want: texts, calls or both. `said` is what they said; it is kept as the proof, encrypted.

    Attributes:
        refused (RefusalBodyRefused):
        said (None | str | Unset):
    """

    refused: RefusalBodyRefused
    said: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        refused: str = self.refused

        said: None | str | Unset
        if isinstance(self.said, Unset):
            said = UNSET
        else:
            said = self.said

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "refused": refused,
            }
        )
        if said is not UNSET:
            field_dict["said"] = said

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        refused = check_refusal_body_refused(d.pop("refused"))

        def _parse_said(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        said = _parse_said(d.pop("said", UNSET))

        refusal_body = cls(
            refused=refused,
            said=said,
        )

        return refusal_body
