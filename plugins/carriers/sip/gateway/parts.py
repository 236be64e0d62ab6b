"""What every call of the gateway works with."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Protocol

from plugins.carriers.sip.engine.interface import Bridge, Engine
from plugins.carriers.sip.engine.recognition.recognizer import Recognizer
from plugins.carriers.sip.gateway.documents import Documents
from plugins.carriers.sip.gateway.hub_client import HubClient
from plugins.carriers.sip.gateway.journal import Journal
from plugins.carriers.sip.gateway.recording_files import RecordingFiles
from plugins.carriers.sip.gateway.spool import Spool
from plugins.carriers.sip.gateway.start import Start


class Over(Exception):
    """The party has hung up, or was cut off."""


class Prompts(Protocol):
    """Makes what parties hear: PCM as the engine takes it."""

    async def said(self, text: str, language: str | None) -> bytes:
        """A spoken text; empty if this machine has no voice."""

    async def said_once(self, text: str, language: str) -> bytes:
        """What an assistant says in one call, which is kept nowhere; empty if this machine has no voice."""

    async def forget(self) -> None:
        """End what spoke in conversations, so that their words leave the memory."""

    async def played(self, url: str) -> bytes:
        """A file of the hub; empty if it cannot be had."""

    async def close(self) -> None:
        """End what speaks."""

    def sweep(self) -> None:
        """Delete what is old."""


@dataclass
class Parts:
    """The parts of one gateway."""

    start: Start
    engine: Engine
    hub: HubClient
    journal: Journal
    spool: Spool
    documents: Documents
    files: RecordingFiles
    prompts: Prompts
    recognizer: Recognizer
    bridges: dict[str, tuple[str, Bridge]] = field(default_factory=dict)
    """By the caller's leg of each call that is recorded now: the recording's id, and the bridge."""
    under_way: set[str] = field(default_factory=set)
    """The legs of calls that are not over."""
    preparing: set[asyncio.Task[Any]] = field(default_factory=set)
    """Prompts, and what conversations need, in the making that nobody waits for yet."""
    talks: int = 0
    """Conversations of assistants that are under way."""
    counts: Counter[str] = field(default_factory=Counter)
    """What happened since the start, for the health."""

    @property
    def numbers(self) -> frozenset[str]:
        """The trunk's numbers."""
        return frozenset(self.start.settings.numbers)
