"""`hub report costs`: what each source or campaign cost, and what it brought for that."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, get_args
from zoneinfo import ZoneInfo

import typer

from hub.cli.report import (
    DEFAULT_MODEL,
    FORMATS,
    NONE,
    SHOWN,
    CompanyNames,
    Format,
    From,
    ModelName,
    To,
    Top,
    chosen,
    commands,
    companies_named,
    number,
    span_of,
)
from hub.cli.support.output import CONFIG, EMPTY_CELL, ConfigFile, counted, echo_json, plain, say
from hub.cli.support.tables import table
from hub.platform.clock import utc_now
from hub.queries.reports.costs import CostReport, cost_report
from hub.queries.spreadsheets import harmless
from hub.reports.calendar import day_of
from hub.reports.costs import BASES, RATIOS, By, CostLine, Return, total_of
from hub.reports.credits import MODELS
from hub.reports.definitions import DEFINITIONS
from hub.startup.database import open_store
from hub.startup.reading import read_config

COUNTS = ("calls", "leads", "customers")
SHOWN_MONEY = ("cost", "per_call", "per_lead", "per_customer", "on_spend")
MONEY = (*SHOWN_MONEY, *(f"{name}_with_cost" for name in BASES))


@commands.command("costs")
def costs(
    by: Annotated[str, typer.Option(help="source or campaign.", metavar="WHAT")] = "source",
    company: CompanyNames = None,
    model: ModelName = DEFAULT_MODEL,
    first: From = None,
    last: To = None,
    form: Format = "table",
    top: Top = SHOWN,
    config: ConfigFile = CONFIG,
) -> None:
    """Cost per call, lead and customer, and return on spend. Days are in the company's time zone, those of costs in the ad
    account's."""
    wanted, what, show = (
        chosen(model, MODELS, "model"),
        chosen(by, get_args(By), "way to sum up"),
        chosen(form, FORMATS, "format"),
    )
    loaded = read_config(config, sandbox=True)
    with open_store(loaded) as store:
        with store.reading() as session:
            companies, whole = companies_named(session, company)
        begins, ends = span_of(first, last, day_of(utc_now(), ZoneInfo(companies[0].time_zone)))
        with store.snapshot() as session:
            report = cost_report(session, companies, what, wanted, begins, ends, "included" if whole else "apart")
    names = ", ".join(each.name for each in companies)
    if show == "csv":
        typer.echo(_csv(report, what), nl=False)
    elif show == "json":
        head = {"companies": [each.name for each in companies], "by": what, "model": wanted}
        echo_json({**head, "from": str(begins), "to": str(ends), **report_json(report)})
    else:
        _print(report, f"Costs of {names} by {what}, {wanted} model, {begins} to {ends}", what, top)


def report_json(report: CostReport) -> dict[str, object]:
    """The report for machines; amounts are texts, so that no digit is lost."""
    return {
        "lines": [_line_json(line) for line in report.lines],
        "total": _line_json(report.total),
        "unassigned": {currency: number(amount) for currency, amount in report.unassigned.items()},
    }


def _line_json(line: CostLine) -> dict[str, object]:
    counts = {name: line.credits.number(name) for name in COUNTS}
    return {
        "value": line.value,
        "spend_of": line.spend_of or None,
        "names": list(line.names),
        **{name: int(count) if count == int(count) else float(count) for name, count in counts.items()},
        "won": {currency: number(amount) for currency, amount in line.credits.won.items()},
        "clicks": line.clicks,
        "impressions": line.impressions,
        "costs": {
            currency: {name: None if value is None else _short(value) for name, value in each.figures().items()}
            for currency, each in line.returns.items()
        },
    }


def _print(report: CostReport, title: str, by: str, top: int) -> None:
    currencies = list(report.total.returns)
    if not currencies:
        say("No costs are known from these days; see hub costs list.")
    won = list(report.total.credits.won)
    headings = [f"won {currency}" for currency in won]
    headings += [f"{DEFINITIONS[name].title.lower()} {code}" for code in currencies for name in SHOWN_MONEY]
    rows = [[plain(_label(line, by)), *_cells(line, won, currencies)] for line in report.lines[:top]]
    others = report.lines[top:]
    if others:
        rows.append([f"[dim]{counted(len(others), 'other')}[/dim]", *_cells(total_of(others), won, currencies)])
    rows.append([f"[bold]{cell}[/bold]" for cell in ("total", *_cells(report.total, won, currencies))])
    table(title, (by, *COUNTS, "clicks", *headings), rows)
    for currency, each in report.total.returns.items():
        bases = [
            DEFINITIONS[name].basis(getattr(each, DEFINITIONS[name].rests_on or ""), total=True) for name in RATIOS[:3]
        ]
        if any(bases):
            say(f"[dim]Costs in {currency} rest on {', '.join(filter(None, bases))}.[/dim]")
    for currency, amount in report.unassigned.items():
        say(
            f"[yellow]{amount:,.2f} {currency} more belong to no single company; name the campaigns of each under costs: of "
            "the connector, or leave out --company.[/yellow]"
        )


def _label(line: CostLine, by: str) -> str:
    if line.spend_of:
        return f"{line.spend_of}, no campaign"
    names = f" ({', '.join(line.names)})" if by == "campaign" and line.names and line.value else ""
    return f"{line.value or NONE}{names}"


def _cells(line: CostLine, won: Sequence[str], currencies: Sequence[str]) -> list[str]:
    counts = [f"{line.credits.number(name):,.2f}".removesuffix(".00") for name in COUNTS]
    bought = [f"{line.credits.won.get(currency, Decimal()):,.2f}" for currency in won]
    money = [cell for currency in currencies for cell in _money(line.returns, currency)]
    return [*counts, f"{line.clicks:,}", *bought, *money]


def _money(returns: Mapping[str, Return], currency: str) -> list[str]:
    if currency not in returns:
        return [EMPTY_CELL] * len(SHOWN_MONEY)
    values = [getattr(returns[currency], name) for name in SHOWN_MONEY]
    *amounts, ratio = values
    return [
        *(EMPTY_CELL if each is None else f"{each:,.2f}" for each in amounts),
        EMPTY_CELL if ratio is None else f"{ratio:.0%}",
    ]


def _csv(report: CostReport, by: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    currencies = list(report.total.returns)
    won = list(report.total.credits.won)
    money = [f"{name}_{currency}" for currency in currencies for name in MONEY]
    writer.writerow([by, *COUNTS, "clicks", "impressions", *(f"won_{currency}" for currency in won), *money])
    for label, line in (*((_label(line, by), line) for line in report.lines), ("total", report.total)):
        counts = [number(line.credits.number(name)) for name in COUNTS]
        values: list[Decimal | None] = [line.credits.won.get(currency, Decimal()) for currency in won]
        for currency in currencies:
            figures = line.returns[currency].figures() if currency in line.returns else {}
            values += [figures.get(name) for name in MONEY]
        cells = ["" if value is None else _short(value) for value in values]
        writer.writerow([harmless(label), *counts, line.clicks, line.impressions, *cells])
    return out.getvalue()


def _short(value: Decimal) -> str:
    return number(round(value, 4))
