"""`hub costs`: import what advertising costs from a file, list what is known, remove what was imported."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlmodel import Session, col, select

from hub.cli.report import number, span_of
from hub.cli.support.audit_note import actor
from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import CONFIG, ConfigFile, counted, plain, say
from hub.errors import CannotDo
from hub.model import Account, Company, ConnectorNote
from hub.platform.clock import utc_now
from hub.queries.lookup import account_named, known
from hub.queries.reports.known_costs import KnownCosts, known_costs
from hub.sources.costs.imports import import_costs, remove_costs
from hub.sources.costs.pull import NOTE
from hub.startup.database import open_store, read_outline

commands = typer.Typer(help="What advertising costs: import, list, remove.", no_args_is_help=True)
WHOLE_ACCOUNT = "(whole account)"

AccountName = Annotated[
    str | None, typer.Option(help="The account's name; optional if there is only one.", metavar="NAME")
]
From = Annotated[str | None, typer.Option("--from", help="First day, like 2026-05-01.", metavar="DAY")]
To = Annotated[str | None, typer.Option("--to", help="Last day, included; today by default.", metavar="DAY")]


@commands.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A CSV file.", metavar="FILE")],
    company: Annotated[str | None, typer.Option(help="The company of lines that name none.", metavar="NAME")] = None,
    account: AccountName = None,
    check: Annotated[bool, typer.Option("--check", help="Only say what would be imported.")] = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Import costs from a CSV file with the columns day, source, cost and currency, and optionally campaign, medium, company,
    clicks and impressions.

    The lines of a day and source replace those of an earlier import for the same company. One mistake refuses the whole file.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CannotDo(f"{file} cannot be read ({error.strerror}).") from None
    with open_store(read_outline(config)) as store, store.writing() as session:
        whose, companies, default = _whose(session, account, company)
        done = import_costs(session, whose, companies, content, actor(), utc_now(), default, check=check)
    sums = ", ".join(f"{total:,.2f} {currency}" for currency, total in done.totals.items())
    days = f"{done.first} to {done.last}"
    if done.unchanged:
        say(f"Nothing changed: the same {counted(done.lines, 'line')} from {days} were imported before.")
        return
    replaced = f", replacing {counted(done.replaced, 'line')} of earlier imports" if done.replaced else ""
    say(f"{'Would import' if check else 'Imported'} {counted(done.lines, 'line')} from {days}, {sums}{replaced}.")
    if done.for_account:
        say(
            f"{counted(done.for_account, 'line')} name no company and count for the whole account; --company names one."
        )


@commands.command("list")
@listing
def list_(first: From = None, last: To = None, config: ConfigFile = CONFIG) -> Listing:
    """List which costs are known, and why a connector's are not."""
    begins, ends = span_of(first, last, utc_now().date()) if first or last else (None, None)
    with open_store(read_outline(config)) as store, store.reading() as session:
        found = known_costs(session, begins, ends)
        notes = {
            row.connector: row.value for row in session.exec(select(ConnectorNote).filter_by(name=NOTE)) if row.value
        }

    def data(each: KnownCosts) -> dict[str, Any]:
        return asdict(each) | {"first": str(each.first), "last": str(each.last), "total": number(each.total)}

    return Listing(
        "Known costs", found,
        (("from", lambda each: plain(each.connector or "import")), "source",
         ("company", lambda each: plain(each.company or WHOLE_ACCOUNT)), ("first day", "first"), ("last day", "last"), "rows",
         ("cost", lambda each: f"{each.total:,.2f} {each.currency}")),
        data=data, document=lambda costs: {"costs": costs, "not_pulled": notes},
        nothing="No costs are known; connect an ad network that reports them, or import them with hub costs import.",
        notes=[f"[yellow]{plain(connector)}: {plain(reason)}[/yellow]" for connector, reason in sorted(notes.items())]
    )  # fmt: skip


@commands.command("remove")
def remove(
    source: Annotated[str, typer.Option(help="The source, as in the file.", metavar="SOURCE")],
    first: From = None,
    last: To = None,
    company: Annotated[str | None, typer.Option(help="Only this company's.", metavar="NAME")] = None,
    account: AccountName = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Remove imported costs; those of connectors stay."""
    if first is None:
        raise CannotDo("Say from which day with --from.")
    now = utc_now()
    begins, ends = span_of(first, last, now.date())
    with open_store(read_outline(config)) as store, store.writing() as session:
        whose, _, chosen = _whose(session, account, company)
        count = remove_costs(session, whose, chosen, source, begins, ends, actor(), now)
    say(f"Removed {counted(count, 'line')} from {begins} to {ends}.")


def _whose(session: Session, account: str | None, company: str | None) -> tuple[Account, list[Company], Company | None]:
    """The account, its companies, and the chosen company."""
    every = session.exec(select(Company).order_by(col(Company.name))).all()
    chosen = (
        next(each for each in every if each.name == known(company, [c.name for c in every], "company"))
        if company
        else None
    )
    whose = session.get_one(Account, chosen.account_id) if chosen and not account else account_named(session, account)
    companies = [each for each in every if each.account_id == whose.id]
    if chosen is not None and chosen not in companies:
        raise CannotDo(f"The company {chosen.name} does not belong to the account {whose.name}.")
    return whose, companies, chosen
