"""One simulated call, where the gateway's webhooks have more than those of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from hub.api import Leg, ListedCall
from plugins.carriers.sip.translate import END_ADDRESS


class PlacedCall(ListedCall[Any]):
    """A simulated call that follows the hub's documents."""

    def dialed(self, leg: Leg, status: str, talked: int, recorded: Mapping[str, str]) -> dict[str, str]:
        return super().dialed(leg, status, talked, recorded) | dict(recorded)

    def message_taken(self, recorded: Mapping[str, str]) -> dict[str, str]:
        return dict(recorded)

    def ending_address(self, verb: ElementTree.Element) -> str:
        return verb.get(END_ADDRESS, "")
