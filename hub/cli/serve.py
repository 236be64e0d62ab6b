"""`hub run`, `hub web`, `hub worker`: serve the edge, do the work, or both in one process."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.opening import CONFIG, ConfigFile, Opened, open_hub, read_config
from hub.errors import ConfigError

Sandboxed = Annotated[bool, typer.Option("--sandbox", help="Use the plugins' stand-ins for every provider.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `hub`."""
    app.command("run")(run)
    app.command("web")(web)
    app.command("worker")(worker)


def run(config: ConfigFile = CONFIG, sandbox: Sandboxed = False) -> None:
    """Serve and work, in one process."""
    _start(config, sandbox, serving=True, working=True)


def web(config: ConfigFile = CONFIG) -> None:
    """Serve webhooks and visitors only; `hub worker` does the rest. As many as you like beside PostgreSQL."""
    _start(config, False, serving=True, working=False)


def worker(config: ConfigFile = CONFIG) -> None:
    """Work only: calls through the flow, syncs when they are due. As many as you like beside PostgreSQL."""
    _start(config, False, serving=False, working=True)


def serve(opened: Opened, wake: threading.Event | None = None) -> None:
    """Serve the web edge until a signal ends it."""
    import uvicorn

    from hub.web.app import create_app

    host, port = listen_address(opened.hub.config.hub.listen)
    application = create_app(opened.hub, opened.directory, wake)
    uvicorn.run(
        application,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=10,
        log_config=None,
    )


def listen_address(listen: str) -> tuple[str, int]:
    """`hub.listen` as host and port; ConfigError says how to write it."""
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdigit() or not 0 <= int(port) < 65536:
        raise ConfigError(f"hub.listen is {listen!r}; write a host and a port, like 127.0.0.1:8080.")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 - the customer wrote :8080


def _start(path: Path, sandbox: bool, *, serving: bool, working: bool) -> None:
    from hub import logs

    logs.configure()
    loaded = read_config(path, sandbox=sandbox)
    with open_hub(loaded) as opened:
        wake = threading.Event()
        working_line = None
        if working:
            from hub.worker import Worker

            working_line = Worker(opened.hub, opened.directory, wake)
            working_line.start()
        try:
            if serving:
                serve(opened, wake if working else None)
            else:
                _wait_for_signal()
        finally:
            if working_line is not None:
                working_line.stop()


def _wait_for_signal() -> None:
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
