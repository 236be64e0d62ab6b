"""The lines of calls that are under way: a number that left config.yaml still leads the calls that came in on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from hub.contracts.answers import AnswerPoint
from hub.numbers.directory import Directory, Line


class CallLines:
    """The lines that this process has answered for. It outlives changes of the configuration."""

    def __init__(self) -> None:
        self._known: Mapping[str, Line] = {}
        self.former: dict[str, Line] = {}
        """Number → its last line, if it has none any more."""

    def note(self, directory: Directory) -> None:
        """Another directory is current."""
        present = directory.lines.keys() | directory.resting.keys()
        gone = {number: line for number, line in {**self.former, **self._known}.items() if number not in present}
        self._known, self.former = directory.lines, gone

    def line(self, directory: Directory, point: AnswerPoint, now: datetime) -> Line | None:
        """The line of a call; only a call that rings needs a number of today, or one that rests."""
        line = directory.line(point.tracking_number, now)
        return line if line or point.moment == "ringing" else self.former.get(point.tracking_number)
