"""Processes that a benchmark starts, waits for, and ends."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from hub.platform.loopback import free_port as free_port

START_TIMEOUT_SECONDS = 30.0
"""Seconds that a server may take until it listens."""


def python(*arguments: str) -> list[str]:
    """A command line of this Python."""
    return [sys.executable, *arguments]


def hub(*arguments: str) -> list[str]:
    """A command line of `hub`, as its console script runs it."""
    return python("-c", "import sys; from hub.cli import main; sys.exit(main())", *arguments)


@contextmanager
def started(
    command: Sequence[str], port: int, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A server that listens on `port`; it is ended at the end."""
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        given_up = time.monotonic() + START_TIMEOUT_SECONDS
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > given_up:
                raise RuntimeError(f"{command[-1]} does not listen on {port}")
            time.sleep(0.01)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=15)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
