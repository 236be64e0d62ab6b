"""`/reports/{report}`: one report as a page and as a CSV file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from importlib.util import find_spec
from typing import Any

from starlette.responses import Response

from hub.access.report_links import DAYS
from hub.access.report_subscriptions import EVERY
from hub.model import Company
from hub.queries.reports.costs import Account
from hub.queries.reports.credits import spam_of
from hub.queries.reports.emails import report_emails
from hub.queries.reports.links import report_links
from hub.queries.reports.saved import SavedReport, saved_reports
from hub.web.pages import line_charts
from hub.web.pages.csv_file import csv_response
from hub.web.pages.guard import Page
from hub.web.pages.overview import WEEKDAYS, hour_label
from hub.web.pages.periods import PRESETS, WHOLE
from hub.web.pages.reports.content import Reading, table_for
from hub.web.pages.reports.costs import BY as COSTS_BY
from hub.web.pages.reports.costs import unassigned_words
from hub.web.pages.reports.hours import HOURS, SHOWN, heat_rows
from hub.web.pages.reports.kinds import (
    COMPARISONS,
    KINDS,
    MODELS,
    PARAMETERS,
    ROWS_PER_PAGE,
    WEEKS,
    Choice,
    ReportKind,
    choice_of,
)
from hub.web.pages.reports.missed import BY
from hub.web.pages.reports.model_table import credits_by_model
from hub.web.pages.reports.report_labels import headline, range_words, shown_by
from hub.web.pages.reports.tables import ReportTable
from hub.web.pages.reports.trend import SHOWN as TREND_MEASURES
from hub.web.pages.reports.trend import Lines, lines_of, read_weeks
from hub.web.pages.request import PageRequest

AUDIT_EXPORT = "report.export"
PDF_MODULE = "weasyprint"
"""What prints reports, if it is installed."""


def first_report(page: PageRequest) -> Response:
    """The report of companies, or of the sources of one, for the period that the URL names."""
    name = "source" if page.company else "companies"
    return page.redirect(page.link(f"/reports/{name}", **{k: v for k, v in page.query.items() if k != "company"}))


def report(page: PageRequest, status: int | None = None, **more: Any) -> Response:
    """One report; `more` is what a POST adds: a new link, or problems of a file."""
    choice = choice_of(page.path("report"), page.query, page.period())
    companies = choice.among(page.shown_companies)
    with page.session() as session:
        reading = Reading(
            session, page.scope, companies, choice, _linker(page, choice), page.now, account_of(page, companies)
        )
        weeks = read_weeks(session, companies, choice) if choice.kind.name == "trend" else None
        table = table_for(reading, weeks)
        models = credits_by_model(reading) if choice.all_models else None
        trend = lines_of(weeks, companies, choice) if weeks else None
        unassigned = ""
        if page.scope.companies is None and (
            choice.kind.name == "companies" or (choice.kind.name == "costs" and reading.account == "apart")
        ):
            unassigned = unassigned_words(session, companies, choice.period.first, choice.period.last)
        spam = 0 if choice.kind.is_rolled_up else spam_of(session, companies, choice.period.first, choice.period.last)
        links = page.scope_for("share") if page.may("share") else None
        shared = [] if links is None else report_links(session, links, page.company_ids, choice.kind.name, page.now)
        saved = saved_reports(session, page.scope)
        mails = [] if links is None else report_emails(session, links, page.company_ids, choice.kind.name)
    values = {
        "links": shared,
        "new_link": None,
        "link_days": DAYS,
        "mails": mails,
        "saved": saved,
        "opened": next((each for each in saved if _is_opened(page, choice, each)), None),
        "days_saved": _days_saved(choice),
        "has_mail": page.hub.config.mail is not None,
        "has_pdf": find_spec(PDF_MODULE) is not None,
        "every": EVERY,
        "hours_of_day": [(hour, hour_label(hour)) for hour in range(24)],
        "unassigned": unassigned,
        "spam": spam,
        "import_problems": [],
        **more,
    }
    return page.render(
        "report.html",
        status,
        title=choice.kind.title,
        kinds=visible_kinds(page),
        presets=[(name, words) for name, (words, _) in PRESETS.items()],
        comparisons=COMPARISONS,
        companies={each.id: each for each in page.companies},
        shown=companies,
        weeks=WEEKS,
        trend_measures=TREND_MEASURES,
        choices=SHOWN if choice.kind.name == "hours" else {},
        by=COSTS_BY if choice.kind.name == "costs" else BY,
        has_costs=any(column.key.startswith("cost:") for column in table.columns),
        shown_by=shown_by,
        export_query={name: page.query[name] for name in PARAMETERS if page.query.get(name)},
        **template_values(choice, table, companies, models, trend),
        **values,
    )


def visible_kinds(page: PageRequest) -> list[ReportKind]:
    """The reports that are of use to the user, in their order."""
    return [each for each in KINDS.values() if each.name != "companies" or len(page.companies) > 1]


def opened_view(page: PageRequest, choice: Choice) -> SavedReport | None:
    """The saved report that the URL opened; None without one."""
    with page.session() as session:
        saved = saved_reports(session, page.scope)
    return next((each for each in saved if _is_opened(page, choice, each)), None)


def _is_opened(page: PageRequest, choice: Choice, saved: SavedReport) -> bool:
    return saved.id == page.query.get("saved") and saved.report == choice.kind.name


def _days_saved(choice: Choice) -> dict[str, str]:
    """What a saved report may cover: its name in the form, and in words. Two dates stay as they are, and come first."""
    words = {name: title for name, (title, _) in PRESETS.items()} | WHOLE
    period = choice.requested
    return words if period.name in words else {"": f"Always {period.title}", **words}


def template_values(
    choice: Choice, table: ReportTable, companies: Sequence[Company], models: object, trend: Lines | None
) -> dict[str, Any]:
    """What the page and the shared report show alike."""
    part = table.part(choice.offset, ROWS_PER_PAGE)
    return {
        "choice": choice,
        "table": table,
        "rows": part,
        "first_row": choice.offset + 1,
        "last_row": choice.offset + len(part),
        "per_page": ROWS_PER_PAGE,
        "is_empty": not any(cell.value for cell in table.total),
        "headline": trend.sentence if trend else headline(choice, table),
        "trend": trend,
        "lines": line_charts,
        "range": range_words(choice, companies),
        "models": models,
        "model_names": MODELS,
        "heat": heat_rows(table) if choice.kind.name == "hours" else None,
        "weekdays": WEEKDAYS,
        "hours": [hour_label(hour) for hour in HOURS],
    }


def csv_file(page: PageRequest) -> Response:
    """All rows of a report as a file; who took it is in the audit log."""
    choice = choice_of(page.path("report"), page.query, page.period())
    companies = choice.among(page.shown_companies)
    with page.session() as session:
        reading = Reading(
            session, page.scope, companies, choice, lambda filters: None, page.now, account_of(page, companies)
        )
        table = table_for(reading)
    subject = page.company.id if page.company else page.user.account_id
    days = f"{choice.period.first.isoformat()}-{choice.period.last.isoformat()}"
    page.note(AUDIT_EXPORT, subject, f"{choice.kind.name}, {days}, {len(table.rows)} rows")
    return csv_response(f"ringfence-{choice.kind.name.replace('_', '-')}-{days}.csv", csv_rows(choice, table))


def account_of(page: PageRequest, companies: Sequence[Company]) -> Account:
    """Where the costs of the whole account are shown: only to users who see all of it."""
    if page.scope.companies is not None:
        return "hidden"
    return "included" if len(companies) == len(page.companies) else "apart"


def csv_rows(choice: Choice, table: ReportTable) -> Iterator[list[object]]:
    """The rows of a report as a file, with their heads."""
    compared = choice.before is not None
    has_notes = any(row.sub for row in table.rows)
    titles: list[object] = [choice.row_title, *(["Details"] if has_notes else [])]
    for column in table.columns:
        title = f"{column.title}, seconds" if column.shape == "duration" else column.title
        if column.shape in ("money", "price") and column.currency and not title.endswith(column.currency):
            title = f"{title}, {column.currency}"
        titles += [title, *([f"{title}, before"] if compared else []), *([f"{title}, from"] if column.basis else [])]
    yield titles
    for row in table.rows:
        line: list[object] = [row.label, *([row.sub] if has_notes else [])]
        for column, cell in zip(table.columns, row.cells, strict=True):
            before, basis = ([_plain(cell.before)] if compared else []), ([cell.basis] if column.basis else [])
            line += [_plain(cell.value), *before, *basis]
        yield line


def _plain(value: Decimal | None) -> object:
    """A number without signs for thousands, at most four decimals."""
    return "" if value is None else Decimal(f"{value:.4f}".rstrip("0").rstrip("."))


def _linker(page: PageRequest, choice: Choice) -> Any:
    if not page.may("calls"):
        return lambda filters: None
    period = choice.period.query()
    some = len(choice.among(page.shown_companies)) < len(page.shown_companies)

    def link(filters: Mapping[str, str]) -> str | None:
        if some and "company" not in filters:
            return None  # the list of calls shows one company or all
        return page.link("/calls", **filters, **({} if "first" in filters else period))

    return link


PAGES = (
    Page("/reports", first_report, "reports"),
    Page("/reports/{report}", report, "reports"),
    Page("/reports/{report}/csv", csv_file, "reports"),
)
