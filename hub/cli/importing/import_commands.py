"""`hub import callrail`: bring an account's companies, trackers, users, calls, forms and texts over."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.importing.job import Job, Source
from hub.cli.support.output import CONFIG, AsJson, ConfigFile, Sandboxed, echo_json, plain, say
from hub.errors import CannotDo, ConfigError
from hub.importing.callrail.account import open_account
from hub.importing.callrail.client import CallRail, Pace
from hub.importing.callrail.files import open_files
from hub.importing.imported_recordings import Wanted
from hub.importing.refusals.opt_outs import read_opt_outs
from hub.importing.run import check_resources
from hub.importing.switch_plan import switch_plan
from hub.importing.switch_text import switch_text
from hub.platform import logs
from hub.platform.clock import utc_now
from hub.startup.database import open_store
from hub.startup.reading import read_config


def plan(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write it to this file.", metavar="FILE")
    ] = None,
    sandbox: Sandboxed = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Print the plan for the switch-over as Markdown: which numbers to port in which order, how both run side by side, what to
    check each day, which papers a port needs. Each run makes it from today's traffic and port orders."""
    checked = read_config(config, sandbox=sandbox)
    with open_store(checked) as store, store.reading() as session:
        text = switch_text(switch_plan(session, checked, utc_now()))
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CannotDo(f"{output} cannot be written ({error.strerror}).") from None
    say(f"Wrote {plain(output)}.")


commands = typer.Typer(help="Move in from another call-tracking service: CallRail.", no_args_is_help=True)
KEY = "CALLRAIL_API_KEY"
PER_HOUR = 900
BASE_URL = "https://api.callrail.com"
commands.command("plan")(plan)


@commands.command("callrail")
def callrail(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Exported CSV files; without them, the API is read.", metavar="[CSV]...")
    ] = None,
    base_url: Annotated[str, typer.Option(help="The API's address.")] = BASE_URL,
    account: Annotated[
        str | None, typer.Option(help="The account's id there, like ACC…, if the key sees several.")
    ] = None,
    company: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this company, by its id there; may be repeated. With files: whose they are, if they do not say it.",
            metavar="COMPANY",
        ),
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="The zone of times in files that have no offset, like America/Chicago.")
    ] = None,
    into: Annotated[str | None, typer.Option(help="The account of config.yaml that gets the companies.")] = None,
    carrier: Annotated[str | None, typer.Option(help="The carrier of config.yaml that gets the numbers.")] = None,
    dial: Annotated[
        str | None,
        typer.Option(help="The phone that rings, for companies of which no tracker says it.", metavar="NUMBER"),
    ] = None,
    first: Annotated[str | None, typer.Option("--from", help="First day, like 2026-01-31.", metavar="DAY")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day, included.", metavar="DAY")] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Only calls, forms or texts; may be repeated.", metavar="LIST")
    ] = None,
    recordings: Annotated[
        str,
        typer.Option(
            help="none, voicemail (only messages), or announced: you say that every caller heard that calls are recorded.",
        ),
    ] = "none",
    opt_outs: Annotated[
        Path | None,
        typer.Option(
            help="CallRail's list of people who opted out, as CSV: a number a line; a channel, a date and a company if it has "
            "them.",
            metavar="FILE",
        ),
    ] = None,
    rate: Annotated[int, typer.Option(min=0, help="Requests an hour; 0 sets no limit.")] = PER_HOUR,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Bring it over; without this, only say what would be.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be brought over, which is the default.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print only problems that the run before did not have.")
    ] = False,
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
    if yes and dry_run:
        raise CannotDo("--yes and --dry-run exclude each other; leave one out.")
    if recordings not in set(Wanted):
        raise CannotDo(f"--recordings is one of {', '.join(Wanted)}.")
    if recordings != Wanted.NONE and files:
        raise CannotDo("Exported files hold no audio; recordings come from the API only.")
    wanted = check_resources(only or [])
    days = (_day(first), _day(last))
    listed = read_opt_outs(opt_outs, time_zone) if opt_outs else None
    with _opened(files or [], base_url, account, company or [], days, rate, time_zone) as source:
        job = Job(source, wanted, Wanted(recordings), config, sandbox, quiet or as_json, into, carrier, dial, listed)
        result = job.bring() if yes else job.look()
    if as_json:
        echo_json(result.as_json())
    elif quiet:
        result.show_new_problems()
    else:
        result.show()


@contextmanager
def _opened(
    files: Sequence[Path],
    base_url: str,
    account: str | None,
    companies: Sequence[str],
    days: tuple[date | None, date | None],
    rate: int,
    time_zone: str | None,
) -> Iterator[Source]:
    """The files, or the account behind the API."""
    if files:
        yield open_files(files, days, time_zone, next(iter(companies), None))
        return

    client = CallRail(_key(), base_url, pace=Pace(rate))
    try:
        yield open_account(client, account, since=days[0], until=days[1], companies=companies)
    finally:
        client.close()


def _key() -> str:
    """The API key: never an argument, because other users of the machine see those."""
    found = os.environ.get(KEY, "").strip()
    if found:
        return found
    if not sys.stdin.isatty():
        raise ConfigError(f"Put CallRail's API key into the environment as {KEY}; it is made under Settings, API keys.")
    return str(typer.prompt("CallRail's API key (Settings, API keys)", hide_input=True)).strip()


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise CannotDo(f"{text} is not a day; write it like 2026-01-31.") from None
