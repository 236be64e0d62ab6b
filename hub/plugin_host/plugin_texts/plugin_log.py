"""A connector's log, and what its plugin prints: line by line, scrubbed, at a limited rate."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import IO

import structlog

from hub.contracts.connector import Connector
from hub.platform.rate_limit import TokenBucket
from hub.platform.scrubbing import scrubbed
from hub.plugin_host.host.shapes import secrets_in
from hub.plugin_host.plugin_texts.scrubber import Scrubber

PLUGIN_PRINTED = "plugin printed"
MAX_LINE_CHARACTERS = 300
MAX_LINE_BYTES = 4_096
MAX_NAME_CHARACTERS = 40
MAX_VALUES = 20
"""Of one line."""
LINES = (50.0, 5.0)
"""How many lines at once, and how many a second: at most 350 in a minute."""
DROPPED_SECONDS = 0.001
"""What each line above that costs the plugin, so that one that writes without end does not keep a processor busy."""


class PluginLog:
    """The log of one connector; `scrubber` knows what its plugin may not say."""

    def __init__(self, connector: str, scrubber: Scrubber) -> None:
        self.scrubber = scrubber
        self._log = structlog.get_logger("plugin", connector=connector)
        self._bucket = TokenBucket(LINES[0], LINES[1], LINES[0], datetime.now(UTC))
        self._dropped = 0

    def info(self, event: str, **values: object) -> None:
        """Something worth knowing."""
        self.write("info", event, values)

    def warning(self, event: str, **values: object) -> None:
        """Something a person should look at."""
        self.write("warning", event, values)

    debug = info
    error = exception = critical = warning

    def follow(self, stream: IO[bytes]) -> None:
        """Log everything that comes out of `stream`, until it ends."""
        while line := stream.readline(MAX_LINE_BYTES):
            if text := line.decode("utf-8", "replace").rstrip():
                self.write("info", PLUGIN_PRINTED, {"line": text})

    def write(self, level: str, event: str, values: dict[str, object]) -> None:
        """One line; above the limit it is only counted."""
        if self._bucket.take(datetime.now(UTC)) < 1:
            self._dropped += 1
            time.sleep(DROPPED_SECONDS)
            return
        pairs = list(values.items())[:MAX_VALUES]
        shown = {self._text(name)[:MAX_NAME_CHARACTERS]: self._value(value) for name, value in pairs}
        if self._dropped:
            shown["dropped_lines"], self._dropped = self._dropped, 0
        shown.pop("event", None)
        (self._log.warning if level == "warning" else self._log.info)(self._text(event), **shown)

    def _value(self, value: object) -> object:
        if value is None or isinstance(value, bool):
            return value
        text = self._text(value)
        return value if isinstance(value, int | float) and text == str(value) else text

    def _text(self, value: object) -> str:
        return scrubbed(self.scrubber.text(value, MAX_LINE_CHARACTERS))


def log_of(connector: Connector) -> PluginLog:
    """A connector's log, with the scrubber that knows what its plugin was handed."""
    log = connector.services.log
    return log if isinstance(log, PluginLog) else PluginLog(connector.name, Scrubber(secrets_in(connector.settings)))
