"""The reports that programs read as a table: one entry of REPORTS each, which the API, assistants and commands show alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from hub.access.scope import AccessScope
from hub.errors import CannotDo
from hub.model import Company
from hub.platform.fields import only
from hub.queries.reports.call_reports import (
    MAX_DAYS,
    CallPeriod,
    calls_by_agent,
    calls_by_signal,
    calls_by_tracker,
    calls_by_weekday_and_hour,
)
from hub.queries.reports.trends import MEASURES, trend_of
from hub.reports.calendar import WEEKDAYS, Span, own_days
from hub.reports.definitions import DEFINITIONS, call_ratios
from hub.reports.hours import CallFigures, total_of
from hub.reports.report import Line
from hub.reports.weeks import WEEK, Returns, monday_of, weeks_until

Row = Mapping[str, Any]
"""The figures of a line by name, as plain JSON: counts are numbers, amounts of money texts."""
SPENT = ("cost", "per_lead", "leads_with_cost")


@dataclass(frozen=True)
class TableRequest:
    """What a report is read from: the companies shown, a range of their own days, and what the reader may see."""

    session: Session
    scope: AccessScope
    companies: Sequence[Company]
    days: Span
    now: datetime


@dataclass(frozen=True)
class TableReport:
    """One report: what a line is, the titles of its columns by name, and the function that reads it."""

    sentence: str
    columns: Mapping[str, str]
    read: Callable[[TableRequest], list[Row]]


def read_table(name: str, request: TableRequest) -> list[Row]:
    """The lines of one report. CannotDo if the days are the wrong way round."""
    first, last = request.days
    if first > last:
        raise CannotDo("The report would end before it begins; swap first and last.", param="last")
    return REPORTS[name].read(request)


def week_lines(
    session: Session, companies: Sequence[Company], begins: date, weeks: int, *, with_costs: bool = True
) -> list[Row]:
    """Whole weeks from a Monday on, beside as many before. Costs are those of the companies, without the account's own."""
    found = trend_of(session, companies, begins, begins - weeks * WEEK, weeks, "company", with_costs=with_costs)
    spent = found.all.costs or [{}] * weeks
    return [
        {
            "week": str(begins + place * WEEK),
            **_counts(now),
            **{f"{name}_before": each for name, each in _counts(old).items()},
            **({"costs": _costs(returns)} if with_costs else {}),
        }
        for place, (now, old, returns) in enumerate(zip(found.all.lines, found.all.former, spent, strict=True))
    ]


def plain_count(number: Decimal) -> int | float:
    """A count as JSON has it: 3 or 0.5."""
    return int(number) if number == int(number) else float(number)


def _weeks(request: TableRequest) -> list[Row]:
    first, last = request.days
    begins = monday_of(first) if first.weekday() == 0 else monday_of(first) + WEEK
    weeks = (weeks_until(last, 0) - begins).days // WEEK.days
    return week_lines(request.session, request.companies, begins, weeks) if weeks > 0 else []


def _calls(request: TableRequest) -> CallPeriod:
    first, last = request.days
    if (last - first).days >= MAX_DAYS:
        raise CannotDo(f"This report covers {MAX_DAYS} days at most; choose a later first day.", param="first")
    return CallPeriod(request.session, request.scope, own_days(request.companies, first, last), request.now)


def _agents(request: TableRequest) -> list[Row]:
    return [
        {
            **only("number", "name", "missed")(each),
            **only("calls", "first_time", "leads", "talk_seconds")(each.figures),
            **_ratios({**vars(each.figures), "calls": each.figures.calls + each.missed}),
        }
        for each in calls_by_agent(_calls(request))
    ]


def _trackers(request: TableRequest) -> list[Row]:
    companies = {each.id: each.name for each in request.companies}
    return [
        {"tracker": each.name, "title": each.title, "company": companies[each.company_id],
         **_call_figures(each.figures)}
        for each in calls_by_tracker(_calls(request))
    ]  # fmt: skip


