"""What callers say as words: by a child process with Whisper, so that sound that is under way never waits for it.

One turn after the other. Few may wait, and none for long: a caller who is not understood in time goes on at `otherwise`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import structlog

from plugins.carriers.sip.engine.interface import SipError

log = structlog.get_logger(__name__)
MAX_WAITING = 4
"""Turns that wait for the child, and the one that it hears."""
PATIENCE_S = 4.0
"""From the end of a turn until its words; a child that takes longer is ended."""
START_S = 30.0
RETRY_S = 60.0
"""After a start that failed no other is tried for so long."""


class NotUnderstood(SipError):
    """What a caller said could not be turned into words."""


class Recognizer:
    """Understands speech with the model in the folder `model`, or with the installed one."""

    def __init__(self, model: Path | None) -> None:
        """Nothing is started yet."""
        self._model = model
        self._child: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._failed = float("-inf")
        self._ready = False
        self.why = ""
        """Why it does not work; empty if it does, or was not needed yet."""

    async def start(self) -> None:
        """Load the model before it is needed; harmless again."""
        try:
            async with self._turn:
                await self._started()
        except NotUnderstood:
            return

    async def words(self, pcm: bytes, language: str) -> str:
        """What was said; blank if nothing. Raises `NotUnderstood`. Cancelled, it lets the child finish."""
        if self._waiting > MAX_WAITING:
            raise NotUnderstood("Too many callers speak at once.")
        self._waiting += 1
        asking = asyncio.ensure_future(self._ask(pcm, language))
        asking.add_done_callback(self._done)
        try:
            return await asyncio.wait_for(asyncio.shield(asking), PATIENCE_S)
        except TimeoutError:
            log.error("a caller was not understood in time")
            if self._ready:
                await self.close()
            raise NotUnderstood("What was said was not understood in time.") from None

    def _done(self, asking: asyncio.Task[str]) -> None:
        self._waiting -= 1
        if not asking.cancelled():
            asking.exception()  # nobody may wait for it any more

    async def _ask(self, pcm: bytes, language: str) -> str:
        async with self._turn:
            child = await self._started()
            assert child.stdin
            child.stdin.write(json.dumps({"language": language, "bytes": len(pcm)}).encode() + b"\n" + pcm)
            reply = await self._read(child)
            if not reply:
                await self.close()
        if "words" not in reply:
            raise NotUnderstood(str(reply.get("why") or "The process that understands speech has ended."))
        return str(reply["words"])

    async def _started(self) -> asyncio.subprocess.Process:
        if self._child and self._child.returncode is None:
            return self._child
        if time.monotonic() < self._failed + RETRY_S:
            raise NotUnderstood(self.why)
        child = self._child = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "plugins.carriers.sip.engine.recognition.child", str(self._model or ""),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            reply = await asyncio.wait_for(self._read(child), START_S)
        except TimeoutError:
            reply = {}
        if "ready" not in reply:
            self._failed = time.monotonic()
            self.why = str(reply.get("why") or "What understands speech does not start; see the gateway's log.")
            log.error("no assistant can understand callers", why=self.why)
            await self.close()
            raise NotUnderstood(self.why)
        self.why, self._ready = "", True
        return child

    async def _read(self, child: asyncio.subprocess.Process) -> dict[str, Any]:
        """The child's next line; empty if it has ended."""
        assert child.stdout
        line = await child.stdout.readline()
        message = json.loads(line) if line else {}
        return message if isinstance(message, dict) else {}

    async def close(self) -> None:
        """End the child."""
        child, self._child, self._ready = self._child, None, False
        if child and child.returncode is None:
            child.kill()
            await child.wait()
