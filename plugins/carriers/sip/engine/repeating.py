"""Steps that are taken again and again beside the calls."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)


async def again(part: str, seconds: float, step: Callable[[], Awaitable[object]]) -> None:
    """Take a step every `seconds`. An error, such as a full disk, ends no call: it is logged, and the next step is taken."""
    while True:
        try:
            await step()
        except Exception as error:  # noqa: BLE001 - the calls under way need the others
            with contextlib.suppress(OSError):  # a full disk refuses the log too
                log.error("a part of the gateway has failed", part=part, error=type(error).__name__)
        await asyncio.sleep(seconds)
