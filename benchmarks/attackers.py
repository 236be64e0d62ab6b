"""What strangers can do to a hub: its memory under forged webhooks, and its calls among half-open connections.

Each scene runs a hub of its own with Twilio's stand-in as the signer of genuine calls, and attackers in another process. In
the scenes of half-open connections the hub has 1,024 file descriptors. While the attackers go on, a genuine call rings
every half second, on a new connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.figures import Figure, at_least, at_most, print_figures
from benchmarks.processes import free_port, hub, python, started
from benchmarks.webhooks import CONFIG, NUMBER, Webhooks
from plugins.carriers.twilio.sandbox import Sandbox

SECONDS = 20.0
CALL_EVERY = 0.5
LIMIT_FILES = 1_024
CONNECTIONS = {"nobody": 0, "bodies": 100, "just allowed": 100, "one address": 3_000, "many addresses": 3_000}
"""Scene → the attackers' connections, each of which is opened again when it is closed. The first is for comparison."""
LARGE, ALLOWED = 1_000_000, 65_000
"""Bytes of a forged body: far too large, and as large as Twilio's may be."""


@dataclass
class Seen:
    """What happened to the hub and its genuine callers during a scene."""

    megabytes: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    """Until each ringing call was answered; those that were not are missing."""
    calls: int = 0


def measure() -> list[Figure]:
    """The figures of all scenes."""
    figures = []
    for scene, connections in CONNECTIONS.items():
        seen = _play(scene)
        slowest = max(seen.seconds, default=float("inf"))
        name = f"{connections:,} attackers, {scene}"
        figures += [
            at_most(f"{name}: memory", max(seen.megabytes), 400.0, "MB"),
            at_least(f"{name}: ringing calls answered", 100 * len(seen.seconds) / seen.calls, 100.0, "%"),
            at_most(f"{name}: the slowest of them", slowest, 1.0, "s"),
        ]
    return figures


def _play(scene: str) -> Seen:
    seen = Seen()
    with tempfile.TemporaryDirectory() as folder, _hub(Path(folder), scene) as (process, webhooks, port):
        command = python("-m", "benchmarks.attackers", scene, str(port))
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as attackers:
            time.sleep(2)
            ends = time.monotonic() + SECONDS
            while time.monotonic() < ends:
                threading.Thread(target=_ring, args=(port, _ringing(webhooks), seen), daemon=True).start()
                seen.megabytes.append(process.memory_info().rss / 2**20)
                time.sleep(CALL_EVERY)
            attackers.kill()
        time.sleep(3)
    return seen


@contextmanager
def _hub(folder: Path, scene: str) -> Iterator[tuple[psutil.Process, Webhooks, int]]:
    twilio, port = Sandbox(), free_port()
    (folder / "config.yaml").write_text(CONFIG.format(port=port, folder=folder, number=NUMBER))
    secrets = {"TWILIO_ACCOUNT_SID": twilio.account_sid, "TWILIO_AUTH_TOKEN": twilio.auth_token}
    files = LIMIT_FILES if "address" in scene else resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    command = ["sh", "-c", f'ulimit -n {files}; exec "$@"', "hub", *hub("run", "--config", str(folder / "config.yaml"))]
    with started(command, port, os.environ | secrets) as process:
        time.sleep(2)
        yield psutil.Process(process.pid), Webhooks(twilio, port), port


def _ringing(webhooks: Webhooks) -> bytes:
    """The first webhook of a new call."""
    return next(each for each in webhooks.take(12) if b"/voice" in each.split(b"\r\n", 1)[0])


def _ring(port: int, request: bytes, seen: Seen) -> None:
    seen.calls += 1
    begun = time.monotonic()
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(request)
        if wire.recv(65_536).startswith(b"HTTP/1.1 200 "):
            seen.seconds.append(time.monotonic() - begun)


# the attackers


async def _attack(scene: str, port: int) -> None:
    one = {"bodies": _forged(LARGE), "just allowed": _forged(ALLOWED)}.get(scene, HALF)
    many = scene == "many addresses"
    await asyncio.gather(
        *(_stranger(port, one, f"127.0.{number // 200}.{2 + number % 200}" if many else "127.0.0.1")
          for number in range(CONNECTIONS[scene]))
    )  # fmt: skip


HALF = b"POST /webhooks/twilio/voice HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nX-Twilio-Signature: AAAA\r\n\r\nx"


def _forged(length: int) -> bytes:
    head = "POST /webhooks/twilio/voice HTTP/1.1\r\nHost: x\r\nX-Twilio-Signature: AAAA\r\n"
    return f"{head}Content-Length: {length}\r\n\r\n".encode() + b"CallSid=" + b"x" * (length - 8)


async def _stranger(port: int, request: bytes, address: str) -> None:
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
            with contextlib.suppress(OSError):
                while not reader.at_eof():
                    writer.write(request)
                    await writer.drain()
                    await reader.read(65_536)
            writer.close()
        await asyncio.sleep(0.1)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        asyncio.run(_attack(sys.argv[1], int(sys.argv[2])))
    else:
        print_figures(measure())
