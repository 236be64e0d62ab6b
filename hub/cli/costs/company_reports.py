"""`hub report companies` and `trend`: companies side by side, and their weeks, from the queries of the pages."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from sqlmodel import col, select

from hub.access.scope import scope_of_operator
from hub.cli.report import CompanyNames, From, To, commands, companies_named, number, span_of
from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import CONFIG, EMPTY_CELL, ConfigFile, counted, plain
from hub.errors import CannotDo
from hub.model import Company
from hub.platform.clock import utc_now
from hub.platform.id_words import words_of
from hub.queries.lookup import account_named
from hub.queries.reports.companies import CompanyFigures, compare_companies
from hub.queries.reports.tables import REPORTS, TableReport, TableRequest, plain_count, read_table, week_lines
from hub.queries.reports.trends import MEASURES
from hub.reports.calendar import day_of
from hub.reports.definitions import DEFINITIONS
from hub.reports.weeks import WEEK, weeks_until
from hub.startup.database import open_store, read_outline

SHOWN = ("calls", "calls_before", "answered", "leads", "delivered", "held", "rejected")
MONEY = ("cost", "per_lead")


@commands.command("companies")
@listing
def companies(
    account: Annotated[
        str | None, typer.Option(help="The account's name; optional if there is only one.", metavar="NAME")
    ] = None,
    first: From = None,
    last: To = None,
    config: ConfigFile = CONFIG,
) -> Listing:
    """Companies side by side: calls, answered, leads, cost, cost per lead and deliveries, each in its own time zone."""
    with open_store(read_outline(config)) as store, store.snapshot() as session:
        chosen = account_named(session, account)
        rows = list(session.exec(select(Company).where(Company.account_id == chosen.id).order_by(col(Company.title))))
        if not rows:
            raise CannotDo("There are no companies yet; start the hub with hub run.")
        begins, ends = span_of(first, last, day_of(utc_now(), ZoneInfo(rows[0].time_zone)))
        found = compare_companies(session, rows, begins, ends, with_account=True)
    lines = [_line(each.name, figures) for each, figures in found.lines]
    currencies = list(found.total.costs.returns)
    money = [
        (f"{DEFINITIONS[name].title.lower()} {code}", _amount(code, name)) for code in currencies for name in MONEY
    ]
    return Listing(
        f"Companies, {begins} to {ends}",
        [*lines, _line("total", found.total)],
        ("company", *((words_of(name), name) for name in SHOWN), *money),
        document=lambda fields: {"from": str(begins), "to": str(ends), "companies": fields[:-1], "total": fields[-1],
                                 "unassigned": {code: number(each) for code, each in found.unassigned.items()}},
        notes=[f"{amount:,.2f} {code} more belong to no single company." for code, amount in found.unassigned.items()],
    )  # fmt: skip


@commands.command("trend")
@listing
def trend(
    company: CompanyNames = None,
    weeks: Annotated[int, typer.Option(min=1, max=104, help="How many whole weeks that are over.")] = 8,
    config: ConfigFile = CONFIG,
) -> Listing:
    """Whole weeks, Monday to Sunday, beside as many before: calls, answered and leads."""
    with open_store(read_outline(config)) as store, store.snapshot() as session:
        rows, _ = companies_named(session, company)
        today = day_of(utc_now(), ZoneInfo(rows[0].time_zone))
        lines = week_lines(session, rows, weeks_until(today - WEEK / 7, weeks), weeks, with_costs=False)
    names = [name for each in MEASURES for name in (each, f"{each}_before")]
    return Listing(
        f"{counted(weeks, 'week')} of {plain(', '.join(each.name for each in rows))}",
        lines,
        ("week", *((words_of(name), name) for name in names)),
    )


def _add_table(name: str, report: TableReport) -> None:
    @commands.command(name, help=report.sentence)
    @listing
    def read(
        company: CompanyNames = None,
        first: From = None,
        last: To = None,
        config: ConfigFile = CONFIG,
    ) -> Listing:
        with open_store(read_outline(config)) as store, store.snapshot() as session:
            rows, _ = companies_named(session, company)
            days = span_of(first, last, day_of(utc_now(), ZoneInfo(rows[0].time_zone)))
            lines = read_table(name, TableRequest(session, scope_of_operator(), rows, days, utc_now()))
        columns = tuple((title.lower(), name) for name, title in report.columns.items())
        return Listing(f"{name.capitalize()}, {days[0]} to {days[1]}", lines, columns)


for each in ("agents", "trackers", "signals", "hours", "weekdays"):
    _add_table(each, REPORTS[each])


def _line(name: str, figures: CompanyFigures) -> dict[str, Any]:
    """The figures by their names in the API; amounts are texts, so that no digit is lost."""
    values: dict[str, Any] = {
        key: plain_count(each) if isinstance(each, Decimal) else each for key, each in figures.figures().items()
    }
    values["won"] = {code: number(each) for code, each in figures.brought.won.items()}
    values["costs"] = {code: {key: None if each is None else number(round(each, 4)) for key, each in of.items()}
                       for code, of in values["costs"].items()}  # fmt: skip
    return {"company": name, **values}


def _amount(currency: str, name: str) -> Any:
    def cell(row: Mapping[str, Any]) -> str:
        amount = row["costs"].get(currency, {}).get(name)
        return EMPTY_CELL if amount is None else f"{Decimal(amount):,.2f}"

    return cell
