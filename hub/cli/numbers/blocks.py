"""`hub blocks`: the callers who are blocked or allowed, by number or by the beginning of numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlmodel import Session, select

from hub.cli.support import audit_note
from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import CONFIG, ConfigFile, plain, say
from hub.errors import CannotDo
from hub.model import HUB_CHAIN, Company
from hub.model.spam import ALLOW, BLOCK
from hub.platform.clock import utc_now
from hub.queries.callers import listed_callers
from hub.queries.lookup import known
from hub.queries.masking import Mask
from hub.spam.callers import add_noted_rule, remove_rule, rule_about
from hub.startup.database import open_store, read_outline, vault_of
from hub.store.encryption.vault import Vault

commands = typer.Typer(help="List, block and allow callers, by number or prefix.", no_args_is_help=True)
Pattern = Annotated[
    str,
    typer.Argument(help="A number like +13125550142, or the beginning of numbers like '+1900*'.", metavar="NUMBER"),
]
OfCompany = Annotated[
    str | None, typer.Option("--company", help="Only for this company; for the whole hub if left out.", metavar="NAME")
]
OfList = Annotated[
    str | None, typer.Option("--list", help="A list of your own that a call flow names, like vip.", metavar="NAME")
]
Note = Annotated[str, typer.Option(help="Why, at most 200 characters.", metavar="TEXT")]


@commands.command("list")
@listing
def list_blocks(
    company: OfCompany = None,
    of_list: OfList = None,
    show_personal: Annotated[
        bool, typer.Option("--show-personal", help="Show numbers and notes in clear; this is audited.")
    ] = False,
    config: ConfigFile = CONFIG,
) -> Listing:
    """List who is blocked, who is allowed, and who is on lists of yours, the newest first."""
    mask = Mask(off=show_personal)
    with _places(config, company) as (session, vault, places):
        companies = [row_id for _, row_id in places if row_id]
        found = listed_callers(session, vault, None, companies, with_account=company is None, kind=of_list).items
        if show_personal:
            audit_note.note(session, utc_now(), "callers.show", HUB_CHAIN, f"{len(found)} on the block and allow lists")
    rows: list[dict[str, Any]] = [
        {
            "kind": each.kind,
            "number": f"{each.pattern}*" if each.is_prefix else mask.phone(each.pattern),
            "company": each.company,
            "note": mask.text(each.note),
            "made": each.made_at,
            "by": each.made_by,
        }
        for each in found
    ]
    return Listing(
        "Newest first", rows,
        (("list", "kind"), "number", ("company", lambda row: plain(row["company"] or "all")), "note", ("made (UTC)", "made"),
         "by"),
        nothing="Nobody is blocked or allowed: hub blocks add NUMBER", optional=("note", "company")
    )  # fmt: skip


@commands.command("add")
def add(
    number: Pattern, company: OfCompany = None, note: Note = "", of_list: OfList = None, config: ConfigFile = CONFIG
) -> None:
    """Block a caller, or all whose numbers begin so; with --list put them on a list that a call flow names."""
    if of_list:
        _put(of_list, number, company, note, config)
        say(f"On the list {of_list}. Call flows with `caller_list: {of_list}` go by it from the next call on.")
        return
    _put("block", number, company, note, config)
    say("Blocked. What happens to blocked callers: `spam: blocked:` of the company (`hub docs spam`).")


@commands.command("allow")
def allow(number: Pattern, company: OfCompany = None, note: Note = "", config: ConfigFile = CONFIG) -> None:
    """Allow a caller, or all whose numbers begin so: their calls are not scored."""
    _put("allow", number, company, note, config)
    say("Allowed. These calls are not scored any more.")


@commands.command("remove")
def remove(number: Pattern, company: OfCompany = None, of_list: OfList = None, config: ConfigFile = CONFIG) -> None:
    """Take a number or a prefix off its list."""
    with _places(config, company) as (session, _, places):
        wanted = places if company is not None else dict.fromkeys((account, None) for account, _ in places)
        kinds = (of_list,) if of_list else (BLOCK, ALLOW)
        found = [rule for place in wanted if (rule := rule_about(session, *place, number, kinds)) is not None]
        if not found:
            where = f"for {company}" if company else "for the whole hub; name the company with --company"
            raise CannotDo(f"The number is on no list {where}.")
        for rule in found:
            remove_rule(session, rule, utc_now(), audit_note.actor())
    say("Removed.")


def _put(kind: str, number: str, company: str | None, note: str, config: Path) -> None:
    with _places(config, company) as (session, vault, places):
        wanted = places if company is not None else list(dict.fromkeys((account, None) for account, _ in places))
        for account_id, company_id in wanted:
            add_noted_rule(session, vault, account_id, company_id, kind, number, utc_now(), audit_note.actor(), note)


@contextmanager
def _places(config: Path, company: str | None) -> Iterator[tuple[Session, Vault, list[tuple[str, str | None]]]]:
    """A writing session, the vault, and the account and company of each company that is meant."""
    loaded = read_outline(config)
    if company is not None:
        known(company, loaded.companies, "company")
    with open_store(loaded) as store, store.writing() as session:
        rows = session.exec(select(Company)).all()
        places: list[tuple[str, str | None]] = [(row.account_id, row.id) for row in rows if company in (None, row.name)]
        if not places:
            raise CannotDo("The hub has no companies yet; start it with hub run.")
        yield session, vault_of(loaded), places
