"""`hub import`: bring another service's account over, through CallRail's API or from exported files."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.importing.columns_table import show_columns
from hub.cli.importing.job import Job
from hub.cli.importing.options import (
    Carrier,
    Dial,
    DryRun,
    First,
    Into,
    Last,
    Only,
    OptOuts,
    Quiet,
    TimeZone,
    Yes,
    days_of,
)
from hub.cli.support.audit_note import actor
from hub.cli.support.output import CONFIG, AsJson, ConfigFile, Sandboxed, echo_json, plain, say
from hub.errors import CannotDo, ConfigError
from hub.importing.callrail.account import open_account
from hub.importing.callrail.client import CallRail, Pace
from hub.importing.csv_files.files import open_files
from hub.importing.csv_files.mapping import services
from hub.importing.imported_recordings import Wanted
from hub.importing.refusals.opt_outs import read_opt_outs
from hub.importing.run import check_resources
from hub.importing.switch_over.plan import switch_plan
from hub.importing.switch_over.steps import tick_step
from hub.importing.switch_over.text import switch_text
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