def _signals(request: TableRequest) -> list[Row]:
    return [
        {"signal": each.name, "is_outcome": each.is_outcome, **_call_figures(each.figures)}
        for each in calls_by_signal(_calls(request))
    ]


def _hours(request: TableRequest) -> list[Row]:
    return [{"hour": hour, **each} for hour, each in _by_part(request, 24, lambda place: place[1])]


def _weekdays(request: TableRequest) -> list[Row]:
    return [{"weekday": WEEKDAYS[day], **each} for day, each in _by_part(request, 7, lambda place: place[0])]


def _by_part(request: TableRequest, parts: int, part: Callable[[tuple[int, int]], int]) -> Iterator[tuple[int, Row]]:
    """Every hour of the day, or day of the week, with its calls."""
    calls: list[list[CallFigures]] = [[] for _ in range(parts)]
    for place, figures in calls_by_weekday_and_hour(_calls(request)).items():
        calls[part(place)].append(figures)
    return ((place, _call_figures(total_of(some))) for place, some in enumerate(calls))


def _call_figures(figures: CallFigures) -> Row:
    return {
        **only("calls", "answered")(figures),
        "missed": figures.unanswered,
        **only("voicemail", "first_time", "leads", "talk_seconds")(figures),
        **_ratios(vars(figures)),
    }


def _ratios(figures: Mapping[str, int]) -> dict[str, float | None]:
    return {name: None if each is None else float(each) for name, each in call_ratios(figures.__getitem__).items()}


def _counts(line: Line) -> dict[str, int | float]:
    return {name: plain_count(line.number(name)) for name in MEASURES}


def _costs(returns: Returns) -> dict[str, dict[str, str | None]]:
    return {
        currency: {name: None if (value := found[name]) is None else str(round(value, 4)) for name in SPENT}
        for currency, each in returns.items()
        if (found := each.figures())
    }


CALL_COLUMNS = {
    name: DEFINITIONS[name].title
    for name in (
        *("calls", "answered", "missed", "voicemail", "first_time", "leads", "talk_seconds"),
        *("answered_percent", "average_talk_seconds"),
    )
}
REPORTS: Mapping[str, TableReport] = {
    "agents": TableReport(
        "Calls by the phone at which they were answered. `missed` rang that phone and nobody picked up; a call that rang "
        "several phones counts at each. Of the calls that were answered or missed there, so many percent were answered.",
        {
            "number": "Answered at",
            "name": "Agent",
            "calls": "Calls answered",
            "first_time": DEFINITIONS["first_time"].title,
            "leads": DEFINITIONS["leads"].title,
            "missed": DEFINITIONS["missed"].title,
            **{name: CALL_COLUMNS[name] for name in ("talk_seconds", "answered_percent", "average_talk_seconds")},
        },
        _agents,
    ),
    "trackers": TableReport(
        "Calls by tracker, with leads among these calls.",
        {"tracker": "Tracker", "title": "Title", "company": "Company", **CALL_COLUMNS},
        _trackers,
    ),
    "signals": TableReport(
        "What callers wanted: calls by what was read in them, outcomes first, with leads among these calls.",
        {"signal": "Signal", "is_outcome": "Is the outcome", **CALL_COLUMNS},
        _signals,
    ),
    "hours": TableReport(
        "Calls by hour of the day, in each company's time zone.", {"hour": "Hour", **CALL_COLUMNS}, _hours
    ),
    "weekdays": TableReport(
        "Calls by day of the week, in each company's time zone.", {"weekday": "Weekday", **CALL_COLUMNS}, _weekdays
    ),
    "weeks": TableReport(
        "The whole weeks, Monday to Sunday, that lie in the range of days, beside as many before.",
        {
            "week": "Week of",
            **{name: DEFINITIONS[name].title for name in MEASURES},
            **{f"{name}_before": f"{DEFINITIONS[name].title}, before" for name in MEASURES},
            "costs": f"{DEFINITIONS['cost'].title} by currency",
        },
        _weeks,
    ),
}
