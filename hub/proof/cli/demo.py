"""`hub demo`: play eight weeks against a real hub with provider sandboxes, check every figure, and go on live."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from sqlmodel import Session, col, select

from hub.access.first_owner import NAME, owner_of_demo
from hub.alerts.settings import AlertSettings, WantedKind, save_settings
from hub.cli.support.output import CONFIG, ConfigFile
from hub.config.models import Config
from hub.contracts.faults import Fault
from hub.errors import ConfigError, RingfenceError
from hub.hookspecs import NumberHooks
from hub.model import Call, Company, Delivery, User
from hub.model.states import DeliveryState
from hub.numbers.health.audit import audit_numbers
from hub.numbers.ownership import setup_of
from hub.platform import logs
from hub.platform.clock import utc_now
from hub.platform.loopback import free_port
from hub.plugin_host.sandboxes import RunningSandboxes, start_sandboxes
from hub.proof.cli.demo_files import DEMO_MARKER, demo_file, papers_of, refuse_full
from hub.proof.demo.advertising import advertise
from hub.proof.demo.browser import PageEntrance, find_chromium, open_browser
from hub.proof.demo.data_map import show_data_map, write_access_file
from hub.proof.demo.history import LAST_WAITS, History, go_on, parts
from hub.proof.demo.ledger import Ledger, account
from hub.proof.demo.line.played_calls import open_line
from hub.proof.demo.line.played_day import play_day, work_off
from hub.proof.demo.line.played_recordings import holds_its_people
from hub.proof.demo.line.settings import Ports, ports_for
from hub.proof.demo.past import PlayedClock, open_past, serving
from hub.proof.demo.play import PAGE_EVERY, Play, Tally
from hub.proof.demo.scenario import weeks
from hub.proof.demo.screen import bar, show_ledger
from hub.proof.demo.texting import conversations
from hub.proof.demo.website import serve_websites
from hub.runtime import Hub
from hub.serving.process import HubProcess, open_process
from hub.startup.opening import Opened, sandbox_folder
from hub.startup.reading import read_config
from hub.store.connectors import StoredNotes


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


PARTS = ("The last hours", "The last days", "The week before", "The weeks before")
EXPIRING = "linkedin"


def expire_token(sandboxes: RunningSandboxes) -> None:
    """Let an ad network refuse the hub's token at the next delivery, so that there is a connector to connect again."""
    expiring = sandboxes.of(EXPIRING) if EXPIRING in set(sandboxes) else None
    if expiring is not None:
        expiring.fail_next(Fault("status", 401))


CALLS, CALLS_ON_LINE = 1_000, 200
IDS = "demo"
"""The stand-ins of a hub that runs on the database of a demo that was killed make other ids than those in it."""


def demo(
    config: ConfigFile = CONFIG,
    calls: Annotated[
        int | None, typer.Option(min=1, max=5_000, help=f"How many calls to play: {CALLS:,}, over SIP {CALLS_ON_LINE}.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed plays the same weeks.")] = 1,
    leave: Annotated[bool, typer.Option("--exit", help="End after the ledger: 0 if it adds up, 1 if not.")] = False,
    ledger: Annotated[
        bool, typer.Option("--ledger", help="Print the whole ledger, with each check and reason.")
    ] = False,
    carrier: Annotated[
        Literal["sip"] | None,
        typer.Option(help="`sip`: all calls are real SIP calls on this machine, a minute of the day in two seconds."),
    ] = None,
    database: Annotated[
        str | None, typer.Option(help="An empty PostgreSQL database, as in hub: database:, instead of the file.")
    ] = None,
) -> None:
    """Play eight seeded weeks with provider sandboxes, then today as it goes on; the hub, its database and its syncs are real.

    The last hours are played first, so that you can look at them while the weeks before are played. With `--exit`, if Chromium
    and Playwright's Python package are installed, some visitors open a page of the company and call the number on it.
    """
    console, ports = Console(), ports_for(carrier)
    copied, file = demo_file(config, ports, leave, database)
    loaded = read_config(copied, sandbox=ports is None)
    if not loaded.companies:
        raise ConfigError(f"{config} has no company whose calls could be played; write one below accounts:.")
    logs.configure("error")
    if database is not None:
        refuse_full(loaded)
    played = _Demo(console, config, copied, file, loaded, seed, ledger)
    if ports is None:
        played.weeks(calls or CALLS, leave)
    else:
        played.over_line(calls or CALLS_ON_LINE, leave, ports)


