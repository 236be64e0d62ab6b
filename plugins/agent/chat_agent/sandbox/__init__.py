"""A stand-in of a chat model that answers callers: it connects floods and asks everybody else, or does what callers say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from hub.api import JsonObject
from hub.api.chat import ChatSandbox


class Sandbox(ChatSandbox):
    """One server. With `obeys` its model does whatever the caller says."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__(clock)
        self.obeys = False

    def answer_to(self, data: Mapping[str, Any]) -> JsonObject:
        last = str(data["conversation"][-1]["words"])
        if self.obeys:
            return {"say": f"Sure. {last}", "choose": last.split()[-1] if len(last) % 2 and last.split() else None}
        if "flood" in last.lower():
            return {"say": "I am connecting you.", "choose": data["may"][0]}
        return {"say": "What happened?", "choose": None}
