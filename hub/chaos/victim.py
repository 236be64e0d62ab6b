"""The victim: `hub run` as a process of its own, started, killed without warning, and stopped in peace."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from hub.chaos.stage import Stage
from hub.errors import RingfenceError

LONGEST_START = 30.0
LONGEST_STOP = 30.0
"""Seconds."""
LOADED = """
import sys, hub.worker, hub.web.app
from hub.cli import main
sys.stdin.readline()
main()
"""
"""`hub run` that has loaded its modules and waits for a line: so that most of a run is life, not the loading of Python."""


class Victim:
    """One hub process at a time, and a loaded one that waits to be the next; `log` collects what all of them wrote."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.log: Path = stage.config.with_name("hub.log")
        self._client = httpx.Client(base_url=stage.address, timeout=5, trust_env=False)
        self._process: subprocess.Popen[bytes] | None = None
        self._next = self._load()

    def start(self) -> None:
        """Start the hub; it does not answer yet."""
        self._started_at = time.monotonic()
        self._process, self._next = self._next, self._load()
        with contextlib.suppress(BrokenPipeError):  # it has died; wait_until_ready tells
            assert self._process.stdin is not None
            self._process.stdin.write(b"go\n")
            self._process.stdin.close()

    def _load(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", LOADED, "run", "--config", str(self._stage.config)]
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own command
                command, env=dict(self._stage.environ), stdout=log, stderr=log, stdin=subprocess.PIPE
            )

    def wait_until_ready(self) -> None:
        """Wait for the first answer; RingfenceError where the process ends or takes too long."""
        while True:
            try:
                if self._client.get("/readyz").status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            ended = self._process is None or self._process.poll() is not None
            if ended or time.monotonic() - self._started_at > LONGEST_START:
                self.kill()
                raise RingfenceError(f"the hub did not start again; its log {self.log} ends: {self._last_words()}")
            time.sleep(0.02)

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1][:200] if lines else "nothing"

    def kill(self) -> None:
        """Kill it with SIGKILL: no handler runs, nothing is flushed."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def end(self) -> None:
        """Kill all that is there."""
        self.kill()
        self._next.kill()
        self._next.wait()
        self._client.close()

    def stop(self) -> bool:
        """Stop it with SIGTERM; whether it ended by itself in time and without an error."""
        if self._process is None:
            return False
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(LONGEST_STOP)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        self._process = None
        return code in (0, -signal.SIGTERM)
