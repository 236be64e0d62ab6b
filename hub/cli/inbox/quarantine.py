"""`hub quarantine`: items in whose handling processes died three times, and their replay after a fix."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.support.audit_note import actor
from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import CONFIG, ConfigFile, counted, say
from hub.errors import CannotDo
from hub.platform.clock import utc_now
from hub.queries.lookup import among
from hub.startup.database import open_store, read_outline
from hub.store.quarantine.items import KINDS, count_quarantined, in_quarantine, replay_quarantined

commands = typer.Typer(help="List items that processes died of; replay them after a fix.")
Kind = Annotated[
    str | None, typer.Option("--kind", help="Only one kind: call, webhook, delivery, sync …", metavar="KIND")
]
OfConnector = Annotated[str | None, typer.Option("--connector", help="Only items of this connector.", metavar="NAME")]


@commands.callback(invoke_without_command=True)
@listing
def list_items(
    context: typer.Context,
    kind: Kind = None,
    connector: OfConnector = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Maximum number listed, newest first.")] = 50,
    config: ConfigFile = CONFIG,
) -> Listing | None:
    """List what is in quarantine, with the connector whose hook ran when the last process died."""
    if context.invoked_subcommand is not None:
        return None
    _check(kind)
    with open_store(read_outline(config)) as store, store.reading() as session:
        counts = count_quarantined(session)
        items = in_quarantine(session, kind=kind, connector=connector, limit=limit)
    by_kind = ", ".join(f"{name} {count}" for name, count in counts.items())
    return Listing(
        "In quarantine, newest first", items, ("id", "kind", "connector", ("since (UTC)", "since"), "reason"),
        document=lambda rows: {"counts": counts, "items": rows}, intro=f"In quarantine: {by_kind or 'nothing'}",
        hint="After a fix: [bold]hub quarantine replay --all[/bold], or the ids of some."
    )  # fmt: skip


@commands.command("replay")
def replay_items(
    ids: Annotated[
        list[str] | None, typer.Argument(help="Items in quarantine, by id or an end of it.", metavar="ID…")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All items that the filters select.")] = False,
    kind: Kind = None,
    connector: OfConnector = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Make items ready again after the plugin is fixed or disabled. Exits with status 1 if one was not in quarantine."""
    if bool(ids) == everything:
        raise CannotDo("Give the ids of items in quarantine, or --all; hub quarantine shows them.")
    _check(kind)
    with open_store(read_outline(config)) as store, store.writing() as session:
        there = in_quarantine(session, kind=kind, connector=connector)
        wanted = {among((each.id for each in there), text) for text in ids or ()}
        items = [each for each in there if everything or each.id in wanted]
        about = "all" if everything else ",".join(sorted(wanted))[:500]
        count = replay_quarantined(session, items, utc_now(), actor=actor(), about=about)
    say(f"[green]{counted(count, 'item')}[/green] will be handled again by the next worker.")
    if not everything and count < len(wanted):
        say(f"[yellow]Not in quarantine: {len(wanted) - count} of the ids.[/yellow]")
        raise typer.Exit(1)


def _check(kind: str | None) -> None:
    if kind is not None and kind not in KINDS:
        raise CannotDo(f"{kind!r} is not a kind of item; choose one of {', '.join(KINDS)}.")
