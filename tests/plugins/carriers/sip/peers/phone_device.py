"""A phone of the business on the wire: sipp behind one TLS connection, because sipp 3.7 cannot write over its own."""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from pathlib import Path

_CALL_ID = re.compile(rb"^call-id\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_LENGTH = re.compile(rb"^content-length\s*:\s*(\d+)", re.IGNORECASE | re.MULTILINE)


async def message(reader: asyncio.StreamReader) -> bytes:
    """The next SIP message of a stream; keep-alives are left out."""
    head = await reader.readuntil(b"\r\n\r\n")
    while not head.strip():
        head = await reader.readuntil(b"\r\n\r\n")
    found = _LENGTH.search(head)
    return head.lstrip() + await reader.readexactly(int(found[1]) if found else 0)


class Device:
    """Listens at `port` for sipp, and gives its messages to the phones' port over one TLS connection. What comes back goes to
    the sipp of the call; a new call is given to the sipp that listens at `answering`."""

    def __init__(self, port: int, answering: int, certificate: Path) -> None:
        self.port, self._answering = port, answering
        self._tls = ssl.create_default_context(cafile=str(certificate))
        self._writers: dict[bytes, asyncio.StreamWriter] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, phones_port: int) -> None:
        """Connect."""
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1", phones_port, ssl=self._tls, server_hostname="localhost"
        )
        self._server = await asyncio.start_server(self._from_sipp, "127.0.0.1", self.port)
        self._spawn(self._from_gateway())

    def _spawn(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _from_sipp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                said = await message(reader)
                found = _CALL_ID.search(said)
                assert found
                self._writers[found[1]] = writer
                self.writer.write(said)

    async def _from_gateway(self) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                said = await message(self.reader)
                found = _CALL_ID.search(said)
                assert found
                if found[1] not in self._writers:
                    reader, writer = await asyncio.open_connection("127.0.0.1", self._answering)
                    self._writers[found[1]] = writer
                    self._spawn(self._from_sipp(reader, writer))
                self._writers[found[1]].write(said)

    async def close(self) -> None:
        """Pull the plug."""
        self.writer.close()
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
