"""`hub users assistants` and `hub users disconnect`: what users connected by OAuth."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlmodel import col, select

from hub.access.assistants.grants import disconnect
from hub.cli.support.audit_note import actor
from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import CONFIG, ConfigFile, plain, say
from hub.cli.users.user_commands import commands
from hub.errors import NotFound
from hub.model import Account, AssistantGrant
from hub.platform.clock import utc_now
from hub.queries.users import assistants_of
from hub.startup.database import open_store, read_outline


@commands.command("assistants")
@listing
def assistants(config: ConfigFile = CONFIG) -> Listing:
    """List the assistants that users connected by OAuth, and whether they work."""
    now = utc_now()
    with open_store(read_outline(config)) as store, store.reading() as session:
        accounts = session.exec(select(Account).order_by(col(Account.name))).all()
        found = [each for account in accounts for each in assistants_of(session, account.id)]
    rows = [
        {
            "id": each.grant.id,
            "answers_go_to": each.host,
            "calls_itself": each.grant.client_name,
            "user": each.user.name,
            "personal_data": each.grant.personal_data,
            "since": each.grant.made_at,
            "last_used_at": each.grant.used_at,
            "works": each.works(now),
        }
        for each in found
    ]
    return Listing(
        "Assistants", rows,
        ("id", ("answers go to", lambda row: plain(row["answers_go_to"])),
         ("calls itself", lambda row: plain(row["calls_itself"])), "user", ("in clear", "personal_data"), "since",
         ("last used (UTC)", "last_used_at"), "works"),
        nothing="No assistant is connected.", hint="End one: [bold]hub users disconnect ID[/bold]"
    )  # fmt: skip


@commands.command("disconnect")
def end(
    grant: Annotated[str, typer.Argument(help="The id, as `hub users assistants` lists it.", metavar="ID")],
    config: ConfigFile = CONFIG,
) -> None:
    """End the connection of one assistant immediately; its user can connect it again."""
    with open_store(read_outline(config)) as store, store.writing() as session:
        row = session.get(AssistantGrant, grant)
        if row is None:
            raise NotFound("There is no assistant with this id; `hub users assistants` lists all.")
        disconnect(session, row, utc_now(), actor=actor())
    say(f"{plain(row.client_name)} reads nothing from now on.")
