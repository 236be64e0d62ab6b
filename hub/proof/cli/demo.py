"""`hub demo`: play a seeded day of calls against a real hub with provider sandboxes, and check every figure."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
import uvicorn
from rich.console import Console
from rich.live import Live
from sqlmodel import Session, col, select

from hub.access.first_owner import NAME, owner_of_demo
from hub.alerts.settings import AlertSettings, WantedKind, save_settings
from hub.cli.support.output import CONFIG, ConfigFile
from hub.config.callflow.definition import Schedule
from hub.config.edit import REMOVED, Change, edited
from hub.config.loading import read_text
from hub.config.models import Config
from hub.errors import ConfigError, RingfenceError
from hub.hookspecs import NumberHooks
from hub.model import Call, Company, Delivery, SyncSlot, User
from hub.model.states import DeliveryState, WorkState
from hub.numbers.health.audit import audit_numbers
from hub.numbers.ownership import setup_of
from hub.platform import logs
from hub.proof.demo.access_file import write_access_file
from hub.proof.demo.advertising import advertise
from hub.proof.demo.browser import PageEntrance, find_chromium, open_browser
from hub.proof.demo.data_map import show_data_map
from hub.proof.demo.ledger import account, unfinished
from hub.proof.demo.line.played_calls import open_line
from hub.proof.demo.line.played_recordings import holds_its_people
from hub.proof.demo.line.settings import Ports, over_line, ports_for
from hub.proof.demo.play import PAGE_EVERY, Play
from hub.proof.demo.scenario import Story, day
from hub.proof.demo.screen import FlowView, show_ledger
from hub.proof.demo.texting import conversations
from hub.proof.demo.website import serve_websites
from hub.runtime import Hub
from hub.serving.companions import Companions
from hub.serving.http_server import edge_settings
from hub.serving.process import open_process
from hub.startup.opening import Opened
from hub.startup.reading import read_config
from hub.store.connectors import StoredNotes
from hub.store.rows import write_slot
from hub.worker.scheduler import schedules

ALL_WEEK = {"mon-sun": "0:00-24:00"}


def always_open(text: str, config: Config) -> str:
    """The text of `config` with every schedule of its call flows open all week; one that cannot be edited stays as it is."""
    for change in _changes(config):
        with suppress(ConfigError):
            text = edited(text, [change])
    return text


def _changes(config: Config) -> Iterator[Change]:
    for section in config.accounts:
        for company in section.companies:
            for flow in company.flows:
                place = ("accounts", section.name, "companies", company.name, "flows", flow.name, "steps")
                for name, step in flow.steps.items():
                    if isinstance(step, Schedule):
                        yield Change((*place, name, "hours"), ALL_WEEK)
                        if step.holidays is not None:
                            yield Change((*place, name, "holidays"), REMOVED)
                        if step.dates:
                            yield Change((*place, name, "dates"), REMOVED)


def example_call(session: Session) -> str | None:
    """The id of a call that is worth a look: the newest one that a network refused, else the newest with a conversion, else
    the newest; None if none came in."""
    sent = select(Call.id).join(Delivery, col(Delivery.subject_id) == col(Call.id)).order_by(col(Call.id).desc())
    refused = sent.where(col(Delivery.state) == DeliveryState.REJECTED)
    for query in (refused, sent, select(Call.id).order_by(col(Call.id).desc())):
        found = session.exec(query).first()
        if found is not None:
            return found
    return None


def unplayed_lines(config: Config, wanted: int, played: int, unreached: Mapping[str, int]) -> list[str]:
    """How many of the wanted calls were not played and why, one sentence for each company; none if all were."""
    lines = [] if played >= wanted else [f"Only {played} of {wanted} calls were played."]
    for company in (each for each in config.companies if unreached.get(each.name)):
        shows = any(tracker.type == "session" or tracker.default for tracker in company.trackers)
        why = "no number was free" if shows else "it has no session tracker and no `default: true` number"
        count = unreached[company.name]
        visitors = "1 visitor" if count == 1 else f"{count} visitors"
        lines.append(f"{visitors} of {company.title} saw no tracking number and did not call: {why}.")
    return lines


def set_up_numbers(opened: Opened) -> None:
    """Point all numbers at the hub, as their owner did long ago, and compare them with the stand-ins' lists."""
    hub = opened.hub
    for number, line in opened.directory.current().lines.items():
        carrier = line.tracker.carrier
        with suppress(RingfenceError):
            hub.plugins.call(carrier, NumberHooks.configure_number, setup_of(hub.config, carrier, number))
    audit_numbers(hub, hub.plugins.with_hook(NumberHooks.list_numbers))
    opened.directory.refresh()


KINDS = ("missed_call", "voicemail", "text", "lead", "connector_failing", "nothing_delivered", "pool_overflow")


def choose_alerts(hub: Hub) -> None:
    """Let the demo's owner hear of these kinds at each company of the account."""
    with hub.store.writing() as session:
        user = session.exec(select(User).where(User.name == NAME)).one()
        for company in session.exec(select(Company).where(Company.account_id == user.account_id)).all():
            wanted = AlertSettings({kind: WantedKind() for kind in KINDS}, time_zone=company.time_zone)
            save_settings(session, user, company, wanted, hub.clock())


