"""`hub privacy retention`: how long each kind of personal data is kept, and whether it is deleted on time."""

from __future__ import annotations

from dataclasses import asdict

import typer

from hub.cli.support.output import CONFIG, AsJson, ConfigFile, counted, echo_json, moment, plain, say
from hub.cli.support.tables import table
from hub.config.retention import spell_life
from hub.platform.clock import utc_now
from hub.privacy.holds import on_hold
from hub.privacy.retention import holdings
from hub.startup.opening import open_store, read_config


def register(privacy: typer.Typer) -> None:
    """Add the command to `hub privacy`."""
    privacy.command("retention")(retention)


def retention(as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Show how long each table's personal data is kept, its number of rows, the rows overdue by more than a day, and the
    rows that a legal hold keeps longer.

    Exits with status 1 if a row is overdue: the hub did not run, or its sweeper does not work.
    """
    loaded = read_config(config, sandbox=True)
    now = utc_now()
    with open_store(loaded) as store, store.reading() as session:
        found = list(holdings(session, loaded.retention, now, on_hold(session, loaded, now)))
    late = {each.name: each.past for each in found if each.past}
    if as_json:
        echo_json(
            {
                "ok": not late,
                "kept": [
                    {**asdict(each), "life": each.life.total_seconds(), "life_days": each.life.days} for each in found
                ],
            }
        )
    else:
        table(
            "What is kept, and until when (config.yaml, retention:)",
            ("what", "category", "kind", "life", "then", "rows", "oldest (UTC)", "past retention", "on hold"),
            (
                (plain(each.name), plain(each.category), each.kind, spell_life(each.life), _then(each.ending),
                 f"{each.rows:,}", moment(each.oldest, seconds=False), _past(each.past), f"{each.held:,}")
                for each in found
            ),
        )  # fmt: skip
        for kind, reason in sorted({(each.kind, each.reason) for each in found if each.reason}):
            say(f"{kind} is kept longer than by default: {plain(reason)}")
        kept = {each.name: each.held for each in found if each.held}
        if kept:
            counts = ", ".join(f"{plain(name)} {rows:,}" for name, rows in kept.items())
            say(f"Kept past their retention period by a legal hold, until it is lifted: {counts}.")
        if late:
            counts = ", ".join(f"{plain(name)} {rows:,}" for name, rows in late.items())
            say(
                f"[red]Past their retention period by more than 24 hours: {counts}.[/red] Keep the hub running; "
                "it deletes them within minutes."
            )
        else:
            say(
                f"[green]No row is past its retention period by more than 24 hours[/green] ({counted(len(found), 'line')})."
            )
    if late:
        raise typer.Exit(1)


def _then(ending: str) -> str:
    return "emptied" if ending == "own" else ending


def _past(rows: int) -> str:
    return f"[red]{rows:,}[/red]" if rows else "0"
