"""`hub visits`: the visits of companies' websites, with their sources and the numbers that were shown."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from hub.cli.lists.reading import (
    After,
    AsCsv,
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
    print_list,
    reading,
    source_and_medium,
)
from hub.cli.support.options import choice
from hub.cli.support.options import since as since_when
from hub.cli.support.options import until as until_when
from hub.cli.support.output import CONFIG, AsJson, ConfigFile, plain
from hub.cli.support.tables import short_ids, table
from hub.model import Visit
from hub.queries.activity.visits import VisitFilter, list_visits
from hub.queries.lists.keyset import Cursor
from hub.queries.lookup import by_id, one, typed


def register(app: typer.Typer) -> None:
    """Add the command to `hub`."""
    app.command("visits")(visits)


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
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    config: ConfigFile = CONFIG,
) -> None:
    """List visits of the companies' websites, newest first."""
    company, tracker = company_and_tracker(company, tracker)
    name, medium = source_and_medium(source)
    known = choice(status, ("called", "silent"), "--status")
    with reading(config, company, user, "reports", personal="visits" if show_personal else "") as read:
        wanted = VisitFilter(
            source=name, medium=medium, campaign=campaign, tracker=tracker,
            known=None if known is None else known == "called",
            begins=since_when(since, read.now, read.zone), ends=until_when(until, read.now, read.zone),
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
    print_list(
        "visits", rows, rows[-1]["id"] if rows and page.next else None, lambda: _print(read, rows),
        "Nothing matches. To try the hub, play a visit: hub trigger visit", as_json=as_json, as_csv=as_csv,
    )  # fmt: skip


def _place(read: Reading, after: str | None) -> str | None:
    if after is None:
        return None
    found = one(by_id(read.session, Visit, typed(after), Visit.id), "visit", typed(after))
    return str(Cursor((found.started_at, found.id)))


def _print(read: Reading, rows: list[dict[str, Any]]) -> None:
    short = short_ids(row["id"] for row in rows)
    several = len(read.companies) > 1
    columns = [
        "id",
        read.zone_name,
        "company",
        "source",
        "campaign",
        "landing page",
        "pages",
        "number",
        "clicked",
        "called",
    ]
    cells = (
        [short(row["id"]), read.moment(row["at"]), plain(row["company"]), plain(f"{row['source']} / {row['medium']}"),
         plain(row["campaign"]), plain(_page(row["landing_page"])), str(row["pages"]), plain(row["number"]),
         plain(", ".join(row["click_ids"]) or None), "yes" if row["called"] else "no"]
        for row in rows
    )  # fmt: skip
    if not several:
        columns.remove("company")
        cells = ([cell for at, cell in enumerate(row) if at != 2] for row in cells)
    optional = ["campaign", "clicked", "pages", *(["company"] if several else [])]
    table("Visits, newest first", columns, cells, optional)


def _page(address: str | None) -> str | None:
    """A landing page's path: the site is the company's."""
    return urlsplit(address).path or "/" if address else None
