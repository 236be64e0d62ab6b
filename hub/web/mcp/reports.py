"""The tools on what advertising brought: the companies of the account, and reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from sqlmodel import Session

from hub.access.scope import AccessScope
from hub.contracts.titles import line_title
from hub.errors import CannotDo
from hub.model import Company
from hub.queries.flows.current import current_flows
from hub.queries.reports.companies import CompanyFigures, compare_companies
from hub.queries.reports.costs import Account, cost_report
from hub.queries.reports.credits import joint_report
from hub.queries.reports.tables import REPORTS, Row, TableRequest, plain_count, read_table
from hub.reports.calendar import Span, day_of
from hub.reports.costs import CostLine
from hub.reports.credits import Model
from hub.reports.report import Line, sum_of
from hub.reports.tally import MEASURES, MONEY, SPAM_OF, Dimension
from hub.web.mcp.reader import UNTRUSTED, Reader, without_empty

COUNTS = tuple(name for name in MEASURES if name not in (*MONEY, *SPAM_OF.values()))
By = Literal[Dimension, "tracker", "agent", "signal", "hour", "weekday", "week"]
TABLES: Mapping[str, str] = {
    "tracker": "trackers", "agent": "agents", "signal": "signals", "hour": "hours", "weekday": "weekdays", "week": "weeks"
}  # fmt: skip
"""What a report by something else than the parts of a touch is by → its name in REPORTS."""
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
    reader: Reader,
    companies: Sequence[str] | None,
    by: By,
    model: Model = "last",
    first: date | None = None,
    last: date | None = None,
    costs: bool = False,
) -> dict[str, Any]:
    """What each value of `by` brought some companies; days and hours are those of each company's own time zone."""
    scope = reader.scope("reports")
    with reader.session(scope) as session:
        rows = reader.companies(session, scope, companies)
        days = _days(reader, rows[0].time_zone if rows else "UTC", first, last)
        about = {"companies": [row.name for row in rows], "by": by, "first": days[0], "last": days[1]}
        if by in TABLES:
            if model != "last" or costs:
                raise CannotDo("Models of attribution and costs are for sources and campaigns; leave them out.")
            sentence = REPORTS[TABLES[by]].sentence
            lines = read_table(TABLES[by], TableRequest(session, scope, rows, days, reader.hub.clock()))
            return {**about, "about": sentence, "lines": [_table_line(reader, each) for each in lines]}
        dimension = cast(Dimension, by)
        if costs:
            return {**about, "model": model, **_with_costs(reader, session, scope, rows, dimension, model, days)}
        report = joint_report(session, rows, dimension, model, *days)
    found = report.lines
    others = found[MAX_LINES:]
    return {
        **about,
        "model": model,
        "lines": [_line(reader, by, each) for each in found[:MAX_LINES]],
        "others": _line(reader, by, sum_of(others)) if others else None,
        "total": _line(reader, by, report.total),
    }


def _with_costs(
    reader: Reader,
    session: Session,
    scope: AccessScope,
    rows: Sequence[Company],
    by: Dimension,
    model: Model,
    days: Span,
) -> dict[str, Any]:
    if by not in ("source", "campaign"):
        raise CannotDo("Costs are known by source and by campaign; choose one of them.")
    account: Account = "apart" if scope.companies is None else "hidden"
    spent = cost_report(session, rows, by, model, *days, account)
    return {
        "lines": [_cost_line(reader, by, each) for each in spent.lines[:MAX_LINES]],
        "lines_left_out": max(0, len(spent.lines) - MAX_LINES),
        "total": _cost_line(reader, by, spent.total),
        "unassigned_costs": spent.unassigned,
    }


def compare(
    reader: Reader, companies: Sequence[str] | None = None, first: date | None = None, last: date | None = None
) -> dict[str, Any]:
    """The user's companies side by side; days are in each company's time zone."""
    scope = reader.scope("reports")
    with reader.session(scope) as session:
        rows = reader.companies(session, scope, companies)
        begins, ends = _days(reader, rows[0].time_zone if rows else "UTC", first, last)
        found = compare_companies(session, rows, begins, ends, with_account=scope.companies is None)
    lines = [{"name": each.name, "title": each.title, **_plain(figures)} for each, figures in found.lines]
    return {"first": begins, "last": ends, "companies": lines, "total": _plain(found.total),
            "unassigned_costs": found.unassigned}  # fmt: skip


def _days(reader: Reader, zone: str, first: date | None, last: date | None) -> tuple[date, date]:
    """The days of a report: the last 30 by default."""
    ends = last or day_of(reader.hub.clock(), ZoneInfo(zone))
    begins = first or ends - timedelta(days=DEFAULT_DAYS - 1)
    if begins > ends:
        raise CannotDo("The report would end before it begins; swap first and last.")
    return begins, ends


def _plain(figures: CompanyFigures) -> dict[str, Any]:
    values = {
        name: plain_count(each) if isinstance(each, Decimal) else each for name, each in figures.figures().items()
    }
    return {**values, **_ratios(figures.brought), "costs": _costs(figures.costs)}


def _table_line(reader: Reader, line: Row) -> dict[str, Any]:
    """A line of REPORTS; phones are masked unless personal data is shown."""
    return {**line, **({"number": reader.number(line["number"])} if "number" in line else {})}


def _line(reader: Reader, by: By, line: Line) -> dict[str, Any]:
    title = line_title(by, line.value or "")
    return without_empty(
        {
            UNTRUSTED: without_empty(
                {"value": reader.said(line.value), "title": reader.said(title) if title != line.value else None}
            ),
            **{name: plain_count(line.number(name)) for name in COUNTS},
            **_ratios(line),
            "spam": plain_count(line.spam),
            "amounts": line.amounts,
            "won": line.won,
        }
    )


def _ratios(line: Line) -> dict[str, float | None]:
    return {name: None if each is None else float(each) for name, each in line.ratios.items()}


def _cost_line(reader: Reader, by: Dimension, line: CostLine) -> dict[str, Any]:
    return {
        **_line(reader, by, line.credits),
        "clicks": line.clicks,
        "impressions": line.impressions,
        "costs": _costs(line),
    }


def _costs(line: CostLine) -> dict[str, Any]:
    """What was spent and its ratios by currency, at most four decimals."""
    return {
        currency: {name: None if figure is None else round(figure, 4) for name, figure in each.figures().items()}
        for currency, each in line.returns.items()
    }
