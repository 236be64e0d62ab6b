"""What the lists of `hub` have in common: their options, whose data they read, the period, and CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from sqlmodel import Session

from hub.access.permissions import Action
from hub.access.scope import AccessScope, scope_of_operator
from hub.cli.calls.call_commands import scope_named
from hub.cli.support.audit_note import note
from hub.cli.support.lists import Cell, Listing
from hub.cli.support.output import plain
from hub.model import Company
from hub.platform.clock import utc_now
from hub.queries.lookup import known
from hub.queries.masking import Mask
from hub.startup.database import open_store, read_outline, vault_of
from hub.store.encryption.vault import Vault
from hub.store.engine import Store

CompanyName = Annotated[str | None, typer.Option("--company", help="Only this company.", metavar="NAME")]
TrackerName = Annotated[
    str | None, typer.Option("--tracker", help="Only this tracker, or COMPANY/TRACKER.", metavar="NAME")
]
SourceName = Annotated[
    str | None, typer.Option("--source", help="Only this source, like google, or 'google / cpc'.", metavar="NAME")
]
CampaignName = Annotated[str | None, typer.Option("--campaign", help="Only this campaign.", metavar="NAME")]
Since = Annotated[
    str | None,
    typer.Option(help="Only from then on: today, yesterday, 7d, 2h, a date or a time.", metavar="TIME"),
]
Until = Annotated[
    str | None,
    typer.Option(help="Only until then, that day included: yesterday, 7d, a date or a time.", metavar="TIME"),
]
SearchWords = Annotated[
    str | None,
    typer.Option("--search", help="A phone number, its last digits, an id, a campaign or a keyword.", metavar="TEXT"),
]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="How many to list, newest first.")]
After = Annotated[
    str | None, typer.Option(help="Continue after the one with this id, the last one listed before.", metavar="ID")
]
AsUser = Annotated[
    str | None, typer.Option("--user", help="Only what this user may see (hub users list).", metavar="NAME")
]
ShowPersonal = Annotated[
    bool, typer.Option("--show-personal", help="Show names and phone numbers in full; this is audited.")
]


@dataclass(frozen=True)
class Reading:
    """A session with what may be read in it: the companies that were asked for, by id."""

    session: Session
    scope: AccessScope
    vault: Vault
    mask: Mask
    companies: Mapping[str, Company]
    now: datetime

    @cached_property
    def zone(self) -> ZoneInfo:
        """The companies' time zone; UTC if they have several."""
        zones = {each.time_zone for each in self.companies.values()}
        return ZoneInfo(zones.pop() if len(zones) == 1 else "UTC")

    def moment(self, at: datetime) -> str:
        """A time as tables show it: 11-27 16:20."""
        return at.astimezone(self.zone).strftime("%m-%d %H:%M")

    @property
    def zone_name(self) -> str:
        """CST; the head of the column with times."""
        return f"at ({self.now.astimezone(self.zone):%Z})"


@contextmanager
def reading(
    config: Path, company: str | None, user: str | None, action: Action, *, personal: str = ""
) -> Iterator[Reading]:
    """Open the database for one list. If it shows `personal` data, named by that word, that is audited first."""
    with opened(config, company, user, action, personal=personal) as (store, read), store.reading() as session:
        yield read(session)


@contextmanager
def opened(
    config: Path, company: str | None, user: str | None, action: Action, *, personal: str = ""
) -> Iterator[tuple[Store, Callable[[Session], Reading]]]:
    """The database, and what may be read in a session of it."""
    loaded, now = read_outline(config), utc_now()
    if company is not None:
        known(company, loaded.companies, "company")
    vault = vault_of(loaded)
    with open_store(loaded) as store:
        with store.reading() as session:
            scope = scope_named(session, user, action) if user else scope_of_operator()
            query = scope.select(Company)
            if company is not None:
                query = query.where(Company.name == company)
            found = {each.id: each for each in session.exec(query)}
        if personal:
            with store.writing() as session:
                for account_id in sorted({each.account_id for each in found.values()}):
                    note(session, now, f"{personal}.show_personal", account_id, company or "all companies")
        yield store, lambda session: Reading(session, scope, vault, Mask(off=bool(personal)), found, now)


def company_and_tracker(company: str | None, tracker: str | None) -> tuple[str | None, str | None]:
    """The two of --company and --tracker COMPANY/TRACKER."""
    if tracker is None or "/" not in tracker:
        return company, tracker
    owner, _, name = tracker.partition("/")
    return owner, name


def source_and_medium(source: str | None) -> tuple[str | None, str | None]:
    """`google / cpc` as reports write it, or only a source."""
    if source is None:
        return None, None
    name, _, medium = source.partition(" / ")
    return name.strip(), medium.strip() or None


def page_listing(
    name: str,
    read: Reading,
    rows: Sequence[Mapping[str, Any]],
    more: bool,
    columns: Sequence[tuple[str, Cell]],
    optional: Sequence[str],
    *,
    nothing: str,
    hint: str = "",
) -> Listing:
    """A page of a list, with the id after which the next page begins; the company is shown if there are several."""
    following = rows[-1]["id"] if rows and more else None
    shown = [each for each in columns if each[0] != "company" or len(read.companies) > 1]
    return Listing(
        f"{name.capitalize()}, newest first", rows, shown,
        document=lambda found: {name: found, "next": following}, nothing=nothing, hint=hint,
        notes=(f"There are more: add [bold]--after {plain(following[-12:])}[/bold]",) if following else (),
        optional=[each for each in optional if each in dict(shown)],
    )  # fmt: skip
