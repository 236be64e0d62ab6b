"""`hub backup drill`: whether a backup can be relied on, proved by a restore into a scratch."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.backup.trials.backup_drill import FAILED, PASSED, Drill
from hub.backup.trials.backup_drill import drill as try_it
from hub.cli.operation.backup import commands, hub_alone, note_action, telling
from hub.cli.support.output import CONFIG, AsJson, ConfigFile, echo_json, moment, plain, say
from hub.cli.support.tables import table
from hub.errors import CannotDo, ConfigError


@commands.command("drill")
def drill(
    file: Annotated[Path, typer.Argument(help="A backup of data, or a folder whose newest is taken.")],
    keys: Annotated[
        Path | None,
        typer.Option(help="A backup of keys, or a folder whose newest is taken; it must be newer than the data."),
    ] = None,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="Try without keys: then nothing that is encrypted is opened.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option(help="Make the scratch folder here; beside the hub's database by default.")
    ] = None,
    scratch: Annotated[
        str | None,
        typer.Option(
            help="An empty PostgreSQL database for the try, if the hub's role may not create one.", metavar="URL"
        ),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Restore a backup into a scratch database, compare and open it, delete the scratch. Exits with status 1 on a difference.

    Rows are counted per table, the journal is verified, and samples of every kind of encrypted field are opened. The hub may
    run; its database is not touched, except for an entry in the audit log. `hub docs deploy/backup-drill` says how to schedule
    it.
    """
    if (keys is None) != without_keys:
        raise CannotDo("Name the backup of keys with --keys, or use --without-keys; not both.")
    with hub_alone(config) as hub, telling() as progress:
        try:
            found = try_it(hub, file, keys, folder=folder, database=scratch, seconds=time.monotonic, progress=progress)
        except ConfigError:
            note_action(hub, FAILED, file.name)
            raise
        note_action(hub, PASSED if found.passed else FAILED, found.backup_id)
    if as_json:
        echo_json(_plain(found))
    else:
        _print_drill(found)
    if not found.passed:
        raise typer.Exit(1)


def _plain(found: Drill) -> dict[str, Any]:
    return {
        "file": str(found.file),
        "backup": found.backup_id,
        "made_at": found.made_at,
        "seconds": round(found.seconds, 1),
        "passed": found.passed,
        "tables": [{**asdict(each), "same": each.is_same} for each in found.tables],
        "opened": [{**asdict(each), "right": each.is_right} for each in found.opened],
        "journal": dict(found.journal),
    }


def _print_drill(found: Drill) -> None:
    table(
        f"Drill of {plain(str(found.file))}, made {moment(found.made_at)} UTC, in {found.seconds:.0f} s",
        ("table", "in the backup", "restored", "erased", ""),
        (
            (each.table, f"{each.in_backup:,}", f"{each.restored:,}", f"{each.erased:,}", _mark(each.is_same))
            for each in found.tables
            if each.in_backup or each.restored
        ),
    )
    for one in found.opened:
        if one.tried:
            say(f"{_mark(one.is_right)} {one.opened} of {one.tried} {one.kind} opened. {plain(one.problem)}".rstrip())
    if not found.opened:
        say("[yellow]▲[/yellow] Tried without keys: nothing that is encrypted was opened.")
    for chain, reason in found.journal.items():
        say(f"{_mark(False)} The journal {plain(chain)}: {plain(reason)}")
    if not found.journal:
        say(f"{_mark(True)} The journal is whole.")
    say(
        "[green]The backup can be restored.[/green]"
        if found.passed
        else "[red]The backup is not to be relied on.[/red]"
    )


def _mark(fine: bool) -> str:
    return "[green]✓[/green]" if fine else "[red]✗[/red]"
