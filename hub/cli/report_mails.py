"""`hub report saved`, `emails` and `send`: saved reports, reports by email, and a copy of either for a user now."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlmodel import select

from hub.access.scope import scope_of, scope_of_operator
from hub.access.users import user_named
from hub.alerts.report_mails import queue_copy
from hub.cli.report import commands
from hub.cli.support.audit_note import actor
from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import CONFIG, ConfigFile, counted, plain, say
from hub.model import ReportSubscription, SavedView
from hub.queries.lookup import among, typed
from hub.queries.reports.emails import report_emails
from hub.queries.reports.saved import saved_reports
from hub.startup.database import open_store, read_outline
from hub.startup.opening import open_hub
from hub.startup.reading import read_config

User = Annotated[str, typer.Option("--user", help="The user's name.", metavar="NAME")]


@commands.command("saved")
@listing
def saved(user: User, config: ConfigFile = CONFIG) -> Listing:
    """List the saved reports that a user may open, with how many addresses get each."""
    with open_store(read_outline(config)) as store, store.reading() as session:
        scope = scope_of(session, user_named(session, typed(user)), "reports")
        rows = saved_reports(session, scope) if scope else []
    return Listing(
        counted(len(rows), "saved report"), rows, ("id", "name", "report", "query", "shared", "addresses"),
        nothing="There are no saved reports; users save them on the pages of reports."
    )  # fmt: skip


@commands.command("emails")
@listing
def emails(config: ConfigFile = CONFIG) -> Listing:
    """List who gets a report by email, and what became of the last one."""
    with open_store(read_outline(config)) as store, store.reading() as session:
        rows = report_emails(session, scope_of_operator())
    return Listing(
        f"{len(rows)} addresses", rows,
        ("id", "email", "report", "saved", "when", "stopped", ("last", "last_state"), ("reason", "last_reason")),
        nothing="Nobody gets a report by email; users start it on the pages of reports."
    )  # fmt: skip


@commands.command("send")
def send(
    report: Annotated[
        str, typer.Argument(help="The id of a saved report, or of an address, or an end of it.", metavar="ID")
    ],
    user: User,
    config: ConfigFile = CONFIG,
) -> None:
    """Send a user now what a saved report or a schedule would send; the running worker sends it."""
    with open_hub(read_config(config, sandbox=True)) as opened, opened.hub.store.writing() as session:
        who = user_named(session, typed(user))
        ids = [*session.exec(select(SavedView.id)), *session.exec(select(ReportSubscription.id))]
        address = queue_copy(session, opened.hub, who, among(ids, report), actor=actor())
    say(f"It is on its way to {plain(address)}; hub alerts list --user {plain(user)} shows how it went.")