QUIET_WITHIN = 90.0
"""Seconds after the last call within which all work must be done."""
DEMO_MARKER = "demo"


def register(app: typer.Typer) -> None:
    """Add the command to `hub`."""
    app.command("demo")(demo)


def demo(
    config: ConfigFile = CONFIG,
    calls: Annotated[int, typer.Option(min=1, max=5_000, help="How many calls to play.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed plays the same day.")] = 1,
    leave: Annotated[bool, typer.Option("--exit", help="End after the ledger: 0 if it adds up, 1 if not.")] = False,
    carrier: Annotated[
        Literal["sip"] | None,
        typer.Option(help="`sip`: all calls are real SIP calls on this machine, a minute of the day in two seconds."),
    ] = None,
) -> None:
    """Play a seeded day with provider sandboxes; the hub, its database and its syncs are real.

    If Chromium and Playwright's Python package are installed, some visitors open a real page of the company and call the
    number that it shows. Otherwise all visitors come through the tracking API.
    """
    logs.configure("error")
    console = Console()
    ports = ports_for(carrier)
    copied = _demo_file(config, ports)
    loaded = read_config(copied, sandbox=ports is None)

    stories = day(loaded, calls, seed)
    with _serving(copied, loaded, stories, seed, ports) as (opened, address), open_line(ports) as line:
        _mark(opened)
        console.print(f"The hub serves on {address}; {calls} calls of a simulated day (seed {seed}) are starting.")
        if not leave:
            _show_link(console, opened, "Watch them come in (the link works once)")
            choose_alerts(opened.hub)
            set_up_numbers(opened)
        with _pages(console, loaded, address) as pages:
            talks = conversations(loaded, calls, seed) if line is None else []
            play = Play(opened, address, stories, talks, seed, pages, line)
            _perform(console, opened, play, calls)
        ledger = account(opened.hub, opened.sandboxes, play.tally, stories, holds_its_people if line else None)
        opened.sandboxes.share(_sandboxes_of(_file_of(loaded)))
        show_ledger(console, ledger)
        for each in unplayed_lines(loaded, calls, play.tally.counts["calls"], play.tally.unreached):
            console.print(f"[yellow]{each}[/yellow]")
        papers = _papers_of(_file_of(loaded))
        write_access_file(console, opened.hub, papers)
        show_data_map(console, opened.hub, papers)
        _farewell(console, opened, ledger.adds_up, leave, address, config)
        if leave:
            raise typer.Exit(0 if ledger.adds_up else 1)
        _until_interrupted()


def _demo_file(config: Path, line: Ports | None = None) -> Path:
    """A copy of the file beside it, with a free port and its own recordings, and open around the clock, because the demo may
    be played at night: the pages of the demo edit the copy. With a `line`, it takes all calls."""
    loaded = read_config(config, sandbox=True)
    database = loaded.hub.database
    if not database.startswith("sqlite:///"):
        raise ConfigError("hub demo needs SQLite; set hub.database to sqlite:///data/ringfence.db.")
    file = Path(database.removeprefix("sqlite:///"))
    _make_room(file)
    port = _free_port(int(loaded.hub.listen.rpartition(":")[2]))
    changes = (
        Change(("hub", "listen"), f"127.0.0.1:{port}"),
        Change(("hub", "public_url"), f"http://127.0.0.1:{port}"),
        Change(("recordings", "storage"), str(_audio_of(file))),
        Change(("recordings", "options"), REMOVED),
    )
    text = always_open(edited(read_text(config), changes), loaded)
    if line is not None:
        text = edited(text, over_line(loaded, line, _gateway_of(file)))
    copied = config.with_name(f"{config.stem}.demo{config.suffix}")
    copied.write_text(text, encoding="utf-8")
    return copied


def _file_of(loaded: Config) -> Path:
    return Path(loaded.hub.database.removeprefix("sqlite:///"))


def _sandboxes_of(file: Path) -> Path:
    """Where commands that run beside the demo look for its sandboxes, as `sandbox_folder` says."""
    return file.with_name(f"{file.name}-sandbox")


def _papers_of(file: Path) -> Path:
    return file.with_name(f"{file.name}-papers")


def _audio_of(file: Path) -> Path:
    return file.with_name(f"{file.name}-recordings")


def _gateway_of(file: Path) -> Path:
    return file.with_name(f"{file.name}-gateway")


def _make_room(file: Path) -> None:
    """Delete the database of an earlier demo; refuse to delete any other database."""
    if not file.exists():
        return

    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        try:
            marked = connection.execute(
                "SELECT 1 FROM connector_note WHERE connector = 'hub' AND name = ?", (DEMO_MARKER,)
            ).fetchone()
            empty = not connection.execute("SELECT 1 FROM inbox LIMIT 1").fetchone()
        except sqlite3.Error:
            marked, empty = None, False
    connection.close()
    if not marked and not empty:
        raise ConfigError(
            f"{file} is not a demo database, and the demo starts with an empty one; move it or use another --config."
        )
    for each in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        each.unlink(missing_ok=True)
    for folder in (_audio_of(file), _papers_of(file), _sandboxes_of(file), _gateway_of(file)):
        shutil.rmtree(folder, ignore_errors=True)


