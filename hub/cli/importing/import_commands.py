"""`hub import`: bring another service's account over, through CallRail's API or from exported files."""

from __future__ import annotations

import os
import sys
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.importing.job import Job
from hub.cli.support.audit_note import actor
from hub.cli.support.output import CONFIG, EMPTY_CELL, AsJson, ConfigFile, Sandboxed, echo_json, plain, say
from hub.cli.support.tables import table
from hub.errors import CannotDo, ConfigError
from hub.importing.callrail.account import open_account
from hub.importing.callrail.client import CallRail, Pace
from hub.importing.csv_files.files import CsvFiles, open_files
from hub.importing.csv_files.mapping import services
from hub.importing.imported_recordings import Wanted
from hub.importing.refusals.opt_outs import read_opt_outs
from hub.importing.run import check_resources
from hub.importing.switch_over.plan import switch_plan, switch_text
from hub.importing.switch_over.steps import tick_step
from hub.platform import logs
from hub.platform.clock import utc_now
from hub.startup.database import open_store
from hub.startup.reading import read_config


def plan(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write it to this file.", metavar="FILE")
    ] = None,
    done: Annotated[
        list[str] | None, typer.Option(help="Tick this step off first; may be repeated.", metavar="STEP")
    ] = None,
    undone: Annotated[
        list[str] | None, typer.Option(help="Tick this step no longer; may be repeated.", metavar="STEP")
    ] = None,
    sandbox: Sandboxed = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Print the plan for the switch-over as Markdown: which numbers to port in which order, how both run side by side, the tag,
    the moment and the test of each website, what to check each day, which papers a port needs. Each run makes it from today's
    traffic and port orders, and shows which steps were ticked off, when and by whom."""
    checked = read_config(config, sandbox=sandbox)
    with open_store(checked) as store:
        if done or undone:
            with store.writing() as session:
                today = switch_plan(session, checked, utc_now())
                for steps, undo in ((done, False), (undone, True)):
                    for step in steps or ():
                        tick_step(session, today, step, utc_now(), actor(), undo=undo)
        with store.reading() as session:
            text = switch_text(switch_plan(session, checked, utc_now()))
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CannotDo(f"{output} cannot be written ({error.strerror}).") from None
    say(f"Wrote {plain(output)}.")


commands = typer.Typer(help="Move in from another call-tracking service.", no_args_is_help=True)
KEY = "CALLRAIL_API_KEY"
PER_HOUR = 900
BASE_URL = "https://api.callrail.com"
commands.command("plan")(plan)


@commands.command("callrail")
def callrail(
    base_url: Annotated[str, typer.Option(help="The API's address.")] = BASE_URL,
    account: Annotated[
        str | None, typer.Option(help="The account's id there, like ACC…, if the key sees several.")
    ] = None,
    company: Annotated[
        list[str] | None,
        typer.Option(help="Only this company, by its id there; may be repeated.", metavar="COMPANY"),
    ] = None,
    time_zone: TimeZone = None,
    into: Into = None,
    carrier: Carrier = None,
    dial: Dial = None,
    first: First = None,
    last: Last = None,
    only: Only = None,
    recordings: Annotated[
        str,
        typer.Option(
            help="none, voicemail (only messages), or announced: you say that every caller heard that calls are recorded.",
        ),
    ] = "none",
    opt_outs: OptOuts = None,
    rate: Annotated[int, typer.Option(min=0, help="Requests an hour; 0 sets no limit.")] = PER_HOUR,
    yes: Yes = False,
    dry_run: DryRun = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    sandbox: Sandboxed = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Bring a CallRail account over: companies, trackers, users, calls, forms, texts, lead status, tags, notes.

    The API key comes from the environment (CALLRAIL_API_KEY) or is asked for. The command can be stopped at any time and run
    again: it goes on where it was, and stores nothing twice. Imported contacts are never converted, sent anywhere, or
    alerted about. `hub docs import-callrail`
    """
    logs.configure("error")
    if recordings not in set(Wanted):
        raise CannotDo(f"--recordings is one of {', '.join(Wanted)}.")
    wanted, days = check_resources(only or []), days_of(first, last)
    listed = read_opt_outs(opt_outs, time_zone) if opt_outs else None
    client = CallRail(_key(), base_url, pace=Pace(rate))
    try:
        source = open_account(client, account, since=days[0], until=days[1], companies=company or [])
        job = Job(source, wanted, Wanted(recordings), config, sandbox, quiet or as_json, into, carrier, dial, listed)
        _run(job, yes, dry_run, quiet, as_json)
    finally:
        client.close()


