"""What one report shows: its lines for the period and the one before, as a table; and all models side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sqlmodel import Session

from hub.access.scope import AccessScope
from hub.access.users import may
from hub.contracts.titles import line_title
from hub.model import Company
from hub.platform.formats import phone
from hub.platform.id_words import words_of
from hub.queries.lists.filters import IS_LEAD, RIGHTS
from hub.queries.reports.call_reports import CallPeriod, calls_by_agent, calls_by_signal, calls_by_tracker
from hub.queries.reports.costs import Account
from hub.queries.reports.credits import credits_of
from hub.queries.reports.trends import Trend
from hub.reports.calendar import own_days
from hub.reports.hours import CallFigures
from hub.reports.report import Line as CreditLine
from hub.reports.tally import NO_CURRENCY
from hub.web.pages.periods import Period
from hub.web.pages.reports.companies import company_lines
from hub.web.pages.reports.costs import cost_lines
from hub.web.pages.reports.hours import hour_lines
from hub.web.pages.reports.kinds import Choice
from hub.web.pages.reports.missed import missed_lines
from hub.web.pages.reports.tables import Column, Figures, Line, Link, ReportTable, column_of, table_of
from hub.web.pages.reports.trend import read_weeks, week_table

FEW_NUMBERS = 2
CALLS = column_of("calls", filters={"kind": "call"})
ANSWERED = column_of("answered", filters={"outcome": "answered"})
FIRST_TIME = column_of("first_time", filters={"kind": "call", "first_time": "yes"})
LEADS = column_of("leads", filters={"lead": IS_LEAD})
COUNTS = ("calls", "answered", "first_time", "texts", "forms", "leads", "conversions")
"""The figures of a line of credits besides amounts, in their order."""
MISSED_HERE = column_of(
    "missed",
    definition="Calls that rang this phone and that nobody picked up, voicemails included. A call that rang several phones "
    "counts at each of them.",
)
TALK = column_of("talk_seconds")
AVERAGE_TALK = column_of("average_talk_seconds")


@dataclass(frozen=True)
class Reading:
    """What a report is read from: a session, what the reader may see, the companies shown, and where figures lead."""

    session: Session
    scope: AccessScope
    companies: Sequence[Company]
    choice: Choice
    link: Link
    now: datetime
    account: Account = "hidden"
    """Where costs of the whole account are shown."""

    def calls(self, period: Period) -> CallPeriod:
        """The calls of a period that count."""
        days = own_days(self.companies, period.first, period.last)
        return CallPeriod(self.session, self.scope, days, self.now, self.choice.with_spam)


def table_for(reading: Reading, weeks: Trend | None = None) -> ReportTable:
    """The report that a URL asks for; `weeks` are those of a trend, if they are read already."""
    choice = reading.choice
    if choice.kind.name == "trend":
        weeks = weeks or read_weeks(reading.session, reading.companies, choice)
        return week_table(weeks, choice, reading.link)
    columns, lines = _lines(reading, choice.period)
    former: Mapping[str, Figures] | None = None
    if choice.before is not None and choice.kind.name != "companies":  # which says in a column how many calls more
        more, old = _lines(reading, choice.before)
        columns += [each for each in more if each not in columns]
        former = {line.key: line.figures for line in old}
        known = {line.key for line in lines}
        lines += [replace(line, figures={}) for line in old if line.key not in known]
    sort = choice.query.get("sort") or ("name" if choice.is_by_hour else "")
    return table_of(
        columns if choice.kind.name in ("costs", "companies") else named(columns),
        lines,
        former,
        reading.link,
        sort,
        choice.query.get("order", ""),
    )


def _lines(reading: Reading, period: Period) -> tuple[list[Column], list[Line]]:
    """The columns and lines of a period."""
    choice = reading.choice
    match choice.kind.name:
        case "number":
            return _tracker_lines(reading, period)
        case "agent":
            agents = calls_by_agent(reading.calls(period))
            calls = Column(
                "calls",
                "Calls answered",
                filters={"kind": "call"},
                definition="Calls that were answered at this phone.",
            )
            return [calls, FIRST_TIME, LEADS, MISSED_HERE, TALK, AVERAGE_TALK], [
                Line(
                    each.number or "",
                    each.name or (phone(each.number) if each.number else choice.kind.nothing),
                    {**_call_figures(each.figures), "missed": Decimal(each.missed)},
                    phone(each.number) if each.name else "",
                    {"agent": each.number} if each.number else None,
                )
                for each in agents
            ]
        case "signal":
            return [CALLS, ANSWERED, FIRST_TIME, LEADS, AVERAGE_TALK], [
                Line(
                    each.name,
                    words_of(each.name).capitalize(),
                    _call_figures(each.figures),
                    "how the call ended" if each.is_outcome else "said in the call",
                    {"signal": each.name} if may(reading.scope.user, RIGHTS["signal"]) else None,
                )
                for each in calls_by_signal(reading.calls(period))
            ]
        case "companies":
            return company_lines(reading.session, reading.companies, choice)
        case "hours":
            return hour_lines(reading.calls(period), choice)
        case "costs":
            return cost_lines(reading.session, reading.companies, period, choice, reading.account)
        case "missed":
            return missed_lines(reading.calls(period), choice)
    assert choice.kind.dimension is not None
    found = credits_of(
        reading.session,
        reading.companies,
        choice.kind.dimension,
        choice.model,
        period.first,
        period.last,
        with_spam=choice.with_spam,
    )
    return credit_columns(found), [_credit_line(choice, line) for line in found]


def _tracker_lines(reading: Reading, period: Period) -> tuple[list[Column], list[Line]]:
    titles = {each.id: each for each in reading.companies}
    lines = []
    for each in calls_by_tracker(reading.calls(period)):
        numbers = [phone(number) for number in each.numbers]
        words = [", ".join(numbers) if len(numbers) <= FEW_NUMBERS else f"pool of {len(numbers)} numbers"]
        words += [titles[each.company_id].title] if len(titles) > 1 else []
        filters = {"tracker": each.name, "company": titles[each.company_id].name}
        lines.append(
            Line(each.tracker_id, each.title, _call_figures(each.figures), " · ".join(filter(None, words)), filters)
        )
    return [CALLS, ANSWERED, FIRST_TIME, TALK, AVERAGE_TALK], lines


def _call_figures(figures: CallFigures) -> Figures:
    found = {name: Decimal(value) for name, value in vars(figures).items()}
    return {**found, AVERAGE_TALK.key: found[TALK.key]}


def _credit_line(choice: Choice, line: CreditLine) -> Line:
    """A line of credits. Only by the last touch does a call belong to one line, so that it can be listed."""
    linked = choice.model == "last" and line.value
    filters = {choice.kind.name: line.value or ""} if linked else None
    title = line_title(choice.kind.name, line.value or "") or choice.kind.nothing
    return Line(line.value or "", title, figures_of(line), filters=filters)


def figures_of(line: CreditLine) -> Figures:
    """The figures of a line of credits."""
    amounts = {f"amount:{currency}": amount for currency, amount in line.amounts.items()}
    won = {f"won:{currency}": amount for currency, amount in line.won.items()}
    return {**{name: line.number(name) for name in COUNTS}, AVERAGE_TALK.key: line.number(TALK.key), **amounts, **won}


def credit_columns(lines: Sequence[CreditLine]) -> list[Column]:
    """Calls, leads and conversions always; texts, forms and amounts only if there are some."""
    found = [CALLS, ANSWERED, FIRST_TIME, AVERAGE_TALK]
    for key, kind in (("texts", "text"), ("forms", "form")):
        if any(line.number(key) for line in lines):
            found.append(column_of(key, filters={"kind": kind}))
    found += [LEADS, column_of("conversions")]
    for key, amounts in (("amount", [line.amounts for line in lines]), ("won", [line.won for line in lines])):
        for code in sorted({code for each in amounts for code in each}):
            found.append(column_of(key, key=f"{key}:{code}", currency=None if code == NO_CURRENCY else code))
    return found


def named(columns: Sequence[Column]) -> list[Column]:
    """Columns in their usual order; amounts of several currencies say which."""
    order = [*COUNTS, "amount", "won"]
    ordered = sorted(columns, key=lambda each: order.index(name) if (name := _figure(each)) in order else len(order))
    often = {name for name, number in Counter(map(_figure, ordered)).items() if number > 1}
    return [
        replace(each, title=f"{each.title}, {each.currency or 'no currency'}") if _figure(each) in often else each
        for each in ordered
    ]


def _figure(column: Column) -> str:
    return column.key.partition(":")[0]
