"""The hub process: starts `hub run` as a separate process, kills it without warning, or stops it cleanly."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2

from hub.errors import RingfenceError
from hub.proof.chaos.environment import Environment

START_TIMEOUT_SECONDS = 90.0
STOP_TIMEOUT_SECONDS = 30.0
"""Seconds."""


class HubProcess:
    """Runs one hub process after another; `log` collects their output."""

    def __init__(self, stage: Environment) -> None:
        self.log: Path = stage.config.with_name("hub.log")
        self._client = httpx2.Client(base_url=stage.address, timeout=5, trust_env=False)
        command = [sys.executable, "-m", "hub.proof.chaos.fork_server", str(stage.config)]
        with self.log.open("ab") as log:
            self._fork_server = subprocess.Popen(  # noqa: S603 - our own command
                command, env=dict(stage.environ), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
            )
        self._process: int | None = None

    def start(self) -> None:
        """Start a hub; it does not answer yet."""
        assert self._fork_server.stdin is not None
        self._fork_server.stdin.write(b"\n")
        self._fork_server.stdin.flush()
        self._process = self._line(START_TIMEOUT_SECONDS)
        if self._process is None:
            raise self._trouble()

    def wait_until_ready(self) -> None:
        """Wait for the first answer; RingfenceError if the process ends or takes too long."""
        until = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < until:
            try:
                if self._client.get("/readyz").status_code == 200:
                    return
            except httpx2.HTTPError:
                pass
            if self._line(0.02) is not None:
                self._process = None
                break
        raise self._trouble()

    @property
    def pid(self) -> int:
        """The id of the process that runs."""
        assert self._process is not None, "no hub runs"
        return self._process

    def is_running(self) -> bool:
        """Whether the hub still runs."""
        if self._process is not None and self._line(0.0) is not None:
            self._process = None
        return self._process is not None

    def kill(self) -> None:
        """Kill the hub with SIGKILL: no handler runs, nothing is flushed."""
        if self._process is not None:
            os.kill(self._process, signal.SIGKILL)
            self._line(STOP_TIMEOUT_SECONDS)
            self._process = None

    def stop(self) -> bool:
        """Stop the hub with SIGTERM. Returns whether it ended in time and without an error."""
        if self._process is None:
            return False
        os.kill(self._process, signal.SIGTERM)
        ended = self._line(STOP_TIMEOUT_SECONDS)
        if ended is None:
            self.kill()
        self._process = None
        return ended == 0

    def end(self) -> None:
        """Kill the hub and the fork server, and close the client."""
        self.kill()
        self._fork_server.kill()
        self._fork_server.communicate()
        self._client.close()

    def _line(self, seconds: float) -> int | None:
        """The next number that the fork server prints: a process id or an exit code; None if none comes in time."""
        assert self._fork_server.stdout is not None
        readable, _, _ = select.select([self._fork_server.stdout], [], [], seconds)
        line = self._fork_server.stdout.readline() if readable else b""
        return int(line) if line.strip() else None

    def _trouble(self) -> RingfenceError:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        last = lines[-1][:200] if lines else "nothing"
        return RingfenceError(f"the hub did not start again; its log {self.log} ends: {last}")