@commands.command("csv")
def csv(
    files: Annotated[list[Path], typer.Argument(help="The exported files: calls, forms and texts.", metavar="CSV...")],
    service: Annotated[
        str | None,
        typer.Option(help=f"The service that wrote them, if it is not recognized: {', '.join(services())}."),
    ] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            help="What a column means, like --map Date=at; nothing after the sign leaves it out. May be repeated.",
            metavar="COLUMN=MEANING",
        ),
    ] = None,
    company: Annotated[
        str | None, typer.Option(help="Whose they are, if they do not say it.", metavar="COMPANY")
    ] = None,
    time_zone: TimeZone = None,
    into: Into = None,
    carrier: Carrier = None,
    dial: Dial = None,
    first: First = None,
    last: Last = None,
    only: Only = None,
    opt_outs: OptOuts = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    sandbox: Sandboxed = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Bring files over that CallRail, CallTrackingMetrics, WhatConverts or Twilio exported: calls, forms and texts.

    Without --yes it shows what each column means and what would be brought over, and changes nothing. `hub docs import-csv`
    """
    logs.configure("error")
    source = open_files(files, days_of(first, last), time_zone, company, service=service, corrections=map_ or [])
    listed = read_opt_outs(opt_outs, time_zone) if opt_outs else None
    wanted = check_resources(only or [])
    job = Job(source, wanted, Wanted.NONE, config, sandbox, quiet or as_json, into, carrier, dial, listed)
    if not (yes or quiet or as_json):
        show_columns(source)
    _run(job, yes, dry_run, quiet, as_json)


def _run(job: Job, yes: bool, dry_run: bool, quiet: bool, as_json: bool) -> None:
    """Look, or bring it over, and print the result."""
    if yes and dry_run:
        raise CannotDo("--yes and --dry-run exclude each other; leave one out.")
    result = job.bring() if yes else job.look()
    if as_json:
        echo_json(result.as_json())
    elif quiet:
        result.show_new_problems()
    else:
        result.show()


def _key() -> str:
    """The API key: never an argument, because other users of the machine see those."""
    found = os.environ.get(KEY, "").strip()
    if found:
        return found
    if not sys.stdin.isatty():
        raise ConfigError(f"Put CallRail's API key into the environment as {KEY}; it is made under Settings, API keys.")
    return str(typer.prompt("CallRail's API key (Settings, API keys)", hide_input=True)).strip()


TimeZone = Annotated[
    str | None, typer.Option(help="The zone of times in files that have no offset, like America/Chicago.")
]
Into = Annotated[str | None, typer.Option(help="The account of config.yaml that gets the companies.")]
Carrier = Annotated[str | None, typer.Option(help="The carrier of config.yaml that gets the numbers.")]
Dial = Annotated[
    str | None,
    typer.Option(help="The phone that rings, for companies of which no tracker says it.", metavar="NUMBER"),
]
First = Annotated[str | None, typer.Option("--from", help="First day, like 2026-01-31.", metavar="DAY")]
Last = Annotated[str | None, typer.Option("--to", help="Last day, included.", metavar="DAY")]
Only = Annotated[list[str] | None, typer.Option(help="Only calls, forms or texts; may be repeated.", metavar="LIST")]
OptOuts = Annotated[
    Path | None,
    typer.Option(
        help="A list of people who opted out, as CSV: a number a line; a channel, a date and a company if it has them.",
        metavar="FILE",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Bring it over; without this, only say what would be.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be brought over, which is the default.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only problems that the run before did not have.")]


def days_of(first: str | None, last: str | None) -> tuple[date | None, date | None]:
    """The days of `--from` and `--to`; CannotDo if one is none."""
    return _day(first), _day(last)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise CannotDo(f"{text} is not a day; write it like 2026-01-31.") from None


FIELD_OF_FORMS = "[dim]a field of the form[/dim]"
MAX_SAMPLE_CHARACTERS = 40


def show_columns(source: CsvFiles) -> None:
    """A table for each file: each column, what it means here, and its first value."""
    for file, columns in source.files.items():
        holds = columns.kind or "calls, forms and texts"
        unused = EMPTY_CELL if columns.kind == "calls" else FIELD_OF_FORMS
        mapped = zip_longest(columns.header, columns.meanings, source.samples(file), fillvalue="")
        rows = [
            [
                plain(name),
                meaning or (EMPTY_CELL if name in columns.left_out else unused),
                plain(sample[:MAX_SAMPLE_CHARACTERS]) or EMPTY_CELL,
            ]
            for name, meaning, sample in mapped
        ]
        table(f"Columns of {plain(file.name)}, {holds} of {columns.service.title}", ("column", "means", "like"), rows)
        say(f"[dim]{plain(columns.service.source)}[/dim]")
    say("If a column means something else, say so: [bold]--map COLUMN=MEANING[/bold].")
