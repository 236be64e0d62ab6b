"""Conversion actions that count one conversion per click: Google takes no click id of iOS (gbraid, wbraid) for them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from hub.api import Services

NOTE = "one_per_click"
TRUE_FOR = timedelta(days=7)
"""After this time the click ids are sent again: somebody may have set the action to count every conversion."""


class OnePerClick:
    """What Google's refusals say about conversion actions, kept among the connector's notes."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def actions(self) -> frozenset[str]:
        """The conversion actions that are known to count one per click."""
        since = self._services.clock() - TRUE_FOR
        return frozenset(action for action, at in _read(self._services.memory.get(NOTE)).items() if at > since)

    def learn(self, actions: Iterable[str]) -> None:
        """Google has just refused a click id of iOS for these."""
        new = dict.fromkeys(actions, self._services.clock())
        if new:
            self._services.memory.change(NOTE, lambda text: _written(_read(text) | new))


def _read(text: str | None) -> dict[str, datetime]:
    return {action: datetime.fromisoformat(at) for action, at in json.loads(text or "{}").items()}


def _written(actions: dict[str, datetime]) -> str:
    return json.dumps({action: at.isoformat() for action, at in actions.items()})
