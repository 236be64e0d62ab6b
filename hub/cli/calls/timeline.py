"""`hub call ID`: one call, text or form as a timeline, from its first webhook to its last receipt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.table import Table
from sqlmodel import Session

from hub.cli.support.audit_note import note
from hub.cli.support.output import CONFIG, AsJson, ConfigFile, colored, console, echo_json, moment, plain, say
from hub.model import Company
from hub.platform.clock import utc_now
from hub.platform.id_words import words_of
from hub.queries.contact.facts import facts_of
from hub.queries.contact.view import view_of
from hub.queries.lookup import find_subject
from hub.queries.masking import Mask
from hub.queries.timeline.build import timeline
from hub.queries.timeline.entries import Entry
from hub.startup.database import open_store, read_outline, vault_of

STAGE_COLORS = {
    "visit": "bright_cyan",
    "receive": "blue",
    "answer": "bright_green",
    "attribute": "magenta",
    "enrich": "cyan",
    "mark": "bright_yellow",
    "consent": "yellow",
    "outcome": "bright_blue",
    "convert": "bright_magenta",
    "deliver": "green",
    "disclose": "bright_black",
    "call_back": "bright_yellow",
}


LINE = 120
"""Maximum length of an entry and its only detail, in characters, to print them on one line."""


def call(
    wanted: Annotated[
        str,
        typer.Argument(
            help="The id of a call, text or form, at least 6 characters from either end of it, or the carrier's id.",
            metavar="ID",
        ),
    ],
    show_personal: Annotated[
        bool, typer.Option("--show-personal", help="Show phone numbers, names and texts; this is audited.")
    ] = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Show the timeline of one call, text or form. Its id is also the correlation id in the logs."""
    loaded, mask = read_outline(config), Mask(show_personal)
    vault = vault_of(loaded)
    with open_store(loaded) as store:
        with store.reading() as session:
            subject = find_subject(session, wanted)
            facts = facts_of(view_of(session, vault, subject), mask)
            entries, zone = (
                timeline(session, subject, mask, vault, loaded.connector_title),
                zone_of(session, subject.company_id),
            )
        if show_personal:
            with store.writing() as session:
                note(session, utc_now(), "call.show_personal", subject.id)
    if as_json:
        echo_json({**facts, "timeline": [entry.plain() for entry in entries]})
        return
    _print_facts(facts)
    print_timeline(entries, zone)


def zone_of(session: Session, company_id: str | None) -> ZoneInfo:
    """The company's time zone, for people to read times in; UTC for what is of no company."""
    company = session.get(Company, company_id) if company_id else None
    return ZoneInfo(company.time_zone if company else "UTC")


def print_timeline(entries: Sequence[Entry], zone: ZoneInfo) -> None:
    """The entries as lines: time in the company's `zone`, stage, what happened, with details below."""
    lines = Table.grid(padding=(0, 2))
    lines.add_column(no_wrap=True, style="dim")
    lines.add_column(no_wrap=True)
    lines.add_column(overflow="fold")
    day = None
    for entry in entries:
        at = entry.at.astimezone(zone)
        if at.date() != day:
            day = at.date()
            lines.add_row(f"[bold]{day}[/bold]", f"[dim]{at:%Z}[/dim]", "")
        state = f"  {colored(entry.state)}" if entry.state else ""
        on_the_line = len(entry.details) == 1 and len(entry.text) + len(entry.details[0]) < LINE
        between = "  " if on_the_line else "\n"
        details = "".join(f"{between}[dim]{plain(detail)}[/dim]" for detail in entry.details)
        color = STAGE_COLORS[entry.stage]
        lines.add_row(
            f"{at:%H:%M:%S}.{at.microsecond // 1000:03}",
            f"[{color}]{entry.stage}[/{color}]",
            f"{plain(entry.text)}{state}{details}",
        )
    console().print(lines)


def _print_facts(facts: dict[str, Any]) -> None:
    say(f"[bold]{facts['what'].capitalize()}[/bold] {facts['id']}")
    grid = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        if name in ("what", "id") or value is None:
            continue
        if isinstance(value, bool):
            shown = "yes" if value else "no"
        elif name == "expires_at":
            shown = moment(value, seconds=False)
        else:
            shown = f"{plain(value)}{' s' if name == 'duration' else ''}"
        grid.add_row(f"[dim]{words_of(name)}[/dim]", shown)
    console().print(grid)
    say("")
