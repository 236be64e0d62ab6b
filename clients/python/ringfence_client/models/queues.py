from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.queue_agent import QueueAgent
    from ..models.queue_figures import QueueFigures
    from ..models.queue_wait import QueueWait


T = TypeVar("T", bound="Queues")


@_attrs_define
class Queues:
    """The queues as they are now, and the figures of some days.

    Attributes:
        agents (list[QueueAgent]):
        figures (list[QueueFigures]):
        waits (list[QueueWait]):
    """

    agents: list[QueueAgent]
    figures: list[QueueFigures]
    waits: list[QueueWait]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        agents = []
        for agents_item_data in self.agents:
            agents_item = agents_item_data.to_dict()
            agents.append(agents_item)

        figures = []
        for figures_item_data in self.figures:
            figures_item = figures_item_data.to_dict()
            figures.append(figures_item)

        waits = []
        for waits_item_data in self.waits:
            waits_item = waits_item_data.to_dict()
            waits.append(waits_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "agents": agents,
                "figures": figures,
                "waits": waits,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.queue_agent import QueueAgent  # noqa: PLC0415
        from ..models.queue_figures import QueueFigures  # noqa: PLC0415
        from ..models.queue_wait import QueueWait  # noqa: PLC0415

        d = dict(src_dict)
        agents = []
        _agents = d.pop("agents")
        for agents_item_data in _agents:
            agents_item = QueueAgent.from_dict(agents_item_data)

            agents.append(agents_item)

        figures = []
        _figures = d.pop("figures")
        for figures_item_data in _figures:
            figures_item = QueueFigures.from_dict(figures_item_data)

            figures.append(figures_item)

        waits = []
        _waits = d.pop("waits")
        for waits_item_data in _waits:
            waits_item = QueueWait.from_dict(waits_item_data)

            waits.append(waits_item)

        queues = cls(
            agents=agents,
            figures=figures,
            waits=waits,
        )

        queues.additional_properties = d
        return queues

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
