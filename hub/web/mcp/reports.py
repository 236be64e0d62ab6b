"""The tools on what advertising brought: the companies of the account, and reports."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hub.contracts.titles import line_title
from hub.errors import CannotDo
from hub.queries.flows.current import current_flows
from hub.queries.reports.companies import CompanyFigures, compare_companies
from hub.queries.reports.costs import Account, cost_report
from hub.queries.reports.tables import REPORTS, TableRequest, plain_count, read_table
from hub.reports.calendar import day_of
from hub.reports.costs import CostLine
from hub.reports.credits import Model
from hub.reports.report import Line, report_within, sum_of
from hub.reports.tally import MEASURES, MONEY, Dimension
from hub.web.mcp.reader import UNTRUSTED, Reader

COUNTS = tuple(name for name in MEASURES if name not in MONEY)
DEFAULT_DAYS = 30
MAX_LINES = 100


def list_companies(reader: Reader) -> dict[str, Any]:
    """The companies that the user may see, with their trackers and flows if the role may see the set-up."""
    scope = reader.scope("account")
    with reader.session(scope) as session:
        rows = reader.companies(session, scope)
    listed = [
        {"name": row.name, "title": row.title, "country": row.country, "time_zone": row.time_zone} for row in rows
    ]
    if not reader.may("setup"):
        return {"companies": listed}
    sections = {each.name: each for each in reader.hub.config.companies}
    for each in listed:
        section = sections.get(str(each["name"]))
        trackers = section.trackers if section else ()
        each["trackers"] = [
            {"name": one.name, "title": one.shown_name, "type": one.type, "numbers": list(one.numbers)}
            for one in trackers
        ]  # type: ignore[assignment]
        each["flows"] = [one.flow.name for one in current_flows(reader.hub.config, (str(each["name"]),))]  # type: ignore[assignment]
    return {"companies": listed}


def run_report(
    reader: Reader, company: str, by: Dimension, model: Model, first: date | None, last: date | None, costs: bool
) -> dict[str, Any]:
    """What each source, campaign, keyword or landing page brought a company; days are in the company's time zone."""
    scope = reader.scope("reports")
    with reader.session(scope) as session:
        (row,) = reader.companies(session, scope, company)
        begins, ends = _days(reader, row.time_zone, first, last)
        about = {"company": row.name, "by": by, "model": model, "first": begins, "last": ends}
        if costs:
            if by not in ("source", "campaign"):
                raise CannotDo("Costs are known by source and by campaign; choose one of them.")
            account: Account = "apart" if scope.companies is None else "hidden"
            spent = cost_report(session, [row], by, model, begins, ends, account)
            lines = [_cost_line(reader, by, each) for each in spent.lines[:MAX_LINES]]
            return {**about, "lines": lines, "lines_left_out": max(0, len(spent.lines) - MAX_LINES),
                    "total": _cost_line(reader, by, spent.total), "unassigned_costs": spent.unassigned}  # fmt: skip
        report = report_within(session, row, by, model, begins, ends)
    others = report.lines[MAX_LINES:]
    return {
        **about,
        "time_zone": row.time_zone,
        "lines": [_line(reader, by, each) for each in report.lines[:MAX_LINES]],
        "others": _line(reader, by, sum_of(others)) if others else None,
        "total": _line(reader, by, report.total),
    }


def compare(reader: Reader, first: date | None, last: date | None) -> dict[str, Any]:
    """The user's companies side by side; days are in each company's time zone."""
    scope = reader.scope("reports")
    with reader.session(scope) as session:
        rows = reader.companies(session, scope)
        begins, ends = _days(reader, rows[0].time_zone if rows else "UTC", first, last)
        found = compare_companies(session, rows, begins, ends, with_account=scope.companies is None)
    lines = [{"name": each.name, "title": each.title, **_plain(figures)} for each, figures in found.lines]
    return {"first": begins, "last": ends, "companies": lines, "total": _plain(found.total),
            "unassigned_costs": found.unassigned}  # fmt: skip


def read_report(
    reader: Reader, name: str, company: str | None, first: date | None, last: date | None
) -> dict[str, Any]:
    """A report of REPORTS as a table; phones are masked unless the key shows personal data."""
    scope = reader.scope("reports")
    with reader.session(scope) as session:
        rows = reader.companies(session, scope, company)
        begins, ends = _days(reader, rows[0].time_zone if rows else "UTC", first, last)
        found = read_table(name, TableRequest(session, scope, rows, (begins, ends)))
    lines = [{**line, **({"number": reader.number(line["number"])} if "number" in line else {})} for line in found]
    return {"report": name, "first": begins, "last": ends, "columns": REPORTS[name].columns, "lines": lines}


def _days(reader: Reader, zone: str, first: date | None, last: date | None) -> tuple[date, date]:
    """The days of a report: the last 30 by default."""
    ends = last or day_of(reader.hub.clock(), ZoneInfo(zone))
    begins = first or ends - timedelta(days=DEFAULT_DAYS - 1)
    if begins > ends:
        raise CannotDo("The report would end before it begins; swap first and last.")
    return begins, ends


def _plain(figures: CompanyFigures) -> dict[str, Any]:
    return {name: plain_count(each) if isinstance(each, Decimal) else each for name, each in figures.figures().items()}


def _line(reader: Reader, by: Dimension, line: Line) -> dict[str, Any]:
    return {
        UNTRUSTED: {"value": reader.said(line.value), "title": reader.said(line_title(by, line.value or ""))},
        **{name: plain_count(line.number(name)) for name in COUNTS},
        "amounts": line.amounts,
        "won": line.won,
    }


def _cost_line(reader: Reader, by: Dimension, line: CostLine) -> dict[str, Any]:
    return {
        UNTRUSTED: {"value": reader.said(line.value), "title": reader.said(line_title(by, line.value or ""))},
        "calls": plain_count(line.credits.number("calls")),
        "leads": plain_count(line.credits.number("leads")),
        "customers": plain_count(line.credits.number("customers")),
        "won": line.credits.won,
        "clicks": line.clicks,
        "impressions": line.impressions,
        "costs": {currency: each.figures() for currency, each in line.returns.items()},
    }
