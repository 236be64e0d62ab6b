"""`hub report`: what each source, campaign, keyword or landing page brought companies, by a model of attribution."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

import typer
from sqlmodel import Session, col, select

from hub.cli.support.output import CONFIG, EMPTY_CELL, ConfigFile, counted, echo_json, plain, say
from hub.cli.support.tables import table
from hub.errors import CannotDo
from hub.model import Company
from hub.platform.clock import utc_now
from hub.platform.id_words import words_of
from hub.queries.lookup import named_among, shown
from hub.queries.reports.credits import joint_report
from hub.queries.spreadsheets import harmless
from hub.reports.calendar import day_of
from hub.reports.credits import MODELS
from hub.reports.definitions import CALL_RATIOS, DEFINITIONS
from hub.reports.report import Line, Report, sum_of
from hub.reports.tally import Dimension
from hub.startup.database import open_store, read_outline

commands = typer.Typer(help="Report results by source, campaign, keyword or landing page.", no_args_is_help=True)
DEFAULT_MODEL = "last"
DEFAULT_DAYS = 30
SHOWN = 50
FORMATS = ("table", "csv", "json")
COUNTS = ("calls", "answered", "first_time", "texts", "forms", "leads", "customers", "conversions")
RATIOS = tuple(CALL_RATIOS)
LEFT_OUT = tuple(DEFINITIONS[name].title.lower() for name in (*reversed(RATIOS), "first_time", "answered"))
"""The columns that are left out on a narrow terminal, in this order."""
NONE = "(none)"
Choice = TypeVar("Choice", bound=str)

CompanyNames = Annotated[
    str | None,
    typer.Option(
        help="The company's name in config.yaml; several with commas between. All of the account if left out.",
        metavar="NAME",
    ),
]
ModelName = Annotated[
    str,
    typer.Option(
        help="Who gets the credit: last touch (the cause that hub call shows), first touch, lead (the touch that led to "
        "the first contact), linear, position (half first touch, half lead) or decay (half-life 7 days).",
        metavar="MODEL",
    ),
]
From = Annotated[
    str | None, typer.Option("--from", help="First day, like 2026-05-01; by default 30 days up to --to.", metavar="DAY")
]
To = Annotated[str | None, typer.Option("--to", help="Last day, included; today by default.", metavar="DAY")]
Format = Annotated[str, typer.Option("--format", help="table, csv or json.", metavar="FORMAT")]

Top = Annotated[
    int,
    typer.Option(
        min=1, help="Lines in a table, those with the most contacts; the others are added together.", metavar="N"
    ),
]


def _add(name: str, dimension: Dimension, brought: str) -> None:
    @commands.command(name, help=f"{brought} Days are in the company's time zone.")
    def report(
        company: CompanyNames = None,
        model: ModelName = DEFAULT_MODEL,
        first: From = None,
        last: To = None,
        form: Format = "table",
        top: Top = SHOWN,
        config: ConfigFile = CONFIG,
    ) -> None:
        _report(dimension, company, model, first, last, form, top, config)


_add("sources", "source", "Results by source and medium, such as google / cpc.")
_add("campaigns", "campaign", "Results by campaign.")
_add("keywords", "keyword", "Results by keyword.")
_add("landing-pages", "landing_page", "Results by landing page, without its query string.")


def _report(
    dimension: Dimension,
    company: str | None,
    model: str,
    first: str | None,
    last: str | None,
    form: str,
    top: int,
    config: Path,
) -> None:
    wanted = chosen(model, MODELS, "model")
    show = chosen(form, FORMATS, "format")
    with open_store(read_outline(config)) as store, store.snapshot() as session:
        companies, _ = companies_named(session, company)
        begins, ends = span_of(first, last, day_of(utc_now(), ZoneInfo(companies[0].time_zone)))
        report = joint_report(session, companies, dimension, wanted, begins, ends)
    if show == "table":
        _print_table(report, top)
    else:
        {"csv": _print_csv, "json": _print_json}[show](report)


def chosen(text: str, choices: Sequence[Choice], what: str) -> Choice:
    """`text` as one of the choices; CannotDo lists them."""
    for choice in choices:
        if choice == text:
            return choice
    raise CannotDo(f"{shown(text)!r} is no {what}; choose one of {', '.join(choices)}.")


def companies_named(session: Session, names: str | None) -> tuple[list[Company], bool]:
    """The companies of one account that are named, with commas between, or all of it; and whether they are all of it."""
    every = list(session.exec(select(Company).order_by(col(Company.name))))
    found = named_among(every, names)
    if not found or len({each.account_id for each in found}) > 1:
        there = ", ".join(each.name for each in every)
        raise CannotDo(
            "Choose companies of one account with --company; there are: "
            f"{there or 'none yet; start the hub with hub run'}."
        )
    return found, sum(each.account_id == found[0].account_id for each in every) == len(found)


def span_of(first: str | None, last: str | None, today: date) -> tuple[date, date]:
    """The days of --from and --to; CannotDo if they are no days or the wrong way round."""
    ends = _day(last) if last else today
    begins = _day(first) if first else ends - min(timedelta(days=DEFAULT_DAYS - 1), ends - date.min)
    if begins > ends:
        raise CannotDo(f"The report would end on {ends} before it begins on {begins}; swap --from and --to.")
    return begins, ends


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise CannotDo(f"{shown(text)!r} is not a date; write it like 2026-05-01.") from None


def _print_table(report: Report, top: int) -> None:
    span = f"{report.first} to {report.last}" if report.first != report.last else str(report.first)
    title = f"{_title(report)} of {report.company}, {report.model} model, {span} ({report.time_zone})"
    if not report.lines:
        say(f"No call, text or form of {plain(report.company)} from {report.first} to {report.last}.")
        return
    money = money_of(report.total)
    headings = [DEFINITIONS[name].title.lower() for name in (*COUNTS, *RATIOS)]
    amounts = [f"{DEFINITIONS[name].title.lower()} {currency}" for name, currency in money]
    shown, others = report.lines[:top], report.lines[top:]
    rows = [[plain(line.value or NONE), *_cells(line, money)] for line in shown]
    if others:
        rows.append([f"[dim]{counted(len(others), 'other')}[/dim]", *_cells(sum_of(others), money)])
    rows.append([f"[bold]{cell}[/bold]" for cell in ("total", *_cells(report.total, money))])
    table(title, (words_of(report.dimension), *headings, *amounts), rows, LEFT_OUT)


def _title(report: Report) -> str:
    return words_of(report.dimension).capitalize() + "s"


def money_of(total: Line) -> list[tuple[str, str]]:
    """`amount` and `won`, each with the currencies that a report has of it."""
    return [("amount", currency) for currency in total.amounts] + [("won", currency) for currency in total.won]


def _amount(line: Line, name: str, currency: str) -> Decimal:
    return (line.won if name == "won" else line.amounts).get(currency, Decimal())


def _cells(line: Line, money: Sequence[tuple[str, str]]) -> list[str]:
    counts = [f"{line.number(name):,.2f}".removesuffix(".00") for name in COUNTS]
    ratios = [EMPTY_CELL if each is None else f"{each:,.1f}" for each in line.ratios.values()]
    return counts + ratios + [f"{_amount(line, *each):,.2f}" for each in money]


def _print_csv(report: Report) -> None:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    money = money_of(report.total)
    writer.writerow([report.dimension, *COUNTS, *RATIOS, *(f"{name}_{currency}" for name, currency in money)])
    for label, line in (*((line.value or NONE, line) for line in report.lines), ("total", report.total)):
        counts = [number(line.number(name)) for name in COUNTS]
        amounts = [number(_amount(line, *each)) for each in money]
        ratios = ["" if each is None else number(each) for each in line.ratios.values()]
        writer.writerow([harmless(label), *counts, *ratios, *amounts])
    typer.echo(out.getvalue(), nl=False)


def _print_json(report: Report) -> None:
    echo_json(
        {
            "company": report.company,
            "time_zone": report.time_zone,
            "dimension": report.dimension,
            "model": report.model,
            "from": str(report.first),
            "to": str(report.last),
            "lines": [{report.dimension: line.value, **_plain(line)} for line in report.lines],
            "total": _plain(report.total),
        }
    )


def _plain(line: Line) -> dict[str, Any]:
    counts = {name: line.number(name) for name in COUNTS}
    return {
        **{name: int(count) if count == int(count) else float(count) for name, count in counts.items()},
        **{name: None if each is None else float(each) for name, each in line.ratios.items()},
        "amounts": {currency: number(amount) for currency, amount in line.amounts.items()},
        "won": {currency: number(amount) for currency, amount in line.won.items()},
    }


def number(value: Decimal) -> str:
    """A number without trailing zeros: 12, 0.333333, 40.5."""
    return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"
