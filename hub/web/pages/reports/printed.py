"""A report as it goes out by email: the same table as its page, as texts, as a CSV file and as a page to be printed."""

from __future__ import annotations

import base64
from datetime import date
from functools import partial
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from markupsafe import Markup
from sqlmodel import Session

from hub.access.brands import brand_of
from hub.access.reports_to_send import ReportToSend
from hub.alerts.report_mails import PrintedReport, Printer
from hub.model import Brand
from hub.platform.formats import day_of
from hub.queries.reports.costs import Account
from hub.queries.spreadsheets import csv_text
from hub.runtime import Hub
from hub.web.pages.periods import Period, period_sent
from hub.web.pages.reports.content import Reading, table_for
from hub.web.pages.reports.kinds import choice_of
from hub.web.pages.reports.page import PDF_MODULE, csv_rows, template_values
from hub.web.pages.reports.trend import lines_of, read_weeks
from hub.web.pages.templates import rendered

MAX_ROWS = 20
"""Of the table in the email; the files have all."""
MAX_PRINTED_ROWS = 200
ACCENT = "#0b5a7a"
STYLE = (
    "text{font:12px sans-serif;fill:#5b6675}.grid{stroke:#e3e7ec}.base{stroke:#828c99}polyline{fill:none}"
    ".former{stroke:#9aa5b1;stroke-width:1.4}.l{stroke:ACCENT;stroke-width:2}.dot,.end{fill:ACCENT}"
)


def print_report(hub: Hub, session: Session, wanted: ReportToSend, first: date, last: date) -> PrintedReport:
    """A report over some days, a saved one over its own up to the last; costs of the whole account are only in that of
    somebody who sees all of it."""
    zone, companies, query = ZoneInfo(wanted.time_zone), wanted.companies, dict(parse_qsl(wanted.query))
    period = period_sent(query, zone, last) if wanted.name else Period("dates", first, last, zone)
    choice = choice_of(wanted.report, query, period)
    some = choice.among(companies)
    whole = wanted.all_companies and wanted.scope.companies is None and len(some) == len(companies)
    account: Account = "included" if whole else "hidden"
    companies = some
    reading = Reading(session, wanted.scope, companies, choice, lambda filters: None, hub.clock(), account)
    weeks = read_weeks(session, companies, choice) if choice.kind.name == "trend" else None
    table = table_for(reading, weeks)
    trend = lines_of(weeks, companies, choice) if weeks else None
    values = template_values(choice, table, companies, None, trend)
    whose = companies[0].title if len(companies) == 1 else f"{len(companies)} companies"
    days = f"{day_of(choice.period.first)} to {day_of(choice.period.last)}"
    rows = table.rows[:MAX_ROWS] if choice.kind.name != "trend" else table.rows
    total = ["Total" if len(table.rows) == 1 else f"All {len(table.rows)} {choice.row_titles}"]
    brand = session.get(Brand, wanted.scope.user.account_id)
    title = wanted.name or choice.kind.title
    html = rendered(
        "printed_report.html",
        None,
        {
            **values,
            "rows": table.rows[:MAX_PRINTED_ROWS],
            "rows_left_out": max(0, len(table.rows) - MAX_PRINTED_ROWS),
            "title": f"{title}, {whose}",
            "name": title,
            "whose": whose,
            "brand": brand_of(session, wanted.scope.user.account_id),
            "for_paper": partial(_for_paper, brand.accent if brand and brand.accent else ACCENT),
            "logo": _data_url(brand.logo, brand.logo_type) if brand is not None else None,
        },
    )
    return PrintedReport(
        title=f"{whose}: {title}",
        days=days,
        headline=values["headline"],
        heads=[choice.row_title, *(column.title for column in table.columns)],
        rows=[
            *([row.label, *(cell.text for cell in row.cells)] for row in rows),
            *([total + [cell.text for cell in table.total]] if choice.kind.adds_up else []),
        ],
        rows_left_out=len(table.rows) - len(rows),
        csv=csv_text(csv_rows(choice, table)),
        file_name=f"{choice.kind.name.replace('_', '-')}-{choice.period.first.isoformat()}-{choice.period.last.isoformat()}",
        html=html,
    )


def make_pdf(html: str) -> bytes | None:
    """The PDF of a page by WeasyPrint, an optional extra; None without it. Nothing is fetched: all that it shows is in it."""
    try:
        printer: Any = import_module(PDF_MODULE)
    except (ImportError, OSError):  # not installed, or Pango is not
        return None
    only_inside = printer.urls.URLFetcher(allowed_protocols=("data",), allow_redirects=False)
    return bytes(printer.HTML(string=html, url_fetcher=only_inside).write_pdf())


def _for_paper(accent: str, drawn: Markup) -> Markup:
    """A chart with its colors inside, because a printer reads no style sheet for it."""
    return Markup(str(drawn).replace(">", f"><style>{STYLE.replace('ACCENT', accent)}</style>", 1))


def _data_url(logo: bytes | None, media_type: str | None) -> str | None:
    return f"data:{media_type};base64,{base64.b64encode(logo).decode()}" if logo and media_type else None


PRINTER = Printer(print_report, make_pdf)
"""How the worker of a hub with pages prints reports."""
