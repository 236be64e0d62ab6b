"""`hub inbox`: received webhooks, those that could not be parsed, and their replay after a fix."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.inbox import spool
from hub.cli.support.audit_note import note
from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import CONFIG, ConfigFile, colored, counted, say
from hub.errors import CannotDo
from hub.flow.inbox import replay
from hub.model import InboxWebhook
from hub.model.states import InboxState
from hub.platform.clock import utc_now
from hub.queries.inbox import count_webhooks, newest_webhooks, parked_webhooks
from hub.queries.lookup import full_id
from hub.startup.database import open_store, read_outline

commands = typer.Typer(help="List received webhooks; replay parked ones.", no_args_is_help=True)
MAX_IDS_PER_QUERY = 500
"""How many ids one query holds."""


commands.command("spool")(spool.show_spool)


@commands.command("list")
@listing
def list_webhooks(
    state: Annotated[
        str, typer.Option(help="Which webhooks to list: ready, leased, done or parked.", metavar="STATE")
    ] = "parked",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Maximum number listed, newest first.")] = 50,
    config: ConfigFile = CONFIG,
) -> Listing:
    """Count the webhooks by state, and list the parked ones with the reason."""
    if state not in tuple(InboxState):
        raise CannotDo(f"{state!r} is not a webhook state; choose one of {', '.join(InboxState)}.")
    with open_store(read_outline(config)) as store, store.reading() as session:
        counts = count_webhooks(session)
        rows = newest_webhooks(session, state, limit)
    by_state = ", ".join(f"{colored(name)} {counts[name]}" for name in InboxState if counts.get(name))
    return Listing(
        f"{state}, newest first", rows,
        ("id", "connector", ("received (UTC)", "received_at"), ("event", "event_key"), "reason"),
        document=lambda webhooks: {"counts": counts, "webhooks": webhooks}, intro=f"Webhooks: {by_state or 'none yet'}",
        hint="After a fix: [bold]hub inbox replay --all[/bold], or the ids of some." if state == InboxState.PARKED else "",
        optional=("event",)
    )  # fmt: skip


@commands.command("replay")
def replay_webhooks(
    ids: Annotated[
        list[str] | None, typer.Argument(help="Parked webhooks, by id or an end of it.", metavar="ID…")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All parked webhooks.")] = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Requeue parked webhooks after the cause is fixed. Exits with status 1 if one of them was not parked."""
    if bool(ids) == everything:
        raise CannotDo("Give the ids of parked webhooks, or --all; hub inbox list shows them.")
    now = utc_now()
    with open_store(read_outline(config)) as store, store.writing() as session:
        named = dict.fromkeys(full_id(session, InboxWebhook, each, "webhook") for each in ids or ())
        wanted = list(named) or parked_webhooks(session)
        count = sum(
            replay(session, wanted[at : at + MAX_IDS_PER_QUERY], now) for at in range(0, len(wanted), MAX_IDS_PER_QUERY)
        )
        if count:
            note(
                session, now, "inbox.replay", "all" if everything else ",".join(wanted)[:500], counted(count, "webhook")
            )
    say(f"[green]{counted(count, 'parked webhook')}[/green] will be read again by the next worker.")
    if count < len(wanted):
        say(f"[yellow]Not parked: {len(wanted) - count} of the ids; hub inbox list shows which are.[/yellow]")
        raise typer.Exit(1)
