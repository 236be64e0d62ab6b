"""`hub visits`: the visits of companies' websites, with their sources and the numbers that were shown."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from hub.cli.lists.reading import (
    After,
    AsUser,
    CampaignName,
    CompanyName,
    Limit,
    Reading,
    ShowPersonal,
    Since,
    SourceName,
    TrackerName,
    Until,
    company_and_tracker,
    page_listing,
    reading,
    source_and_medium,
)
from hub.cli.support.lists import Cell, Listing, listing
from hub.cli.support.options import choice
from hub.cli.support.options import since as since_when
from hub.cli.support.options import until as until_when
from hub.cli.support.output import CONFIG, ConfigFile, plain
from hub.model import Visit
from hub.queries.activity.visits import VisitFilter, list_visits
from hub.queries.lists.keyset import Cursor
from hub.queries.lookup import by_id, one, typed


@listing
def visits(
    company: CompanyName = None,
    tracker: TrackerName = None,
    source: SourceName = None,
    campaign: CampaignName = None,
    since: Since = None,
    until: Until = None,
    status: Annotated[
        str | None,
        typer.Option(help="called: the visitor called, wrote or sent a form; silent: did not.", metavar="STATUS"),
    ] = None,
    search: Annotated[
        str | None, typer.Option("--search", help="A part of the landing page, keyword or campaign.", metavar="TEXT")
    ] = None,
    limit: Limit = 50,
    after: After = None,
    user: AsUser = None,
    show_personal: ShowPersonal = False,
    config: ConfigFile = CONFIG,
) -> Listing:
    """List visits of the companies' websites, newest first."""
    company, tracker = company_and_tracker(company, tracker)
    name, medium = source_and_medium(source)
    known = choice(status, ("called", "silent"), "--status")
    with reading(config, company, user, "reports", personal="visits" if show_personal else "") as read:
        wanted = VisitFilter(
            source=name, medium=medium, campaign=campaign, tracker=tracker,
            known={"called": "yes", "silent": "no"}.get(known or ""),
            since=since_when(since, read.now, read.zone), until=until_when(until, read.now, read.zone),
            q=typed(search) if search else None,
        )  # fmt: skip
        page = list_visits(
            read.session, read.scope, list(read.companies), wanted, after=_place(read, after), limit=limit
        )
        rows: list[dict[str, Any]] = [
            {
                "id": each.id,
                "at": each.started_at,
                "company": read.companies[each.company_id].name,
                "source": each.source,
                "medium": each.medium,
                "campaign": each.campaign,
                "keyword": read.mask.text(each.keyword),
                "landing_page": read.mask.page(each.landing_page),
                "pages": each.pages,
                "number": each.number,
                "tracker": each.tracker,
                "click_ids": list(each.click_ids),
                "called": each.person_id is not None,
            }
            for each in page.items
        ]
    columns: list[tuple[str, Cell]] = [
        ("id", "id"), (read.zone_name, lambda row: read.moment(row["at"])), ("company", "company"),
        ("source", lambda row: plain(f"{row['source']} / {row['medium']}")), ("campaign", "campaign"),
        ("landing page", lambda row: plain(_page(row["landing_page"]))), ("pages", "pages"), ("number", "number"),
        ("clicked", "click_ids"), ("called", "called"),
    ]  # fmt: skip
    return page_listing(
        "visits", read, rows, page.next is not None, columns, ("campaign", "clicked", "pages", "company"),
        nothing="Nothing matches. To try the hub, play a visit: hub trigger visit",
    )  # fmt: skip


def _place(read: Reading, after: str | None) -> str | None:
    if after is None:
        return None
    found = one(by_id(read.session, Visit, typed(after), Visit.id), "visit", typed(after))
    return str(Cursor((found.started_at, found.id)))


def _page(address: str | None) -> str | None:
    """A landing page's path: the site is the company's."""
    return urlsplit(address).path or "/" if address else None
