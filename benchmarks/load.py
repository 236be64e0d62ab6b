"""A lean HTTP client in a process of its own: many kept connections, ready-made requests, and a clock.

It parses no more of a response than its status and its length, so that the server is what is measured.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from subprocess import PIPE, run
from typing import cast
from urllib.parse import urlsplit

from hub.contracts.webhooks import WebhookRequest


@dataclass
class Shots:
    """What came back: responses by status, seconds from first to last, the client's CPU seconds; and of each request, in their
    order, the status and the seconds of its response."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def latency(self, share: float) -> float:
        """The latency in seconds that `share` of the responses stayed within."""
        return sorted(self.latencies)[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


def shoot(port: int, requests: list[bytes], *, connections: int = 64, per_second: float | None = None) -> Shots:
    """Send `requests` to 127.0.0.1 from another process: as fast as the connections allow, or at a steady rate."""
    job = pickle.dumps((port, requests, connections, per_second))
    done = run([sys.executable, "-m", "benchmarks.load"], input=job, stdout=PIPE, check=True)
    return Shots(*pickle.loads(done.stdout))


def http_request(path: str, headers: dict[str, str], body: bytes) -> bytes:
    """A POST as bytes."""
    head = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    head += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*head, "", ""]).encode() + body


def as_bytes(request: WebhookRequest) -> bytes:
    """A carrier's webhook as bytes."""
    parts = urlsplit(request.url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return http_request(path, dict(request.headers), request.body)


class _Connection(asyncio.Protocol):
    def __init__(self, shooter: _Shooter) -> None:
        self._shooter, self._buffer = shooter, b""
        self._number: int | None = None
        self._due = 0.0
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def fire(self, number: int, request: bytes, due: float) -> None:
        self._number, self._due = number, due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        if self._number is None:
            return  # a proxy says that it closes the idle connection
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._buffer) < end + 4 + length:
            return
        number, self._number, self._buffer = self._number, None, b""
        self._shooter.hit(self, number, int(head[9:12]), time.perf_counter() - self._due)

    def connection_lost(self, exc: Exception | None) -> None:
        number, self._number, self.closed = self._number, None, True
        self._shooter.lost(self, number, time.perf_counter() - self._due)


class _Shooter:
    def __init__(self, requests: list[bytes], per_second: float | None) -> None:
        self._requests, self._per_second = requests, per_second
        self._next = 0
        self._idle: asyncio.LifoQueue[_Connection] = asyncio.LifoQueue()
        self._port = 0
        self._opening: set[asyncio.Task[None]] = set()
        self._over = asyncio.get_running_loop().create_future()
        self.shots = Shots(latencies=[0.0] * len(requests), answers=[0] * len(requests))

    async def run(self, port: int, connections: int) -> None:
        self._port = port
        loop = asyncio.get_running_loop()
        pairs = [await loop.create_connection(lambda: _Connection(self), "127.0.0.1", port) for _ in range(connections)]
        begun, cpu = time.perf_counter(), time.process_time()
        if self._per_second is None:
            for _, connection in pairs[: len(self._requests)]:
                self._fire(connection, time.perf_counter())
        else:
            for _, connection in pairs:
                self._idle.put_nowait(connection)
            for number in range(len(self._requests)):
                due = begun + number / self._per_second
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                while (connection := await self._idle.get()).closed:
                    pass
                self._fire(connection, due)
        await self._over
        self.shots.seconds = time.perf_counter() - begun
        self.shots.cpu_seconds = time.process_time() - cpu

    def _fire(self, connection: _Connection, due: float) -> None:
        self._next += 1
        connection.fire(self._next - 1, self._requests[self._next - 1], due)

    def hit(self, connection: _Connection, number: int, status: int, seconds: float) -> None:
        self.shots.statuses[status] += 1
        self.shots.latencies[number], self.shots.answers[number] = seconds, status
        if self.shots.statuses.total() == len(self._requests):
            self._over.set_result(None)
        elif self._per_second is not None:
            self._idle.put_nowait(connection)
        elif self._next < len(self._requests):
            self._fire(connection, time.perf_counter())

    def lost(self, connection: _Connection, number: int | None, seconds: float) -> None:
        """Open another instead; a request that was under way counts as one with the status 0."""
        if not self._over.done():
            task = asyncio.get_running_loop().create_task(self._reopen())
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)
            if number is not None:
                self.hit(connection, number, 0, seconds)

    async def _reopen(self) -> None:
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: _Connection(self), "127.0.0.1", self._port
        )
        self._idle.put_nowait(connection)


async def _main() -> None:
    port, requests, connections, per_second = pickle.load(sys.stdin.buffer)
    shooter = _Shooter(requests, per_second)
    await shooter.run(port, connections)
    shots = shooter.shots
    # Plain values: the classes of a module that runs as `__main__` are not those that the parent knows.
    sys.stdout.buffer.write(
        pickle.dumps((shots.statuses, shots.seconds, shots.cpu_seconds, shots.latencies, shots.answers))
    )


if __name__ == "__main__":
    import uvloop

    uvloop.run(_main())
