from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="QueueFigures")


@_attrs_define
class QueueFigures:
    """What became of the callers of one queue, in seconds. `in_time`: answered within the target; `turned_away`: the queue
    was
    full, the wait too long, or nobody signed in.

        Attributes:
            abandoned (int):
            answered (int):
            average_wait (int | None):
            called_back (int):
            came (int):
            company (str):
            failed (int):
            flow (str):
            in_time (int):
            left (int):
            longest_wait (int):
            step (str):
            turned_away (int):
    """

    abandoned: int
    answered: int
    average_wait: int | None
    called_back: int
    came: int
    company: str
    failed: int
    flow: str
    in_time: int
    left: int
    longest_wait: int
    step: str
    turned_away: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        abandoned = self.abandoned

        answered = self.answered

        average_wait: int | None
        average_wait = self.average_wait

        called_back = self.called_back

        came = self.came

        company = self.company

        failed = self.failed

        flow = self.flow

        in_time = self.in_time

        left = self.left

        longest_wait = self.longest_wait

        step = self.step

        turned_away = self.turned_away

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "abandoned": abandoned,
                "answered": answered,
                "average_wait": average_wait,
                "called_back": called_back,
                "came": came,
                "company": company,
                "failed": failed,
                "flow": flow,
                "in_time": in_time,
                "left": left,
                "longest_wait": longest_wait,
                "step": step,
                "turned_away": turned_away,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        abandoned = d.pop("abandoned")

        answered = d.pop("answered")

        def _parse_average_wait(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        average_wait = _parse_average_wait(d.pop("average_wait"))

        called_back = d.pop("called_back")

        came = d.pop("came")

        company = d.pop("company")

        failed = d.pop("failed")

        flow = d.pop("flow")

        in_time = d.pop("in_time")

        left = d.pop("left")

        longest_wait = d.pop("longest_wait")

        step = d.pop("step")

        turned_away = d.pop("turned_away")

        queue_figures = cls(
            abandoned=abandoned,
            answered=answered,
            average_wait=average_wait,
            called_back=called_back,
            came=came,
            company=company,
            failed=failed,
            flow=flow,
            in_time=in_time,
            left=left,
            longest_wait=longest_wait,
            step=step,
            turned_away=turned_away,
        )

        queue_figures.additional_properties = d
        return queue_figures

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
