"""The row of this process in the table of processes: which version it runs, and that it is alive."""

from __future__ import annotations

import os
import resource
import socket
import sys
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete
from sqlmodel import col

from hub.model import ConfigProcess
from hub.runtime import Hub
from hub.serving.running_hub import RunningHub
from hub.store.quarantine.deaths import process_id

BEAT_SECONDS = 5.0
MAX_KEYS = 30
"""How many keys the row names; an id has 16 characters."""
MAX_TROUBLE = 300
FORGOTTEN_AFTER = timedelta(minutes=10)


class Presence:
    """Writes the row of this process, or of another `process`; deletes it at the end."""

    def __init__(self, running: RunningHub, role: str, process: str | None = None) -> None:
        self._running, self._id, self._role = running, process or process_id(), role
        self._started_at = self._hub.clock()
        self._beaten: tuple[int, str, float] | None = None
        self.trouble = ""
        """Why the process could not take the newest version."""

    @property
    def _hub(self) -> Hub:
        return self._running.current.opened.hub

    def beat(self) -> None:
        """Write the row if it is due, or if another version runs or was refused."""
        version, trouble, now = self._running.version, self.trouble, time.monotonic()
        if self._beaten is not None and self._beaten[:2] == (version, trouble) and now - self._beaten[2] < BEAT_SECONDS:
            return
        with self._hub.store.writing() as session:
            session.merge(self._row(version))
            session.execute(
                delete(ConfigProcess).where(col(ConfigProcess.seen_at) < self._hub.clock() - FORGOTTEN_AFTER)
            )
        self._beaten = (version, trouble, now)

    def end(self) -> None:
        """The process ends."""
        with self._hub.store.writing() as session:
            session.execute(delete(ConfigProcess).where(col(ConfigProcess.id) == self._id))

    def _row(self, version: int) -> ConfigProcess:
        worker = self._running.current.worker
        alive, expected = worker.threads if worker is not None else (0, 0)
        return ConfigProcess(
            id=self._id,
            role=self._role,
            host=socket.gethostname()[:255],
            pid=os.getpid(),
            version=version,
            started_at=self._started_at,
            seen_at=self._hub.clock(),
            memory_bytes=memory_bytes(),
            threads_alive=alive,
            threads_expected=expected,
            key_ids=" ".join(self._hub.keyring.key_ids[:MAX_KEYS]),
            trouble=self.trouble[:MAX_TROUBLE],
        )


def memory_bytes() -> int:
    """The memory that this process holds; its highest value where the system does not say more."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError, ValueError):
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
