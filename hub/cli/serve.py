"""`hub run`, `hub web`, `hub worker`: serve the web edge, run the worker, or both in one process."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import threading
from collections.abc import Callable, Iterator, MutableMapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
from rich.console import Console
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from hub.access.first_owner import first_steps
from hub.cli.support.output import CONFIG, ConfigFile
from hub.config.models import Config
from hub.platform import logs
from hub.platform.clock import Clock
from hub.platform.error_counts import MAX_EVENT
from hub.plugin_host.host.connector import unconfined
from hub.plugin_host.kernel.privileges import close_to_other_processes
from hub.plugin_host.packages.plugin_warnings import plugin_warnings
from hub.queries.status.sentences import NOTHING, SENTENCES
from hub.runtime import webhook_url
from hub.serving.addresses import address_of, operation_listener, refuse_taken_address
from hub.serving.companions import Companions
from hub.serving.http_server import edge_settings, serve, serving_operation
from hub.serving.process import HubProcess, Role, open_process
from hub.serving.process_limits import raise_file_limit, return_freed_memory
from hub.startup.opening import COLLECT_AFTER, Opened
from hub.startup.reading import read_config

MAX_COMPANIES = 3
"""So many companies are named; one with more has read the documentation."""


def next_steps(config: Config) -> list[str]:
    """Where carriers send their webhooks, the tag of each company's pages, and how to try it, as lines to print."""
    lines = ["", "Next:"]
    for entry in config.of_kind("carrier"):
        how = (
            "a stand-in: hub trigger call plays a call"
            if entry.in_sandbox
            else "hub numbers configure --all points your numbers there"
        )
        lines.append(f"  {entry.name} sends calls and texts to {webhook_url(config, entry.name)} ({how})")
    for company in config.companies[:MAX_COMPANIES]:
        lines.append(f"  the tag for the pages of {company.title}: hub snippet {company.name}")
    lines += [
        "  what came in: hub calls; as it happens: hub listen",
        "  is everything right? hub check",
    ]
    return lines


Sandboxed = Annotated[bool, typer.Option("--sandbox", help="Use the plugins' sandboxes instead of real providers.")]


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
    """Print, not log, the set-up link of a hub without users, and what to do next.

    A database that is away only delays it to the next start.
    """
    if opened.hub.store.outage.since is not None:
        return
    with contextlib.suppress(SQLAlchemyError):
        own = opened.hub.config.hub
        steps = first_steps(opened.hub.store, opened.hub.clock(), str(own.public_url), own.sign_in.issuer)
        if steps:
            typer.echo("\n".join([steps, *next_steps(opened.hub.config)]))


def warn_of_plugins(config: Config) -> None:
    """Log what is wrong with installed plugins although the hub starts."""
    for sentence in plugin_warnings(config):
        structlog.get_logger().warning("a plugin needs its author", reason=sentence)


def start_process(path: Path, sandbox: bool, role: Role, listen: str | None = None, clock: Clock | None = None) -> None:
    """Start a process of the hub, and serve until a signal ends it; `clock` replaces the machine's."""
    close_to_other_processes()
    raise_file_limit()
    return_freed_memory()
    if listen is not None:
        refuse_taken_address(listen, "--listen")
    logs.configure(on_terminal=terminal_line)
    log = structlog.get_logger()
    with contextlib.ExitStack() as exit_stack:
        exit_stack.enter_context(_starting())
        loaded = read_config(path, sandbox=sandbox)
        settings = loaded.hub
        if role != "worker":
            refuse_taken_address(settings.listen)
            operation = operation_listener(settings.operation_listen, settings.listen)
        process = exit_stack.enter_context(
            open_process(path, loaded, role, sandbox=sandbox, operation=listen is not None, clock=clock)
        )
        if (why := unconfined(map(type, process.opened.hub.plugins.connectors.values()))) is not None:
            log.warning("plugins are not confined", reason=why)
        warn_of_plugins(loaded)
        _take_hangups(process)

        def begin() -> None:
            _started()
            process.begin()

        def announce() -> None:
            log.info(
                "the hub is running; press Ctrl-C to stop",
                listen=settings.listen,
                metrics=address_of(operation),
                public_url=str(settings.public_url),
            )
            _show_first_steps(process.opened)

        if role != "worker":
            # The worker starts after the web edge answers callers: after a crash, much work may be waiting.
            web_server = edge_settings(process.running.app, settings.listen, lambda: process.current.trusted_proxies)
            with (
                serving_operation(operation, lambda: process.running.current.opened.hub),
                _companions(process, role) as end,
            ):
                end(serve(web_server, announce, begin))
            return
        begin()
        if listen is None:
            _wait_for_signal()
        else:
            reported = partial(log.info, "the worker is running", listen=listen)
            serve(edge_settings(process.running.app, listen), reported, lambda: None)


@contextlib.contextmanager
def _companions(process: HubProcess, role: Role) -> Iterator[Callable[[signal.Signals | None], None]]:
    """Keep the processes beside a hub running, in the process that does everything. Ctrl-C ends them too; whatever else ends
    the hub, they go on."""
    ended_by: list[signal.Signals | None] = []
    companions = Companions(lambda: process.running.current.opened.hub)
    if role == "run":
        companions.start()
    try:
        yield ended_by.append
    finally:
        companions.stop(end_them=ended_by == [signal.SIGINT])


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
    gc.set_threshold(COLLECT_AFTER)
    gc.enable()


def _take_hangups(process: HubProcess) -> None:
    """SIGHUP reads config.yaml again; but if it came because the terminal was closed, the hub ends as with Ctrl-C."""
    on_terminal = os.isatty(0)

    def hung_up(*_: object) -> None:
        if not on_terminal or os.isatty(0):
            process.watcher.reread()
            return
        with Path(os.devnull).open("r+b") as nowhere:
            for stream in (0, 1, 2):
                os.dup2(nowhere.fileno(), stream)
        signal.raise_signal(signal.SIGINT)

    signal.signal(signal.SIGHUP, hung_up)


def _wait_for_signal() -> None:
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()


EVIDENCE = frozenset({"journal signed"})
"""What is logged for the machine that collects logs, and says nothing to a person."""
MARKS = {"warning": ("!", "yellow"), "error": ("✗", "red"), "critical": ("✗", "red"), "exception": ("✗", "red")}
UNSAID = frozenset({"timestamp", "level", "event", "connector"})


def terminal_line(_: object, level: str, entry: MutableMapping[str, Any]) -> str:
    """A structlog renderer: local time, what happened, and for a warning or an error what it means and what to do.

    DropEvent for evidence. Values were scrubbed before.
    """
    event = str(entry["event"])
    if event in EVIDENCE:
        raise structlog.DropEvent
    at = datetime.fromisoformat(entry["timestamp"]).astimezone()
    mark, color = MARKS.get(level, (" ", ""))
    line = Text.assemble((f"{at:%H:%M:%S} ", "dim"), (f"{mark} ", color))
    words = SENTENCES.get(event[:MAX_EVENT])
    if words is None:
        line.append(event[:1].upper() + event[1:])
    else:
        line.append(words.happened.format(connector=entry.get("connector", "A connector")) + ". " + words.means)
        if words.todo != NOTHING:
            line.append(f" To do: {words.todo.rstrip('.')}.")
    said = [f"{name} {value}" for name, value in entry.items() if name not in UNSAID and value not in (None, "")]
    if said:
        line.append(f" ({', '.join(said)})", "dim")
    screen = Console(color_system="standard", soft_wrap=True, markup=False, highlight=False)
    with screen.capture() as printed:
        screen.print(line, end="")
    return printed.get()
