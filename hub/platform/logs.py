"""Structured logs: JSON outside a terminal, and nothing that looks like a number, an address or a secret in any of them."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable
from typing import Any, TextIO, cast

import structlog

from hub.errors import place_of
from hub.platform.error_counts import count_log_line
from hub.platform.scrubbing import scrub, scrubbed


def configure(level: str = "info", on_terminal: Callable[..., str] | None = None) -> None:
    """Set up logging for a process of the hub; what libraries log from warnings up goes the same way.

    `on_terminal` is the structlog renderer of a terminal, if not structlog's own.
    """
    renderer: Any = structlog.processors.JSONRenderer()
    if sys.stderr.isatty():
        renderer = on_terminal or structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            count_log_line,
            scrub,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, LogStream())),
        cache_logger_on_first_use=True,
    )
    handler = _ToStructlog()
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


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


class _ToStructlog(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        cause = {"error": type(error).__name__, "at": place_of(error)} if error else {}  # its text may be personal
        text = scrubbed(record.getMessage().rstrip())
        structlog.get_logger(record.name).log(record.levelno, text, library=record.name, **cause)
