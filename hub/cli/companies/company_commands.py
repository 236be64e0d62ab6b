"""`hub companies`: list companies, plan and carry out the end of one, print its certificate."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlmodel import col, select

from hub.cli.companies import transfer
from hub.cli.companies.lookup import Name, company_named, opened
from hub.cli.companies.show import plan_as_json, show_plan
from hub.cli.numbers.carriers import read_number
from hub.cli.support.audit_note import actor
from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import CONFIG, AsJson, ConfigFile, Sandboxed, counted, echo_json, plain, say
from hub.errors import CannotDo
from hub.leaving.archive import FolderArchive, ZipArchive
from hub.leaving.certificate import FORMAT, as_text
from hub.leaving.export import export_company
from hub.leaving.people import ask_again
from hub.leaving.run import Progress, advance, config_file_of
from hub.leaving.steps import cancel_end, confirm_end, request_end
from hub.model import Account, Company, CompanyEnd
from hub.privacy_requests.certificate import is_genuine
from hub.queries.privacy.company_end import current_end, plan_company_end
from hub.runtime import Hub
from hub.startup.database import open_store
from hub.startup.reading import read_config

commands = typer.Typer(help="List the companies, transfer one, and let one leave.", no_args_is_help=True)
commands.command("transfer")(transfer.transfer)


@commands.command("list")
@listing
def list_companies(config: ConfigFile = CONFIG) -> Listing:
    """List the companies of all accounts, those that left included."""
    with open_store(read_config(config)) as store, store.reading() as session:
        query = select(Company, Account.name).join(Account, col(Account.id) == col(Company.account_id))
        rows: list[dict[str, Any]] = [
            {
                "name": company.name,
                "title": company.title,
                "account": account,
                "left_config": company.disabled_at,
                "end": found.state if (found := current_end(session, company.id)) else None,
            }
            for company, account in session.exec(query.order_by(Account.name, Company.name))
        ]
    columns = ("name", "title", "account", ("no longer in config.yaml (UTC)", "left_config"), "end")
    return Listing("Companies", rows, columns)


@commands.command("end")
def end(
    name: Name,
    request: Annotated[bool, typer.Option("--request", help="Begin the end; nothing else is changed.")] = False,
    hand_over: Annotated[
        list[str] | None,
        typer.Option(
            help="With --request: a number that the company takes along; `all` for all. Repeatable.", metavar="NUMBER"
        ),
    ] = None,
    keep_at: Annotated[
        list[str] | None,
        typer.Option(
            help="With --request: a connector that is not asked to erase people, like the company's own CRM. Repeatable.",
            metavar="CONNECTOR",
        ),
    ] = None,
    export: Annotated[
        Path | None, typer.Option(help="Write everything, decrypted, to a new folder or a new .zip.", metavar="PATH")
    ] = None,
    confirm: Annotated[
        str | None,
        typer.Option(help="Carry it out, and go on after an interruption; type the company's name.", metavar="NAME"),
    ] = None,
    without_export: Annotated[
        bool, typer.Option("--without-export", help="With --confirm: nobody wants an export.")
    ] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="Call it off, before it is confirmed.")] = False,
    sandbox: Sandboxed = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Let a company leave: plan (without options), --request, --export, --confirm. Only --confirm changes or erases anything.

    Exits with status 1 if it cannot go on yet, such as while a provider has not answered; a worker tries it again.
    """
    if [request, export is not None, confirm is not None, cancel].count(True) > 1:
        raise CannotDo("One step at a time: --request, --export, --confirm or --cancel.")
    if (hand_over or keep_at) and not request:
        raise CannotDo("--hand-over and --keep-at belong to --request.")
    if confirm is not None:
        _carry_out(config, name, confirm, without_export, sandbox=sandbox, as_json=as_json)
        return
    with ExitStack() as stack:
        hub = opened(stack, config, sandbox=sandbox)
        if request:
            _request(hub, name, hand_over or [], keep_at or [])
        elif cancel:
            with hub.store.writing() as session:
                cancel_end(session, hub, company_named(session, name), actor())
            say("The end is called off; nothing was changed.")
            return
        elif export is not None:
            _export(hub, name, export)
            return
        _show(hub, name, as_json=as_json)


