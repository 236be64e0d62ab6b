"""What parties hear: spoken texts and the hub's own files. Sound is PCM as the engine takes it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import structlog

from plugins.carriers.sip.engine.decoding import decode_sound
from plugins.carriers.sip.engine.interface import SipError
from plugins.carriers.sip.engine.speech import Speaker
from plugins.carriers.sip.engine.voices import ENGLISH, find_voices
from plugins.carriers.sip.gateway.hub_client import HubClient

log = structlog.get_logger(__name__)
MAX_KEPT = 200
"""Prompts in memory; a number has a handful."""
TALK_SECONDS = 10.0
"""How long a caller waits for a sentence of an assistant."""
MAX_KEPT_BYTES = 64_000_000
"""Of all of them, beside the newest one: an hour of sound."""


class KeptPrompts:
    """Prompts in memory and on disk. One that cannot be made is logged, and nothing is heard in its place."""

    def __init__(
        self, folder: Path, hub: HubClient, voices: Mapping[str, str], most_bytes: int = MAX_KEPT_BYTES
    ) -> None:
        self._folder, self._hub, self._voices, self._most = folder / "prompts", hub, voices, most_bytes
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._speaker: Speaker | None = None
        self._talker: Speaker | None = None
        """Speaks in conversations, where a caller waits for it."""
        self._talking: set[asyncio.Task[bytes]] = set()
        self._memory: dict[tuple[str, str], asyncio.Task[bytes]] = {}

    async def said(self, text: str, language: str | None) -> bytes:
        """A spoken text; empty if this machine has no voice for it."""
        return await self._kept(("said", f"{language} {text}"), lambda: self._speak(text, language or ENGLISH))

    async def said_once(self, text: str, language: str) -> bytes:
        """What an assistant says in one call. It is made to its end, even if the caller has interrupted it."""
        made = asyncio.ensure_future(self._talk(text, language))
        self._talking.add(made)
        made.add_done_callback(self._talking.discard)
        done, _ = await asyncio.wait({made}, timeout=TALK_SECONDS)
        if not done:
            log.error("an assistant cannot speak", why="the voice is too slow")
        return made.result() if done else b""

    async def _talk(self, text: str, language: str) -> bytes:
        try:
            if self._talker is None:
                self._talker = Speaker(self._folder, await asyncio.to_thread(find_voices, self._voices), nice=0)
            return await self._talker.say_once(text, language)
        except (SipError, OSError, TimeoutError) as error:
            log.error("an assistant cannot speak", why=str(error) or type(error).__name__)
            return b""

    async def played(self, url: str) -> bytes:
        """A file of the hub; empty if it cannot be had. Its address names its content, so it is fetched once. A message of
        a caller, which has a signed address, is not kept."""
        if "?" in url:
            audio = await self._hub.audio(url)
            return await asyncio.to_thread(decode_sound, audio) if audio else b""
        return await self._kept(("played", url), lambda: self._fetch(url))

    async def _kept(self, name: tuple[str, str], make: Callable[[], Awaitable[bytes]]) -> bytes:
        if name not in self._memory:
            while len(self._memory) >= MAX_KEPT or sum(map(_size, self._memory.values())) > self._most:
                self._memory.pop(next(iter(self._memory)))
            self._memory[name] = asyncio.ensure_future(make())
        try:
            pcm = await asyncio.shield(self._memory[name])
        except (SipError, OSError, TimeoutError) as error:
            log.error("a prompt cannot be heard", kind=name[0], why=str(error) or type(error).__name__)
            pcm = b""
        if not pcm:
            self._memory.pop(name, None)
        return pcm

    async def _speak(self, text: str, language: str) -> bytes:
        if self._speaker is None:
            self._speaker = Speaker(self._folder, await asyncio.to_thread(find_voices, self._voices))
        return await self._speaker.say(text, language)

    async def _fetch(self, url: str) -> bytes:
        kept = self._folder / f"{hashlib.sha256(url.encode()).hexdigest()}.file"
        with contextlib.suppress(OSError):
            return await asyncio.to_thread(kept.read_bytes)
        audio = await self._hub.audio(url)
        if not audio:
            return b""
        pcm = await asyncio.to_thread(decode_sound, audio)
        await asyncio.to_thread(_keep, kept, pcm)
        return pcm

    async def forget(self) -> None:
        """End the process that spoke in conversations."""
        talker, self._talker = self._talker, None
        if talker is not None:
            await talker.close()

    async def close(self) -> None:
        """End the voices."""
        for speaker in filter(None, (self._speaker, self._talker)):
            await speaker.close()

    def sweep(self) -> None:
        """Delete what was not said for a month."""
        if self._speaker is not None:
            self._speaker.sweep()


def _size(made: asyncio.Task[bytes]) -> int:
    failed = not made.done() or made.cancelled() or made.exception()
    return 0 if failed else len(made.result())


def _keep(kept: Path, pcm: bytes) -> None:
    part = kept.with_suffix(".part")
    part.write_bytes(pcm)
    part.replace(kept)
