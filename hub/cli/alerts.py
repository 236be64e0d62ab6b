"""`hub alerts`: what users were alerted to and how it reached them; a test of each channel."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from sqlmodel import select

from hub.access.users import user_named
from hub.alerts.alert_list import sent_alerts
from hub.alerts.settings import queue_test
from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import CONFIG, ConfigFile, counted, plain, say
from hub.errors import CannotDo
from hub.model import Company
from hub.queries.lookup import typed
from hub.startup.database import open_store, read_outline
from hub.startup.opening import open_hub
from hub.startup.reading import read_config

commands = typer.Typer(help="Alerts of users: what became of each, and a test.", no_args_is_help=True)


@commands.command("list")
@listing
def list_(
    user: Annotated[str | None, typer.Option(help="Only the alerts of this user.", metavar="NAME")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Maximum number listed, newest first.")] = 50,
    config: ConfigFile = CONFIG,
) -> Listing:
    """List the newest alerts with the state of each channel; they name no caller."""
    with open_store(read_outline(config)) as store, store.reading() as session:
        chosen = user_named(session, typed(user)) if user else None
        rows: list[dict[str, Any]] = sent_alerts(session, chosen, limit)
    return Listing(
        counted(len(rows), "alert"), rows, (("at (UTC)", "at"), "user", "company", "kind", "channel", "state", "reason"),
        nothing="There are no alerts yet; users choose them on the page /alerts."
    )  # fmt: skip


@commands.command("test")
def test(
    user: Annotated[str, typer.Argument(help="The user's name.", metavar="NAME")],
    channel: Annotated[str, typer.Argument(help="email, text, webhook, slack, teams or push.")],
    company: Annotated[str, typer.Option(help="The company's name in config.yaml.", metavar="NAME")],
    config: ConfigFile = CONFIG,
) -> None:
    """Send a user a test alert; the running worker sends it, quiet hours or not."""
    with open_hub(read_config(config, sandbox=True)) as opened, opened.hub.store.writing() as session:
        who = user_named(session, typed(user))
        wanted = (Company.name == typed(company), Company.account_id == who.account_id)
        where = session.exec(select(Company).where(*wanted)).first()
        if where is None:
            raise CannotDo("The user's account has no company of that name; config.yaml lists its companies.")
        queue_test(session, opened.hub, who, where, channel)
    say(f"A test is queued; hub alerts list --user {plain(user)} shows how it went.")
