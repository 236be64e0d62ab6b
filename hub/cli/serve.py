"""`hub run`, `hub web`, `hub worker`: serve the web edge, run the worker, or both in one process."""

from __future__ import annotations

import contextlib
import errno
import gc
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.support.output import CONFIG, ConfigFile
from hub.errors import ConfigError
from hub.startup import Opened, read_config

if TYPE_CHECKING:
    import uvicorn

    from hub.runtime import Clock
    from hub.serving.process import Role

Sandboxed = Annotated[bool, typer.Option("--sandbox", help="Use the plugins' sandboxes instead of real providers.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `hub`."""
    app.command("run")(run)
    app.command("web")(web)
    app.command("worker")(worker)


def run(config: ConfigFile = CONFIG, sandbox: Sandboxed = False) -> None:
    """Run the web edge and the worker in one process."""
    start_process(config, sandbox, "run")


def web(config: ConfigFile = CONFIG) -> None:
    """Run only the web edge for webhooks and visitors; `hub worker` does the rest. Run any number of them on PostgreSQL."""
    start_process(config, False, "web")


def worker(
    config: ConfigFile = CONFIG,
    listen: Annotated[
        str | None, typer.Option(help="Answer /healthz, /readyz and /metrics of this worker here, like 127.0.0.1:9101.")
    ] = None,
) -> None:
    """Run only the worker: it processes calls and runs syncs when they are due. Run any number of them on PostgreSQL."""
    start_process(config, False, "worker", listen)


def _show_first_steps(opened: Opened) -> None:
    """Print, not log, the set-up link of a hub without users; a database that is away only delays it to the next start."""
    from sqlalchemy.exc import SQLAlchemyError

    from hub.access.first_owner import first_steps

    if opened.hub.store.outage.since is not None:
        return
    with contextlib.suppress(SQLAlchemyError):
        steps = first_steps(opened.hub.store, opened.hub.clock(), str(opened.hub.config.hub.public_url))
        if steps:
            typer.echo(steps)


def _serve(settings: uvicorn.Config, answering: Callable[[], None], when_open: Callable[[], None]) -> None:
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                answering()
            when_open()

    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises the signal that ended it again, which by default would end the process before its work is done.
        signal.signal(number, lambda *_: None)
    Server(settings).run()


def edge_settings(app: Any, listen: str, log_level: str = "warning") -> uvicorn.Config:
    """How uvicorn serves the web edge on an address like 127.0.0.1:8080."""
    import uvicorn

    host, port = listen_address(listen)
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level=log_level,
        access_log=False,
        timeout_graceful_shutdown=10,
        log_config=None,
        proxy_headers=False,  # hub.trusted_proxies says which proxies' client addresses are trusted
    )


def listen_address(listen: str, named: str = "hub.listen") -> tuple[str, int]:
    """An address as host and port; ConfigError says how to write it. `named` is the setting that it comes from."""
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdigit() or not 0 <= int(port) < 65536:
        raise ConfigError(f"{named} is {listen!r}; write a host and a port, like 127.0.0.1:8080.")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 - the customer wrote :8080


def refuse_taken_address(listen: str, named: str = "hub.listen") -> None:
    """Raise ConfigError if the address cannot be listened on, before anything else starts."""
    host, port = listen_address(listen, named)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        raise ConfigError(
            f"{named}: this machine does not know {host!r}; write 127.0.0.1:{port}, or :{port} for all."
        ) from None
    for family, kind, protocol, _, address in found:
        with contextlib.suppress(OSError), socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                why = _WHY_NOT.get(error.errno or 0)
                if why:
                    raise ConfigError(f"{named}: {listen} {why}.") from None


_WHY_NOT = {
    errno.EADDRINUSE: "is already in use; stop the program that listens there, or write another port",
    errno.EACCES: "cannot be opened by this user; use a port above 1023, behind your web server",
}


def start_process(path: Path, sandbox: bool, role: Role, listen: str | None = None, clock: Clock | None = None) -> None:
    """Start a process of the hub, and serve until a signal ends it; `clock` replaces the machine's."""
    import structlog

    from hub import logs
    from hub.serving.process import open_process

    if listen is not None:
        refuse_taken_address(listen, "--listen")
    logs.configure()
    log = structlog.get_logger()
    with contextlib.ExitStack() as exit_stack:
        exit_stack.enter_context(_starting())
        loaded = read_config(path, sandbox=sandbox)
        settings = loaded.hub
        if role != "worker":
            refuse_taken_address(settings.listen)
        process = exit_stack.enter_context(
            open_process(path, loaded, role, sandbox=sandbox, operation=listen is not None, clock=clock)
        )
        signal.signal(signal.SIGHUP, lambda *_: process.watcher.reread())

        def begin() -> None:
            _started()
            process.begin()

        def announce() -> None:
            log.info(
                "the hub is running; press Ctrl-C to stop", listen=settings.listen, public_url=str(settings.public_url)
            )
            _show_first_steps(process.opened)

        if role != "worker":
            # The worker starts after the web edge answers callers: after a crash, much work may be waiting.
            _serve(edge_settings(process.running.app, settings.listen), announce, begin)
            return
        begin()
        if listen is None:
            _wait_for_signal()
        else:
            told = partial(log.info, "the worker is running", listen=listen)
            _serve(edge_settings(process.running.app, listen), told, lambda: None)


@contextlib.contextmanager
def _starting() -> Iterator[None]:
    """Turn the garbage collector off until `_started`: objects made at start stay, and collecting takes a tenth of it."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _started() -> None:
    """Turn the garbage collector on, but exclude the objects made at start: callers would wait for their collection."""
    gc.freeze()
    gc.enable()


def _wait_for_signal() -> None:
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
