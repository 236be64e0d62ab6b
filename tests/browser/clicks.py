"""A hand that does a job in a page by mouse or by touch, and counts: one for each click, one for each field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any


@dataclass
class Hand:
    """Works in one tab. `touches` says whether it taps instead of clicking."""

    tab: Any
    touches: bool = False
    count: int = 0

    def press(self, words: str, role: str = "", *, exact: bool = False) -> None:
        """Click or tap the visible button, link or box of this name."""
        found = self.tab.get_by_role(role, name=words, exact=exact) if role else self._pressable(words)
        self.press_at(found.locator("visible=true").first)

    def press_at(self, place: Any) -> None:
        """Click or tap one element."""
        (place.tap if self.touches else place.click)()
        self.count += 1

    def fill(self, label: str, text: str) -> None:
        """Type into a field, over what stands there."""
        self.tab.get_by_label(label, exact=True).locator("visible=true").first.fill(text)
        self.count += 1

    def choose(self, label: str, words: str) -> None:
        """Choose from a list."""
        self.tab.get_by_label(label, exact=True).locator("visible=true").first.select_option(label=words)
        self.count += 1

    def _pressable(self, words: str) -> Any:
        name = re.compile(rf"^\W*{re.escape(words)}")
        named = [self.tab.get_by_role(role, name=name) for role in ("button", "link", "radio", "checkbox")]
        first, *others = named
        for each in others:
            first = first.or_(each)
        return first