@commands.command("certificate")
def certificate(
    name: Name,
    verify: Annotated[
        Path | None, typer.Option(help="Check a certificate in JSON instead of printing one.", metavar="FILE")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Print the certificate of a company that left, or check one. Exits with status 1 if it is not ours or was changed."""
    with ExitStack() as stack:
        hub = opened(stack, config)
        with hub.store.reading() as session:
            row = current_end(session, company_named(session, name).id)
        if verify is not None:
            given = _read(verify)
            if (given.get("format"), given.get("name")) != (FORMAT, name) or not is_genuine(hub, given):
                say("[red]Not genuine[/red]: it was changed, is of another company, or was not signed by this hub.")
                raise typer.Exit(1)
            say(f"[green]Genuine[/green]: signed by this hub at {plain(given['certified_at'])}.")
            return
    if row is None or not row.certificate:
        raise CannotDo("There is no certificate: the company has not ended.")
    if as_json:
        echo_json(row.certificate)
    else:
        typer.echo(as_text(row.certificate), nl=False)


def _carry_out(config: Path, name: str, typed: str, without_export: bool, *, sandbox: bool, as_json: bool) -> None:
    """Confirm, then step by step; after an edit of config.yaml with a hub that has read it."""
    progress, end_id = Progress.RELOAD, ""
    while progress in (Progress.MORE, Progress.RELOAD):
        with ExitStack() as stack:
            hub = opened(stack, config, sandbox=sandbox)
            if not end_id:
                with hub.store.writing() as session:
                    end_id = confirm_end(
                        session, hub, company_named(session, name), actor(), typed, without_export=without_export
                    ).id
                ask_again(hub, end_id)
            progress = Progress.MORE
            while progress == Progress.MORE:
                progress = advance(hub, end_id, config_file_of(hub))
            with hub.store.reading() as session:
                row = session.get_one(CompanyEnd, end_id)
    if as_json:
        echo_json({"state": row.state, "outcome": row.outcome})
    elif progress == Progress.DONE:
        say(f"[green]✓[/green] {plain(name)} has left. Its certificate: hub companies certificate {plain(name)}")
    else:
        say(f"[yellow]It goes on later:[/yellow] {plain(row.outcome.get('trouble'))}")
    if progress != Progress.DONE:
        raise typer.Exit(1)


def _request(hub: Hub, name: str, hand_over: list[str], keep_at: list[str]) -> None:
    with hub.store.reading() as session:
        planned = plan_company_end(session, hub, company_named(session, name))
    every = [each.number for each in planned.numbers if each.state != "given up"]
    numbers = every if hand_over == ["all"] else [read_number(each) for each in hand_over]
    with hub.store.writing() as session:
        request_end(session, hub, company_named(session, name), actor(), hand_over=numbers, keep_at=keep_at)


def _export(hub: Hub, name: str, to: Path) -> None:
    with hub.store.reading() as session:
        company = company_named(session, name)
    zipped = ZipArchive.at(to) if to.suffix == ".zip" else None
    lines = list(export_company(hub, company, zipped or FolderArchive(to), actor()))
    if zipped is not None:
        zipped.close()
    rows = sum(line.get("rows", 0) for line in lines)
    say(
        f"Written to {plain(to)}: {counted(len(lines), 'file')}, {counted(rows, 'row')}, decrypted. Hand it over safely."
    )
    say(f"SHA-256 of its manifest: {lines[-1]['sha256']}")


def _show(hub: Hub, name: str, *, as_json: bool) -> None:
    with hub.store.reading() as session:
        planned = plan_company_end(session, hub, company_named(session, name))
    if as_json:
        echo_json(plan_as_json(planned))
    else:
        show_plan(planned)


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise CannotDo(f"{file} cannot be read as JSON; give the file that certificate --json wrote.") from None
    return found if isinstance(found, dict) else {}
