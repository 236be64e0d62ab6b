"""The report of trends: calls, leads and the answered share week by week, beside the weeks before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sqlmodel import Session

from hub.contracts.titles import origin_title
from hub.model import Company
from hub.platform.formats import day_of
from hub.queries.lists.filters import IS_LEAD
from hub.queries.reports.trends import Trend, Weeks, trend_of
from hub.reports.weeks import WEEK, By
from hub.web.pages.line_charts import Value, axis_of
from hub.web.pages.reports.costs import each_currency, known_cost
from hub.web.pages.reports.kinds import Choice
from hub.web.pages.reports.tables import Column, Figures, Line, Link, ReportTable, column_of, sum_of, table_of

MAX_PARTS = 12
"""Small lines on a page; the rest is in the report of companies or sources."""
MAX_NAMED = 3
COLUMNS = (
    column_of("calls", filters={"kind": "call"}),
    column_of("answered", filters={"outcome": "answered"}),
    column_of("leads", filters={"lead": IS_LEAD}),
)
"""The columns of each table."""
PER_LEAD = column_of("per_lead")
SHOWN = (*COLUMNS, PER_LEAD)
"""What can be shown as lines; costs are read only for the last of them."""


@dataclass(frozen=True)
class Part:
    """The small lines of one company or source."""

    label: str
    company: str | None
    """The company's name in URLs."""
    total: str
    change: str
    values: Sequence[Value]
    before: Sequence[Value]
    words: str


@dataclass(frozen=True)
class Lines:
    """What the page draws of one measure."""

    measure: Column
    labels: Sequence[str]
    values: Sequence[Value]
    before: Sequence[Value]
    axis_begins: str
    """Where the axis begins, if not at 0; else empty."""
    by: By
    parts: Sequence[Part]
    left_out: int
    """How many further companies or sources there are."""
    running: str
    """The week that is not over, in words."""
    sentence: str

    @property
    def text(self) -> Callable[[Value], str]:
        """How a value of the measure is written."""
        return lambda value: self.measure.text(None if value is None else Decimal(value))


def week_table(found: Trend, choice: Choice, link: Link) -> ReportTable:
    """A row per week, with the former week of the same place."""
    lines, former, now = [], {}, _figures(found.all)
    for place in range(len(now)):
        monday = choice.period.first + place * WEEK
        days = {"first": monday.isoformat(), "last": (monday + timedelta(days=6)).isoformat()}
        lines.append(Line(str(place), day_of(monday), now[place], filters=days, order=f"{place:03}"))
    for place, figures in enumerate(_figures(found.all, former=True)):
        former[str(place)] = figures
    sort = choice.query.get("sort") or "name"
    return table_of(
        _columns(found), lines, former if choice.before else None, link, sort, choice.query.get("order", "")
    )


def read_weeks(session: Session, companies: Sequence[Company], choice: Choice) -> Trend:
    """The weeks that the URL asks for, and those before, by company or source."""
    by: By = "source" if len(companies) == 1 or choice.query.get("by") == "source" else "company"
    period, former = choice.period, choice.before
    with_costs = choice.query.get("show") == PER_LEAD.key
    first = former.first if former else None
    return trend_of(session, companies, period.first, first, choice.weeks, by, with_costs=with_costs)


def lines_of(found: Trend, companies: Sequence[Company], choice: Choice) -> Lines:
    """The lines of the measure that the URL asks for."""
    measure, period = _measure(found, choice), choice.period
    values, before = ([_value(measure, each) for each in _figures(found.all, former=old)] for old in (False, True))
    low = axis_of(values, before).low
    titles = {each.id: each for each in companies}
    labelled = [(_label(each, titles, choice), each) for each in found.parts]
    after = period.last + timedelta(days=1)
    return Lines(
        measure=measure,
        labels=[day_of(period.first + number * WEEK) for number in range(choice.weeks)],
        values=values,
        before=before,
        axis_begins=measure.text(Decimal(str(low))) if low else "",
        by=found.by,
        parts=[_part(measure, label, each, titles) for label, each in labelled[:MAX_PARTS]],
        left_out=max(0, len(labelled) - MAX_PARTS),
        running=day_of(after),
        sentence=_sentence(found, labelled, choice.weeks),
    )


