"""Structured logs: JSON outside a terminal, and nothing that looks like a number, an address or a secret in any of them."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from hub.error_counts import count_log_line

PHONE = re.compile(r"\+[1-9]\d{6,14}(?!\d)")
EMAIL = re.compile(r"[^\s@\"'<>]+@[^\s@\"'<>]+\.[a-zA-Z]{2,}")
SECRET = re.compile(r"(?i)(bearer\s+|token=|authorization:?\s*)[\w.~+/=-]{8,}")


def configure(level: str = "info") -> None:
    """Set up logging for a process of the hub; what libraries log from warnings up goes the same way."""
    terminal = sys.stderr.isatty()
    renderer: Any = structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            count_log_line,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            scrub,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = _ToStructlog()
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def scrub(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last net: whatever slipped into a log line as a phone number, an e-mail address or a token is masked."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = scrubbed(value)
    return event


def scrubbed(text: str) -> str:
    """`text` with phone numbers cut to their last two digits, and addresses and tokens taken out."""
    text = PHONE.sub(lambda number: f"…{number[0][-2:]}", text)
    return SECRET.sub(r"\1***", EMAIL.sub("***@***", text))


class _ToStructlog(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger(record.name).log(record.levelno, scrubbed(record.getMessage()), library=record.name)
