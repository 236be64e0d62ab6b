"""`hub listen`: what happens in a hub, as it happens, beside the running hub."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer
from sqlalchemy.exc import OperationalError

from hub.cli.lists.reading import CompanyName, Reading, ShowPersonal, opened
from hub.cli.support.options import choice
from hub.cli.support.output import CONFIG, ConfigFile, colored, plain, say
from hub.errors import CannotDo
from hub.platform.clock import utc_now
from hub.queries.activity.event_tail import KINDS, EventTail, TailEvent

INTERVAL_SECONDS = 0.5
COLORS = {
    "call": "bright_green",
    "text": "bright_cyan",
    "form": "bright_yellow",
    "visit": "bright_black",
    "conversion": "bright_magenta",
    "delivery": "bright_blue",
}


def listen(
    company: CompanyName = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--kind", help="call, text, form, visit, conversion or delivery; may be repeated.", metavar="KIND"
        ),
    ] = None,
    show_personal: ShowPersonal = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line, for scripts.")] = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Print what happens as it happens, one line each: calls, texts, forms, visits, conversions, deliveries.

    A call that is answered or ends, and a delivery that gets its receipt, are printed again. Ctrl-C ends it.
    """
    wanted = tuple(dict.fromkeys(kinds or KINDS))
    for each in wanted:
        choice(each, KINDS, "--kind")
    with opened(config, company, None, "account", personal="events" if show_personal else "") as (store, read):
        tail: EventTail | None = None
        with _interruption() as interrupted:
            while not interrupted():
                try:
                    with store.reading() as session:
                        look = read(session)
                        if not look.companies:
                            raise CannotDo("The hub has not been started yet. Start it in another terminal: hub run.")
                        if tail is None:
                            tail = EventTail(look.scope, look.companies, wanted, utc_now())
                            say(f"Listening for {', '.join(wanted)}; press Ctrl-C to end.", to_errors=True)
                        for event in tail.look(session, utc_now()):
                            _print(look, event, as_json=as_json)
                except OperationalError as error:
                    say(
                        f"[yellow]The database is away ({type(error).__name__}); trying again.[/yellow]", to_errors=True
                    )
                    time.sleep(5 - INTERVAL_SECONDS)
                time.sleep(INTERVAL_SECONDS)


@contextmanager
def _interruption() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed. It is looked at between two looks, so that it tears no statement of the database apart."""
    pressed: list[int] = []
    former = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, former)


def _print(read: Reading, event: TailEvent, *, as_json: bool) -> None:
    company = read.companies[event.company_id].name
    number = read.mask.phone(event.number)
    if as_json:
        row = {**asdict(event), "at": event.at.isoformat(), "number": number, "company": company}
        del row["company_id"]
        typer.echo(json.dumps(row, ensure_ascii=False))
        return
    color = COLORS[event.kind]
    parts = [
        f"[dim]{event.at.astimezone(read.zone):%H:%M:%S}[/dim]",
        f"[{color}]{event.kind:<10}[/{color}]",
        event.id[-8:],
        *([plain(company)] if len(read.companies) > 1 else []),
        *(
            [plain(f"from {number}" if event.kind != "text" or event.state == "received" else f"to {number}")]
            if number
            else []
        ),
        colored(event.state),
        plain(event.detail) if event.detail else "",
        f"[dim]of {event.subject_id[-8:]}[/dim]" if event.subject_id else "",
    ]
    say("  ".join(filter(None, parts)))
