"""The forms of a call flow's page as a browser sends them."""

from __future__ import annotations

from typing import Any


def menu(**changes: Any) -> dict[str, Any]:
    """The form of the step `menu` as a browser sends it."""
    sent = {
        "form": "step", "was": "menu", "shown_do": "menu", "do": "menu", "name": "menu", "say": "Press 1.", "play": "",
        "seconds": "5", "repeat": "1", "keys.key": ["1", "2"], "keys.to": ["desk", "night"], "otherwise": "desk",
        "deed": "save",
    }  # fmt: skip
    return {name: value for name, value in {**sent, **changes}.items() if value is not None}
