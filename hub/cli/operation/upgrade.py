"""`hub upgrade`: what the installed version would change, tried on a copy of the database, and the migration itself."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from hub.backup.trials.upgrade import Try, Upgrade, check_upgrade, upgrade_now
from hub.cli.operation.backup import telling
from hub.cli.support.audit_note import actor
from hub.cli.support.output import CONFIG, AsJson, ConfigFile, echo_json, plain, say
from hub.errors import CannotDo
from hub.platform.clock import utc_now
from hub.startup.database import read_outline, vault_of
from hub.store.encryption.keyfile import keyring_of
from hub.store.engine import Store, explained
from hub.store.journal.ends_file import ends_file_of

MARKS = {"fine": "[green]✓[/green]", "warning": "[yellow]▲[/yellow]", "wrong": "[red]✗[/red]"}


def upgrade(
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Change nothing: try the migrations on a copy, and check all that an upgrade needs."
        ),
    ] = False,
    without_trial: Annotated[
        bool, typer.Option("--without-trial", help="With --check: only list the migrations, without a copy.")
    ] = False,
    max_gb: Annotated[
        float, typer.Option("--max-gb", min=0, help="With --check: no trial on a database that is larger.")
    ] = 20.0,
    folder: Annotated[Path | None, typer.Option(help="With --check: make the copy of an SQLite database here.")] = None,
    scratch: Annotated[
        str | None,
        typer.Option(
            help="With --check: an empty PostgreSQL database for the copy, if the hub's role may not create one.",
            metavar="URL",
        ),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Bring the database to the schema of the installed version; every start does it too. With --check nothing is changed.

    Run --check with the new version's `hub`, while the old one still serves calls: it says which migrations would run and how
    long they take on a copy, whether the new version takes config.yaml, whether all plugins load, and how old the backups are.
    It exits with status 1 if something is wrong. `hub docs deploy/upgrades` has the steps.
    """
    if not check:
        if without_trial or folder or scratch or as_json:
            raise CannotDo("These options are for --check; without it, hub upgrade takes none.")
        _migrate(config)
        return
    with telling() as progress, explained():
        how = Try(
            wanted=not without_trial,
            max_bytes=int(max_gb * 1e9),
            folder=folder,
            database=scratch,
            seconds=time.monotonic,
            progress=progress,
        )
        found = check_upgrade(config, vault_of, utc_now(), how)
    if as_json:
        echo_json({**asdict(found), "safe": found.is_safe})
    else:
        _print(found)
    if not found.is_safe:
        raise typer.Exit(1)


def _migrate(config: Path) -> None:
    outline = read_outline(config)
    store = Store(outline.hub.database, lambda: keyring_of(outline.hub), ends_file_of(outline.hub))
    begun = time.monotonic()
    try:
        with explained():
            found, target = upgrade_now(store, lambda: vault_of(outline), utc_now(), actor())
    finally:
        store.close()
    if found == target:
        say(f"The database is of schema {target} already.")
    else:
        say(f"[green]✓[/green] Schema {found or 'of nothing'} → {target} in {time.monotonic() - begun:.1f} s.")


def _print(found: Upgrade) -> None:
    for revision, what in found.migrations:
        say(f"  [dim]{revision}[/dim] {plain(what)}")
    for each in found.findings:
        say(f"{MARKS[each.state]} [bold]{plain(each.what)}[/bold]  {plain(each.text)}")
    if found.trial:
        for table, (before, after) in found.trial.changed.items():
            say(f"  {plain(table)}: {before:,} → {after:,} rows")
    say(
        "[green]Nothing stands against the upgrade.[/green]"
        if found.is_safe
        else "[red]Mend this before the upgrade.[/red]"
    )