def _columns(found: Trend) -> list[Column]:
    counted = Counter(code for part in (found.all.costs, found.all.former_costs) for week in part for code in week)
    codes = [code for code, _ in counted.most_common()]
    return [*COLUMNS, *each_currency("cost", codes, may_be_unknown=True), *each_currency(PER_LEAD.key, codes)]


def _measure(found: Trend, choice: Choice) -> Column:
    """What is drawn; of a cost in several currencies the one with the most weeks."""
    shown = choice.query.get("show", "")
    if shown == PER_LEAD.key:
        return next((each for each in _columns(found) if each.key.startswith(f"{shown}:")), PER_LEAD)
    return next((each for each in COLUMNS if each.key == shown), COLUMNS[0])


def _figures(weeks: Weeks, *, former: bool = False) -> list[Figures]:
    """The figures of each week."""
    lines, costs = (weeks.former, weeks.former_costs) if former else (weeks.lines, weeks.costs)
    found = [{column.key: line.number(column.key) for column in COLUMNS} for line in lines]
    for figures, returns in zip(found, costs, strict=False):
        figures |= {key: value for code, each in returns.items() for key, value in known_cost(code, each).items()}
    return list(found)


def _value(measure: Column, figures: Figures) -> Value:
    value = measure.value(figures)
    return int(value) if value is not None and measure.per is None else value


def _label(part: Weeks, companies: dict[str, Company], choice: Choice) -> str:
    return companies[part.name].title if part.name in companies else origin_title(part.name) or choice.kind.nothing


def _part(measure: Column, label: str, part: Weeks, companies: dict[str, Company]) -> Part:
    weeks, former = _figures(part), _figures(part, former=True)
    values, before = ([_value(measure, each) for each in figures] for figures in (weeks, former))
    now, old = measure.value(sum_of(weeks)), measure.value(sum_of(former))
    words = ", ".join(measure.text(None if each is None else Decimal(each)) for each in values)
    return Part(
        label=label,
        company=companies[part.name].name if part.name in companies else None,
        total=measure.text(now),
        change=f"{measure.change(now, old) or measure.text(None)} from {measure.text(old)}"
        if part.former and old is not None
        else "",
        values=values,
        before=before,
        words=f"{label}, {measure.title.lower()} a week: {words}",
    )


def _sentence(trend: Trend, parts: Sequence[tuple[str, Weeks]], weeks: int) -> str:
    """How many calls there were, how many more than before, and where most of the difference comes from."""
    calls, old = trend.all.total("calls"), trend.all.total("calls", former=True)
    counted = f"{calls:,.0f} call{'' if calls == 1 else 's'}"
    if not old:
        return f"{counted} in {weeks} weeks."
    change = calls - old
    percent = round(abs(100 * change / old))
    if not percent:
        return f"{counted}, about as many as in the {weeks} weeks before."
    share = f"{percent}% {'more' if change > 0 else 'fewer'}"
    sign = 1 if change > 0 else -1
    moved = sorted(
        ((sign * (each.total("calls") - each.total("calls", former=True)), label) for label, each in parts),
        reverse=True,
    )
    named: list[str] = []
    covered = Decimal(0)
    while moved and len(named) < MAX_NAMED and 2 * covered <= abs(change) and moved[0][0] > 0:
        part, label = moved.pop(0)
        covered, named = covered + part, [*named, label]
    whose = ""
    if 2 * covered > abs(change) and len(parts) > len(named):
        names = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
        whose = f" Most of the {'rise' if change > 0 else 'fall'} comes from {names}."
    return f"{counted}, {share} than in the {weeks} weeks before.{whose}"
