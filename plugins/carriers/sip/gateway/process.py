"""The gateway's process: its lock, its parts, its signals, from the start to the last call."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import json
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import structlog
import uvicorn

from plugins.carriers.sip.companion import LOCK_FILE
from plugins.carriers.sip.engine.interface import Engine
from plugins.carriers.sip.engine.recognition.recognizer import Recognizer
from plugins.carriers.sip.engine.repeating import again
from plugins.carriers.sip.gateway.call.incoming import take
from plugins.carriers.sip.gateway.control_api import ControlApi
from plugins.carriers.sip.gateway.documents import Documents
from plugins.carriers.sip.gateway.fields import now, place_of, stamp
from plugins.carriers.sip.gateway.hub_client import HubClient
from plugins.carriers.sip.gateway.journal import Journal
from plugins.carriers.sip.gateway.parts import Parts, Prompts
from plugins.carriers.sip.gateway.prompts import KeptPrompts
from plugins.carriers.sip.gateway.recording_files import RecordingFiles
from plugins.carriers.sip.gateway.recovery import note_alive, recover
from plugins.carriers.sip.gateway.reporting import keep_messages, sweep_messages
from plugins.carriers.sip.gateway.spool import Spool
from plugins.carriers.sip.gateway.start import Start

log = structlog.get_logger(__name__)
CALL_DAYS = 30
SWEEP_SECONDS = 3600.0
MESSAGE_SECONDS = 15.0
"""How often the signalling of calls that are over is written to the journal."""
IDLE_SECONDS = 0.2
"""How often a gateway that shall end looks whether its last call is over."""
DIED = 70
"""The exit status after the engine died."""


class ControlServer(uvicorn.Server):
    """Serves the control address; the process handles its signals itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


class Gateway:
    """One gateway that runs."""

    def __init__(self, start: Start, engine: Engine, prompts: Prompts | None = None) -> None:
        journal, hub = Journal(start.folder), HubClient(start)
        self.parts = Parts(
            start=start,
            engine=engine,
            hub=hub,
            journal=journal,
            spool=Spool(journal, hub),
            documents=Documents(journal),
            files=RecordingFiles(start.folder, start.settings.secrets),
            prompts=prompts or KeptPrompts(start.folder, hub, start.settings.voices),
            recognizer=Recognizer(start.settings.whisper_model),
        )
        self._ending = asyncio.Event()
        self._draining = False
        self._status = 0

    async def run(self) -> int:
        """Take calls until a signal or a death ends it; the exit status."""
        parts = self.parts
        host, port = parts.start.control
        config = uvicorn.Config(
            ControlApi(parts).app(), host=host, port=port, lifespan="off", log_config=None, access_log=False, ws="none"
        )
        server = ControlServer(config)
        lost = await recover(parts)
        sweeping = again("sweep", SWEEP_SECONDS, self._sweep)
        tasks = [asyncio.ensure_future(each) for each in (parts.spool.run(), note_alive(parts), sweeping)]
        tasks.append(asyncio.ensure_future(server.serve()))
        try:
            await parts.engine.start(partial(take, parts), self._died)
            parts.engine.end_lost(lost)
            gc.freeze()  # a collection of all that lives as long as the process would interrupt the sound
            log.info("the gateway takes calls", listen=parts.start.settings.listen)
            keeping = again("messages", MESSAGE_SECONDS, partial(keep_messages, parts))
            tasks.append(asyncio.ensure_future(keeping))
            tasks.append(asyncio.ensure_future(self._end_with(tasks[:])))
            await self._ending.wait()
        finally:
            await parts.engine.close()
            await self._finish()
            await keep_messages(parts)
            server.should_exit = True
            for task in tasks:
                if task is not tasks[3]:
                    task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await parts.prompts.close()
            await parts.recognizer.close()
            await parts.hub.close()
            await asyncio.to_thread(parts.journal.close)
        return self._status

    async def _end_with(self, tasks: list[asyncio.Task[None]]) -> None:
        """End if one of the tasks ends, because without it nothing works."""
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            error = None if task.cancelled() else task.exception()
            log.error("a part of the gateway has ended", **(place_of(error) if error else {}))
        self._died()

    async def _finish(self, seconds: float = 5.0) -> None:
        """Let calls that were just ended write their reports."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.parts.under_way:
                    await asyncio.sleep(IDLE_SECONDS)

    def _died(self) -> None:
        self._status = DIED
        self._ending.set()

    def drain(self) -> None:
        """Take nothing new, and end after the last call (SIGTERM)."""
        if not self._draining:
            self._draining = True
            log.info("the gateway takes no new calls and ends after its last one", calls=len(self.parts.under_way))
            self._later(self._drained())

    async def _drained(self) -> None:
        await self.parts.engine.drain()
        while self.parts.under_way:
            await asyncio.sleep(IDLE_SECONDS)
        self._ending.set()

    def renew(self) -> None:
        """End at the next moment without a call, because the settings have changed (SIGHUP)."""
        self._later(self._idle())

    async def _idle(self) -> None:
        while self.parts.under_way or self.parts.engine.legs():
            await asyncio.sleep(IDLE_SECONDS)
        self._ending.set()

    def _later(self, work: Awaitable[None]) -> None:
        self._work = asyncio.ensure_future(work)

    async def _sweep(self) -> None:
        """Delete what is old."""
        parts = self.parts
        await asyncio.to_thread(parts.prompts.sweep)
        await asyncio.to_thread(parts.files.keep_reserve)
        gone = await asyncio.to_thread(parts.files.sweep, parts.start.settings.keep_recordings_days)
        old = stamp(now().fromtimestamp(now().timestamp() - CALL_DAYS * 86_400, tz=now().tzinfo))
        await parts.journal.write(
            *(("delete from recording where sid = ?", (sid,)) for sid in gone),
            ("delete from recording where status = 'completed' and start_time < ?", (old,)),
            ("delete from leg where end_time is not null and start_time < ?", (old,)),
            ("delete from placed where at < ?", (old,)),
            ("delete from document where at < ?", (old,)),
            *sweep_messages(),
        )


def locked(start: Start) -> bool:
    """Take the gateway's lock for as long as the process lives; whether nobody else has it."""
    start.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    held = os.open(Path(start.folder) / LOCK_FILE, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        return False
    os.ftruncate(held, 0)
    os.write(held, json.dumps({"pid": os.getpid(), "version": start.version}).encode())
    return True


async def serve(start: Start, make: Callable[[Start], Engine]) -> int:
    """Run a gateway until a signal or a death ends it."""
    gateway = Gateway(start, make(start))
    loop = asyncio.get_running_loop()
    for number, action in (
        (signal.SIGTERM, gateway.drain),
        (signal.SIGINT, gateway.drain),
        (signal.SIGHUP, gateway.renew),
    ):
        loop.add_signal_handler(number, action)
    return await gateway.run()
