"""What a plugin prints goes to the hub's log: line by line, scrubbed, at a limited rate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import IO

import structlog

from hub.platform.rate_limit import TokenBucket
from hub.platform.scrubbing import HIDDEN, scrubbed

PLUGIN_PRINTED = "plugin printed"
MAX_LINE_CHARACTERS = 300
MAX_LINE_BYTES = 4_096
MIN_SECRET_CHARACTERS = 6
"""A shorter secret setting is not looked for in what its plugin prints: it would hide ordinary words."""
LINES = (50.0, 5.0)
"""How many lines at once, and how many a second."""


class PluginLog:
    """The lines of one plugin host: printed ones, and those of the connector's own log."""

    def __init__(self, connector: str, secrets: Sequence[str] = ()) -> None:
        self._secrets = sorted((each for each in secrets if len(each) >= MIN_SECRET_CHARACTERS), key=len, reverse=True)
        self._log = structlog.get_logger("plugin").bind(connector=connector)
        self._bucket = TokenBucket(LINES[0], LINES[1], LINES[0], datetime.now(UTC))
        self._dropped = 0

    def follow(self, stream: IO[bytes]) -> None:
        """Log everything that comes out of `stream`, until it ends."""
        while line := stream.readline(MAX_LINE_BYTES):
            if text := line.decode("utf-8", "replace").rstrip():
                self.write("info", PLUGIN_PRINTED, {"line": text})

    def write(self, level: str, event: str, values: dict[str, object]) -> None:
        """One line; above the limit it is only counted."""
        if self._bucket.take(datetime.now(UTC)) < 1:
            self._dropped += 1
            return
        shown = {str(name)[:40]: self._short(value) for name, value in list(values.items())[:20]}
        if self._dropped:
            shown["dropped_lines"], self._dropped = self._dropped, 0
        shown.pop("event", None)
        (self._log.warning if level == "warning" else self._log.info)(self._short(event), **shown)

    def _short(self, value: object) -> object:
        if isinstance(value, int | float | None):
            return value
        text = str(value)
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return scrubbed(text)[:MAX_LINE_CHARACTERS]
