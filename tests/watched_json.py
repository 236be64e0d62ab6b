"""A JSON object that notes what of it is read, so that a test tries or lists each member by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Place = tuple[str, ...]
"""The names of the members from the object to one of its values."""


class Watched(dict[str, Any]):
    """An object of JSON that notes which of its members are read, and those of the objects in it."""

    def __init__(self, members: Mapping[str, Any], place: Place = (), seen: set[Place] | None = None) -> None:
        super().__init__(members)
        self._place, self.seen = place, set() if seen is None else seen

    def get(self, name: str, default: Any = None) -> Any:
        """A member, which is noted."""
        return self._noted(name, super().get(name, default))

    def __getitem__(self, name: str) -> Any:
        return self._noted(name, super().__getitem__(name))

    def __contains__(self, name: object) -> bool:
        self._noted(str(name), None)
        return super().__contains__(name)

    def _noted(self, name: str, value: Any) -> Any:
        place = (*self._place, name)
        self.seen.add(place)
        return Watched(value, place, self.seen) if isinstance(value, dict) else value
