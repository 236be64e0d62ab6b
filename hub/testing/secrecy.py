"""Finds texts that must never be in an error, a receipt or a log line: secrets, phone numbers, emails, click ids."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog
from pydantic import BaseModel

from hub.contracts.values import personal_fields
from hub.plugin_host.host.shapes import secrets_in

MIN_SECRET_CHARACTERS = 6
"""Minimum length: a shorter text identifies no one and would be found by chance."""

TRANSPORTS = ("httpx2", "httpcore2", "httpx", "httpcore", "urllib3", "requests", "asyncio", "uvicorn")
"""Loggers of HTTP libraries; the hub writes only their lines from WARNING up."""


def secrets_of(settings: BaseModel) -> set[str]:
    """The secret texts in settings, including nested ones; for a text with many lines (a PEM key), each long line."""
    lines = (line for secret in secrets_in(settings) for line in secret.splitlines())
    return {line for line in lines if len(line) >= MIN_SECRET_CHARACTERS and not line.startswith("-----")}


def personal_texts(value: Any) -> set[str]:
    """The personal texts in a contract's value; phone numbers also in other common formats."""
    return set().union(*personal_texts_by_field(value).values())


def personal_texts_by_field(value: Any) -> dict[str, set[str]]:
    """The same by the name of the field."""
    names = personal_fields(value.__class__) if dataclasses.is_dataclass(value) else {}
    found: dict[str, set[str]] = {}
    for name in names:
        held = getattr(value, name)
        texts = held.values() if isinstance(held, Mapping) else held if isinstance(held, tuple) else [held]
        found[name] = set()
        for text in texts:
            if isinstance(text, str) and len(text) >= MIN_SECRET_CHARACTERS:
                found[name] |= {text}
                if re.fullmatch(r"\+\d{8,15}", text):
                    found[name] |= {text[1:], text[-10:]}
    return found


def leaked(texts: Iterable[str], forbidden: Iterable[str]) -> list[str]:
    """The forbidden texts that appear, shortened so that a test report does not repeat them."""
    joined = "\n".join(texts)
    return sorted({f"{text[:3]}… ({len(text)} characters)" for text in forbidden if text in joined})


@contextmanager
def listening() -> Iterator[list[str]]:
    """Collects what is printed, and every log line of the structured log and, from INFO up, of the standard one."""
    lines: list[str] = []
    printed = io.StringIO()

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno >= logging.WARNING or record.name.partition(".")[0] not in TRANSPORTS:
                lines.append(f"{record.name}: {record.getMessage()} {record.exc_info or ''}")

    collector, root = Collector(logging.INFO), logging.getLogger()
    level, handlers = root.level, root.handlers
    # A handler that a hub in this process has set up would hand the lines of HTTP libraries, which it never gets, to structlog.
    root.handlers = [collector]
    root.setLevel(logging.INFO)
    try:
        with (
            structlog.testing.capture_logs() as entries,
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
        ):
            yield lines
    finally:
        root.handlers = handlers
        root.setLevel(level)
        lines.extend([*map(repr, entries), printed.getvalue()])
