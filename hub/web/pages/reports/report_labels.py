"""The sentences of a report: its answer, the days and companies it covers, and what a link to it shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import parse_qsl

from hub.model import Company
from hub.queries.reports.call_reports import MAX_DAYS
from hub.reports.definitions import DEFINITIONS
from hub.web.pages.periods import PRESETS, WHOLE, days_words
from hub.web.pages.reports.companies import who_stands_out
from hub.web.pages.reports.kinds import MODELS, WEEKS, Choice
from hub.web.pages.reports.tables import ReportTable


def headline(choice: Choice, table: ReportTable) -> str:
    """What one would say to the owner: the largest row by the first column."""
    total = table.total[0]
    if not table.rows or not total.value:
        return ""
    if choice.kind.name == "companies":
        return who_stands_out(table)
    largest = max(table.rows, key=lambda row: row.cells[0].value or 0)
    if choice.kind.name == "missed":
        open_calls = table.total[-1]
        word = "call was" if total.value == 1 else "calls were"
        return f"{total.text} {word} not answered; {open_calls.text if open_calls.value else 'none'} still open."
    if choice.kind.name == "costs" and table.columns[0].shape == "money":
        return f"Most was spent on {largest.label}: {largest.cells[0].text} of {total.text}."
    if choice.kind.name == "hours":
        return f"The busiest hour begins at {largest.label}, with {largest.cells[0].text} of {total.text}."
    if not largest.cells[0].value:
        return ""
    among = f" of {total.text}" if choice.kind.adds_up else ""
    return f"Most calls: {largest.label}, {largest.cells[0].text}{among}."


def range_words(choice: Choice, companies: Sequence[Company]) -> str:
    """The days with their year, the companies, and the time zone."""
    period = choice.period
    first, last = _long(period.first), _long(period.last)
    days = last if period.days == 1 else f"{first} to {last}"
    if period.first.year == period.last.year and period.days > 1:
        days = f"{first.rpartition(',')[0]} to {last}"
    whose = companies[0].title if len(companies) == 1 else f"{len(companies)} companies"
    limit = f" This report covers {MAX_DAYS} days at most." if choice.shortened else ""
    return f"{days}, {whose}, days in {days_words(companies, period.zone)}.{limit}"


def shown_by(query: str, report: str = "") -> str:
    """What a link or a saved report shows, from its parameters."""
    found = dict(parse_qsl(query))
    name = found.get("period", "")
    if name in WHOLE:
        days = WHOLE[name].lower()
    elif name in PRESETS:
        days = "today" if name == "today" else f"the last {PRESETS[name][1]} days"
    else:
        days = f"{found.get('first', '')} to {found.get('last', '')}"
    if report == "trend":
        days = next(
            (words for each, words in WEEKS.items() if str(each) == found.get("weeks")), WEEKS[min(WEEKS)]
        ).lower()
    shown = [DEFINITIONS[found["show"]].title.lower()] if found.get("show") in DEFINITIONS else []
    by = [f"by {found['by']}"] if found.get("by") else []
    models = [words for model, (_, words) in MODELS.items() if model == found.get("model") and model != "last"]
    return ", ".join([*shown, *by, days, *models])


def _long(day: date) -> str:
    return f"{day.strftime('%B')} {day.day}, {day.year}"
