"""The reports that there are, and what one URL asks of a report: attribution model, comparison, order, part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from hub.errors import NotFound
from hub.model import Company
from hub.queries.reports.call_reports import MAX_DAYS
from hub.reports.credits import Model
from hub.reports.tally import Dimension
from hub.reports.weeks import WEEK, weeks_until
from hub.web.pages.periods import Period

ROWS_PER_PAGE = 100
WEEKS_OF_A_YEAR = timedelta(weeks=52)


@dataclass(frozen=True)
class ReportKind:
    """One report: its part of the path, its title, and the words for its rows."""

    name: str
    title: str
    row: str
    rows: str
    dimension: Dimension | None = None
    """Set if the report divides credits among touches."""
    nothing: str = ""
    """The row of calls without a value."""
    is_rolled_up: bool = False
    """Whether it is read from roll-ups, which are fast over any time, without dividing credits."""
    adds_up: bool = True
    """Whether each call counts in one row, so that a total means something."""


KINDS: Mapping[str, ReportKind] = {
    kind.name: kind
    for kind in (
        ReportKind("companies", "Companies", "Company", "companies", is_rolled_up=True),
        ReportKind("trend", "Trend", "Week of", "weeks", nothing="Unknown", is_rolled_up=True),
        ReportKind("source", "Sources", "Source", "sources", "source"),
        ReportKind("campaign", "Campaigns", "Campaign", "campaigns", "campaign", "No campaign"),
        ReportKind("costs", "Costs", "Source", "sources", "source"),
        ReportKind("keyword", "Keywords", "Keyword", "keywords", "keyword", "No keyword"),
        ReportKind("landing_page", "Landing pages", "Landing page", "landing pages", "landing_page", "No landing page"),
        ReportKind("number", "Numbers", "Tracker", "trackers"),
        ReportKind("agent", "Agents", "Answered at", "phones", nothing="Phone not known"),
        ReportKind("signal", "What callers wanted", "Signal", "signals", adds_up=False),
        ReportKind("hours", "Hours", "Hour", "hours"),
        ReportKind("missed", "Missed calls", "Hour", "hours"),
    )
}
MODELS: Mapping[Model, tuple[str, str]] = {
    "last": ("Last", "the last touch"),
    "first": ("First", "the first touch"),
    "lead": ("Lead", "the touch that made the lead"),
    "linear": ("Linear", "every touch equally"),
    "position": ("Position", "half the first touch, half the lead"),
    "decay": ("Decay", "every touch, later ones more"),
}
"""Model → its short name, and who gets the credit."""
COMPARISONS: Mapping[str, str] = {
    "before": "The period before",
    "year": "A year ago",
    "none": "Nothing",
}
WEEKS: Mapping[int, str] = {8: "8 weeks", 13: "13 weeks", 52: "A year"}
"""How many whole weeks a trend can show."""
PARAMETERS = (
    *(
        "period",
        "first",
        "last",
        "compare",
        "model",
        "models",
        "measure",
        "sort",
        "order",
        "show",
        "by",
        "spam",
        "weeks",
        "companies",
    ),
)
"""The parameters of a report, which a link to it keeps; not the part of its rows (`after`)."""


@dataclass(frozen=True)
class Choice:
    """One report as a URL asks for it."""

    kind: ReportKind
    period: Period
    comparison: str
    model: Model
    all_models: bool
    shortened: bool
    """Whether the period of the URL was longer than such a report can be."""
    query: Mapping[str, str]
    requested: Period
    """The period of the URL, of which a trend shows the whole weeks before its end."""

    @property
    def weeks(self) -> int:
        """How many whole weeks the period has."""
        return self.period.days // 7

    @property
    def before(self) -> Period | None:
        """The period that it is compared with."""
        if self.comparison == "none":
            return None
        if self.comparison == "year":
            return Period(
                "before", self.period.first - WEEKS_OF_A_YEAR, self.period.last - WEEKS_OF_A_YEAR, self.period.zone
            )
        return self.period.before()

    @property
    def compared_with(self) -> str:
        """The comparison in words."""
        if self.comparison == "before":
            days = self.period.days
            if self.kind.name == "trend":
                return f"against the {self.weeks} weeks before"
            if self.period.name == "last_month":
                return "against the month before"
            return "against the same day last week" if days == 1 else f"against the {days} days before"
        return "against a year ago" if self.comparison == "year" else "against nothing"

    def one_of(self, parameter: str, values: tuple[str, ...]) -> str:
        """The parameter if it has one of some values, else the first of them."""
        value = self.query.get(parameter, "")
        return value if value in values else values[0]

    @property
    def with_spam(self) -> bool:
        """Whether spam is counted too."""
        return self.query.get("spam") == "counted"

    def among(self, companies: Sequence[Company]) -> Sequence[Company]:
        """Those of the companies that the URL names in `companies`, with commas between; all without one of them."""
        wanted = self.query.get("companies", "").split(",")
        return [each for each in companies if each.name in wanted] or companies

    def without(self, company: Company, companies: Sequence[Company]) -> str | None:
        """`companies` of the URL with one company fewer, or more if it is not there; None for all."""
        shown = [each.name for each in self.among(companies)]
        names = [each.name for each in companies if (each.name in shown) != (each.name == company.name)]
        return None if len(names) in (0, len(companies)) else ",".join(names)

    @property
    def row_title(self) -> str:
        """The head of the rows."""
        if self.is_by_campaign:
            return "Campaign"
        return "Source" if self.kind.name == "missed" and not self.is_by_hour else self.kind.row

    @property
    def row_titles(self) -> str:
        """What the rows are, for a sentence."""
        if self.is_by_campaign:
            return "campaigns"
        return "sources" if self.kind.name == "missed" and not self.is_by_hour else self.kind.rows

    @property
    def is_by_campaign(self) -> bool:
        """Whether the report of costs is one of campaigns."""
        return self.kind.name == "costs" and self.query.get("by") == "campaign"

    @property
    def is_by_hour(self) -> bool:
        """Whether its rows are hours of the day or weeks, which stay in their order."""
        return self.kind.name in ("hours", "trend") or (self.kind.name == "missed" and self.query.get("by") != "source")

    @property
    def offset(self) -> int:
        """How many rows come before the part that is shown."""
        text = self.query.get("after", "")
        return int(text) // ROWS_PER_PAGE * ROWS_PER_PAGE if text.isascii() and text.isdigit() and len(text) < 8 else 0


def choice_of(name: str, query: Mapping[str, str], period: Period) -> Choice:
    """What a path and a query string ask for; NotFound if the name is not a report."""
    kind, requested = KINDS.get(name), period
    if kind is None:
        raise NotFound("There is no such report.")
    if kind.name == "trend":
        weeks = next((each for each in WEEKS if str(each) == query.get("weeks")), min(WEEKS))
        begins = weeks_until(period.last_over, weeks)
        period = Period("dates", begins, begins + weeks * WEEK - timedelta(days=1), period.zone)
    model: Model = next((each for each in MODELS if each == query.get("model")), "last")
    comparison = query.get("compare", "")
    shortened = not (kind.dimension or kind.is_rolled_up) and period.days > MAX_DAYS
    if shortened:
        period = Period("dates", period.last - timedelta(days=MAX_DAYS - 1), period.last, period.zone)
    return Choice(
        kind,
        period,
        comparison if comparison in COMPARISONS else "before",
        model,
        kind.dimension is not None and kind.name != "costs" and query.get("models") == "all",
        shortened,
        query,
        requested,
    )
