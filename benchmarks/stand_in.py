"""A plugin's stand-in in a process of its own: it prints its settings, and lives until its standard input ends."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from benchmarks.processes import python
from hub.plugin_host.discovery import discover


class StandIn:
    """A stand-in that runs elsewhere."""

    def __init__(self, settings: dict[str, Any], process: psutil.Process) -> None:
        self.settings, self._process = settings, process

    def cpu_seconds(self) -> float:
        """How long it has worked so far."""
        times = self._process.cpu_times()
        return float(times.user + times.system)


@contextmanager
def stand_in(plugin: str) -> Iterator[StandIn]:
    """The stand-in of a plugin's provider, in another process."""
    command = python("-m", "benchmarks.stand_in", plugin)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield StandIn(json.loads(process.stdout.readline()), psutil.Process(process.pid))


if __name__ == "__main__":
    made = discover().classes[sys.argv[1]].sandbox_class()
    assert made is not None
    with made() as sandbox:
        print(json.dumps(sandbox.settings()), flush=True)
        sys.stdin.read()