@dataclass(frozen=True)
class _Demo:
    """One run of the demo."""

    console: Console
    config: Path
    copied: Path
    file: Path
    """The demo's own SQLite database; its other files stand beside it, also when its rows are in another database."""
    loaded: Config
    seed: int
    whole_ledger: bool

    def weeks(self, calls: int, leave: bool) -> None:
        """Play the weeks before now; then today, until somebody ends it."""
        until, clock = utc_now() - LAST_WAITS, PlayedClock()
        stories = weeks(self.loaded, calls, self.seed, until)
        talks = conversations(self.loaded, stories, self.seed, until)
        clock.begin(stories[0].at)
        classes = {name: each.connector_class for name, each in self.loaded.connectors.items() if each.in_sandbox}
        process: HubProcess | None = None
        with start_sandboxes(classes, clock, IDS) as sandboxes, ExitStack() as running:
            advertise(self.loaded, sandboxes, stories, self.seed)
            listen = self.loaded.hub.listen if leave else f"127.0.0.1:{free_port()}"
            with open_past(self.loaded, clock, sandboxes, listen) as (opened, address):
                _mark(opened)
                owner_of_demo(opened.hub.store, clock(), address)
                pages = running.enter_context(_pages(self.console, self.loaded, address)) if leave else None
                play = Play(opened, address, self.seed, pages)
                history = History(play, opened, clock, until, len(stories))
                for part in parts(stories, talks, until):
                    with bar(self.console, PARTS[part.index], len(part.stories)) as step:
                        history.play(part, step)
                    if process is None and not leave:
                        process = running.enter_context(
                            open_process(self.copied, self.loaded, "run", sandbox=True, sandboxes=sandboxes)
                        )
                        running.enter_context(serving(process.running.app, self.loaded.hub.listen))
                        _show_link(self.console, process.opened, "Sign in as the owner (the link works once)")
                history.finish()
                adds_up = self.show(
                    account(opened.hub, sandboxes, play.tally, stories), opened, play.tally, calls, leave
                )
            if process is None:
                raise typer.Exit(0 if adds_up else 1)
            expire_token(sandboxes)
            choose_alerts(process.opened.hub)
            set_up_numbers(process.opened)
            process.begin()
            self.console.print("From now on somebody calls or writes every two minutes; press Ctrl-C to end.")
            play.move_to(process.opened, str(self.loaded.hub.public_url).rstrip("/"))
            with suppress(KeyboardInterrupt):
                go_on(play, weeks(self.loaded, calls, self.seed + 1, until))

    def over_line(self, calls: int, leave: bool, ports: Ports) -> None:
        """Play one day over a SIP line."""
        stories = weeks(self.loaded, calls, self.seed, utc_now())

        def prepare(opened: Opened, address: str) -> None:
            _mark(opened)
            owner_of_demo(opened.hub.store, opened.hub.clock(), address)
            advertise(self.loaded, opened.sandboxes, stories, self.seed)
            if not leave:
                choose_alerts(opened.hub)
                set_up_numbers(opened)

        with play_day(self.copied, self.loaded, ports, prepare) as (opened, address), open_line(ports) as line:
            if not leave:
                _show_link(self.console, opened, "Watch them come in (the link works once)")
            play = Play(opened, address, self.seed, line=line)
            play.run(stories)
            work_off(opened)
            ledger = account(opened.hub, opened.sandboxes, play.tally, stories, holds_its_people)
            if self.show(ledger, opened, play.tally, calls, leave) and leave:
                return
            if leave:
                raise typer.Exit(1)
            _show_link(self.console, opened, "Sign in as the owner (the link works once, for 12 hours)")
            with suppress(KeyboardInterrupt):
                threading.Event().wait()

    def show(self, ledger: Ledger, opened: Opened, tally: Tally, calls: int, leave: bool) -> bool:
        """Print the ledger and write the papers; whether it adds up."""
        console, papers = self.console, papers_of(self.file)
        if (shared := sandbox_folder(self.loaded)) is not None:
            opened.sandboxes.share(shared)
        show_ledger(console, ledger, whole=self.whole_ledger)
        for each in unplayed_lines(self.loaded, calls, tally.counts["calls"], tally.unreached):
            console.print(f"[yellow]{each}[/yellow]")
        write_access_file(console, opened.hub, papers)
        show_data_map(console, opened.hub, papers, whole=self.whole_ledger)
        with opened.hub.store.reading() as session:
            example = example_call(session)
        own_file = self.copied if self.loaded.hub.database.startswith("postgresql") else self.config
        of_file = "" if own_file == CONFIG else f" -c {own_file}"
        console.print(
            "[green]Everything adds up.[/green]"
            if ledger.adds_up
            else "[bold red]Something does not add up.[/bold red]"
        )
        if example:
            console.print(f"Look at one call:  hub call {example}{of_file}", soft_wrap=True)
            console.print(f"List them all:     hub calls{of_file}", soft_wrap=True)
        return ledger.adds_up


def _mark(opened: Opened) -> None:
    StoredNotes(opened.hub.store, "hub").put(DEMO_MARKER, "this database belongs to hub demo, which may delete it")


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


def _show_link(console: Console, opened: Opened, words: str) -> None:
    link = owner_of_demo(opened.hub.store, opened.hub.clock(), str(opened.hub.config.hub.public_url))
    console.print(f"{words}: {link}", soft_wrap=True)