def _mark(opened: Opened) -> None:
    StoredNotes(opened.hub.store, "hub").put(DEMO_MARKER, "this database belongs to hub demo, which may delete it")


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ConfigError("No port is free on 127.0.0.1; stop something and try again.")


@contextmanager
def _serving(
    path: Path, loaded: Config, stories: Sequence[Story], seed: int, line: Ports | None
) -> Iterator[tuple[Opened, str]]:
    """Run the web edge and the worker in threads, and the gateway of a `line` beside them; the hub, and the address that the
    edge serves on. What the day's ads cost is spent before, because the first sync reads it."""
    with open_process(path, loaded, "run", sandbox=True, alone=True) as process:
        opened = process.opened
        advertise(loaded, opened.sandboxes, stories, seed, opened.hub.clock())
        settings = edge_settings(process.running.app, loaded.hub.listen)
        server = uvicorn.Server(settings)
        thread = threading.Thread(target=server.run, name="web", daemon=True)
        thread.start()
        process.begin()
        while not server.started:
            if not thread.is_alive():
                raise ConfigError(f"The web edge did not start on {settings.host}:{settings.port}.")
            time.sleep(0.01)
        beside = Companions(lambda: process.running.current.opened.hub)
        if line is not None:
            beside.start()
        try:
            yield opened, f"http://{settings.host}:{settings.port}"
        finally:
            beside.stop(end_them=True)
            server.should_exit = True
            thread.join(timeout=10)


@contextmanager
def _pages(console: Console, config: Config, address: str) -> Iterator[PageEntrance | None]:
    """The companies' websites and a browser for their visitors; None and the reason if no browser can start."""
    chromium = find_chromium()
    if chromium is None:
        console.print("All visitors come through the tracking API: Chromium or Playwright for Python is not installed.")
        yield None
        return
    with serve_websites(config, address) as websites, ExitStack() as running:
        try:
            pages = running.enter_context(open_browser(chromium, websites))
        except Exception:  # noqa: BLE001 - whatever the reason, the day can be played without a browser
            console.print(f"All visitors come through the tracking API: {chromium} does not start.")
            yield None
            return
        console.print(
            f"One visitor in {PAGE_EVERY}, and everyone who sends a form, opens the company's page in headless Chromium and "
            "calls the number on it; the others come through the tracking API."
        )
        yield pages


def _perform(console: Console, opened: Opened, play: Play, calls: int) -> None:
    players = threading.Thread(target=play.run, name="play", daemon=True)
    players.start()
    with Live(FlowView(opened.hub, play.tally, calls), console=console, refresh_per_second=3):
        players.join()
        _work_off(opened, play)
    if not console.is_terminal:
        console.print()  # Rich ends a live view with a new line on terminals only


def _work_off(opened: Opened, play: Play) -> None:
    """Wait until nothing is left of the day: all work is done, and a sync of every connector after that brings no more."""
    hub, request = opened.hub, None
    until = time.monotonic() + QUIET_WITHIN
    while time.monotonic() < until:
        play.texting.tell()
        synced = request is not None and not _is_syncing(opened, request)
        if unfinished(hub):
            request = None
        elif synced:
            break
        elif request is None:
            request = hub.clock()
            for connector in schedules(hub):
                write_slot(hub.store, connector, request, "command")
        time.sleep(0.2)


def _is_syncing(opened: Opened, until: datetime) -> bool:
    """Whether a sync that was due at `until` or before has not ended."""
    open_slots = select(SyncSlot.id).where(SyncSlot.due_at <= until, col(SyncSlot.state) != WorkState.DONE)
    with opened.hub.store.reading() as session:
        return session.exec(open_slots).first() is not None


def _farewell(console: Console, opened: Opened, adds_up: bool, leave: bool, address: str, config: Path) -> None:
    with opened.hub.store.reading() as session:
        example = example_call(session)
    of_file = "" if config == CONFIG else f" -c {config}"
    console.print(
        "[green]Everything adds up.[/green]" if adds_up else "[bold red]Something does not add up.[/bold red]"
    )
    if example:
        console.print(f"Look at one call:  hub call {example}{of_file}", soft_wrap=True)
        console.print(f"List them all:     hub calls{of_file}", soft_wrap=True)
    if not leave:
        console.print(f"Still serving on {address}; press Ctrl-C to end.")
        _show_link(console, opened, "Sign in as the owner (the link works once, for 12 hours)")


def _show_link(console: Console, opened: Opened, words: str) -> None:
    link = owner_of_demo(opened.hub.store, opened.hub.clock(), str(opened.hub.config.hub.public_url))
    console.print(f"{words}: {link}", soft_wrap=True)


def _until_interrupted() -> None:
    with suppress(KeyboardInterrupt):
        threading.Event().wait()
