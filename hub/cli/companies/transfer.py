"""`hub companies transfer`: plan and carry out the transfer of a company to another account."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from typing import Annotated

import typer

from hub.cli.companies.lookup import Name, company_named, opened
from hub.cli.support.audit_note import actor
from hub.cli.support.output import CONFIG, AsJson, ConfigFile, Sandboxed, echo_json, plain, say
from hub.cli.support.tables import table
from hub.errors import CannotDo
from hub.leaving.run import config_file_of
from hub.leaving.transfer import transfer_company
from hub.queries.privacy.company_transfer import TransferPlan, plan_company_transfer


def transfer(
    name: Name,
    to: Annotated[str, typer.Option(help="The account that gets it, as config.yaml names it.", metavar="ACCOUNT")],
    confirm: Annotated[str | None, typer.Option(help="Carry it out; type the company's name.", metavar="NAME")] = None,
    sandbox: Sandboxed = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Move a company with all its data to another account of this hub, such as after a sale of the business. Without --confirm
    it shows what moves, what stays and what blocks it, and changes nothing."""
    with ExitStack() as stack:
        hub = opened(stack, config, sandbox=sandbox)
        with hub.store.reading() as session:
            company = company_named(session, name)
            planned = plan_company_transfer(session, hub, company, to)
        if confirm is not None:
            file = config_file_of(hub)
            if file is None:
                raise CannotDo("This hub was not started from a config.yaml.")
            planned = transfer_company(hub, file, company, to, actor(), confirm)
    if as_json:
        echo_json(asdict(planned))
    elif planned.there:
        say(f"{plain(name)} is in the account {plain(to)}.")
    elif confirm is not None:
        say(f"[green]✓[/green] {plain(name)} moved from {plain(planned.old)} to {plain(to)}.")
    else:
        _show(planned)


def _show(planned: TransferPlan) -> None:
    say(
        f"The transfer of {plain(planned.title)} ({plain(planned.name)}) from {plain(planned.old)} to {plain(planned.new)}. "
        "This command changes nothing."
    )
    for each in planned.blockers:
        say(f"[red]Blocked:[/red] {plain(each)}")
    table("What moves", ("what", "count"), ((words, f"{count:,}") for words, count in planned.counts.items()))
    table("Sections of config.yaml that name it", ("section",), ((plain(each),) for each in planned.sections))
    if planned.connectors:
        say(f"Connectors that only it uses go along: {plain(', '.join(planned.connectors))}.")
    for each in planned.stays:
        say(plain(each))
    if not planned.blockers:
        say(
            f"Next: hub companies transfer {plain(planned.name)} --to {plain(planned.new)} --confirm {plain(planned.name)}"
        )
