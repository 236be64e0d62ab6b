"""The HTTP server of a sandbox: uvicorn, which ends as soon as it shall."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hub.contracts.faults import CUT

LAST_REPLIES_SECONDS = 0.1
"""How long the replies that are under way may take when the server ends."""
PASSES = 10
"""So many times its loop looks at every socket until what a client has sent is with the application: it accepts the
connection, begins to read, reads, and begins to serve."""


class CutProtocol(HttpToolsProtocol):
    """Lets the application end the connection without a reply."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        serve = self.app

        async def with_cut(scope: Any, receive: Any, send: Any) -> None:
            await serve({**scope, "extensions": {CUT: transport.close}}, receive, send)

        self.app = with_cut


class SandboxServer(uvicorn.Server):
    """uvicorn looks every tenth of a second whether it shall end, and then waits another tenth, with nothing under way too:
    the tests of plugins start and stop hundreds of sandboxes."""

    def __init__(self, app: Any) -> None:
        quiet: Any = {"log_config": None, "log_level": "error", "access_log": False}
        super().__init__(uvicorn.Config(app, http=CutProtocol, lifespan="off", **quiet))
        self.listens = threading.Event()
        """Set when the server answers, and `end` may be called."""

    def end(self) -> None:
        """Stop listening; called by another thread than the server's."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: the server has ended
            self._loop.call_soon_threadsafe(self._ended.set)

    def settle(self) -> None:
        """Wait until all that clients have sent is served; called by another thread than the server's."""
        asyncio.run_coroutine_threadsafe(self._settled(), self._loop).result()

    async def _settled(self) -> None:
        for _ in range(PASSES):
            await asyncio.sleep(0)
        while tasks := list(self.server_state.tasks):
            await asyncio.wait(tasks)

    async def main_loop(self) -> None:
        """Serve until the end. The header `Date` is renewed each second."""
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        await self.on_tick(0)
        self.listens.set()
        while not self._ended.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), 1)
            await self.on_tick(0)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close what listens and what is idle; what is under way has a moment."""
        for server in self.servers:
            server.close()
        for each in sockets or ():
            each.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if tasks := list(self.server_state.tasks):
            await asyncio.wait(tasks, timeout=LAST_REPLIES_SECONDS)
