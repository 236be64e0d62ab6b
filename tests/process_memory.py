"""What stands in the memory of plugins' processes, and which process takes the place of another."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from hub.plugin_host.registry import Plugins

PATIENCE = 90.0


def memory_of(pid: int) -> bytes:
    """All that a process has in its memory and may write."""
    found = []
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, *_ = line.split()
            if not rights.startswith("rw") or "[v" in line:
                continue
            begin, end = (int(each, 16) for each in span.split("-"))
            memory.seek(begin)
            with suppress(OSError):  # a mapping behind the end of its file
                found.append(memory.read(end - begin))
    return b"".join(found)


def holds(pid: int, word: str) -> bool:
    """Whether a process has a word in its memory, however Python writes it."""
    memory = memory_of(pid)
    return any(word.encode(coding) in memory for coding in ("utf-8", "utf-16-le", "utf-32-le"))


def next_pid(plugins: Plugins, name: str, before: int) -> int:
    """The process that takes the place of another, which is gone."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        pid = plugins.hosts[name].pid
        if pid is not None and pid != before:
            return pid
        time.sleep(0.01)
    raise AssertionError("no other process took its place")
