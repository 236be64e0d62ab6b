"""`python -m plugins.carriers.sip.gateway`: read the start text from standard input, and take calls until the end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from typing import TextIO, cast

import structlog
from pydantic import ValidationError

from plugins.carriers.sip.gateway.line import make_engine
from plugins.carriers.sip.gateway.process import locked, serve
from plugins.carriers.sip.gateway.start import read_start

MAX_START_CHARACTERS = 1_000_000
HELD = 3
"""The exit status if another process is the gateway already."""
UNREADABLE = 2
log = structlog.get_logger(__name__)


class LogStream:
    """Standard error for the log. A full disk, or a reader that is gone, costs lines; it ends no thread that writes one."""

    def __init__(self) -> None:
        self._stream = sys.stderr

    def write(self, text: str) -> None:
        """Write a line."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)

    def flush(self) -> None:
        """Pass on what was written."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


def main() -> int:
    """The whole life of a gateway; its exit status."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, LogStream())),
    )
    try:
        start = read_start(sys.stdin.read(MAX_START_CHARACTERS))
    except ValidationError as error:
        # Without the values: some of them are secrets.
        problems = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        log.error("the gateway cannot read its settings", problems=problems)
        return UNREADABLE
    if not locked(start):
        return HELD
    return asyncio.run(serve(start, make_engine))


if __name__ == "__main__":
    sys.exit(main())
