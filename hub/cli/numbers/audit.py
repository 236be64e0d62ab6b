"""`hub numbers audit` and `spending`: what is wrong with numbers and what mends it, and what they cost by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from hub.cli.numbers.carriers import Carrier, able_carriers
from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import CONFIG, EMPTY_CELL, ConfigFile, Sandboxed, plain
from hub.hookspecs import NumberHooks
from hub.numbers.accounts import write_accounts
from hub.numbers.health.audit import audit_numbers
from hub.platform.clock import utc_now
from hub.queries.lookup import known
from hub.queries.numbers.health import Finding, all_findings
from hub.queries.numbers.spending import MonthSpending
from hub.queries.numbers.spending import spending as spending_of
from hub.startup.database import open_store
from hub.startup.opening import open_hub
from hub.startup.reading import read_config


@listing
def audit(connector: Carrier = None, sandbox: Sandboxed = False, config: ConfigFile = CONFIG) -> Listing:
    """Ask the carriers, and list what is wrong with the numbers and what mends it. Exits with status 1 if something is wrong,
    or if a carrier does not answer."""
    loaded = read_config(config, sandbox=sandbox)
    with open_hub(loaded) as opened:
        troubles = audit_numbers(opened.hub, able_carriers(opened, connector, NumberHooks.list_numbers)).troubles
        with opened.hub.store.reading() as session:
            findings = all_findings(session)
    wrong = sum(each.kind.is_wrong for each in findings)
    return Listing(
        "Numbers", findings,
        ("number", ("what", lambda each: f"[{'red' if each.kind.is_wrong else 'dim'}]{each.kind.label}[/]"), ("of", "where"),
         "detail", ("found", lambda each: f"{each.found_at:%Y-%m-%d}")),
        data=_plain, document=lambda rows: {"wrong": wrong, "findings": rows, "troubles": troubles},
        nothing="" if troubles else "[green]✓[/green] Nothing is wrong with the numbers.", optional=("found", "of"),
        notes=_notes(findings, troubles), failed=bool(wrong or troubles)
    )  # fmt: skip


@listing
def spending(
    company: Annotated[str | None, typer.Option(help="Only this company.", metavar="NAME")] = None,
    months: Annotated[int, typer.Option(min=1, max=24, help="How many months, this one included.")] = 3,
    config: ConfigFile = CONFIG,
) -> Listing:
    """Show by month what numbers cost, and an estimate for texts and calls: text_price of the company, and minute_price of
    `numbers:`. Months are UTC."""
    loaded = read_config(config, sandbox=True)
    names = [each.name for each in loaded.companies]
    wanted = [known(company, names, "company")] if company is not None else names
    with open_store(loaded) as store:
        with store.writing() as session:
            write_accounts(session, loaded, utc_now())
        with store.reading() as session:
            found = spending_of(session, loaded, None, wanted, ZoneInfo("UTC"), utc_now(), months)
    return Listing(
        "Spending", found,
        (("month", lambda each: f"{each.month:%Y-%m}"), ("numbers", _held), ("bought", "bought"),
         ("texts (estimate)", lambda each: f"{_sums(each.text_costs)} ({each.texts:,})"),
         ("calls (estimate)", lambda each: f"{_sums(each.call_costs)} ({each.minutes:,} min)"),
         ("together", lambda each: _sums(each.total))),
        data=lambda each: vars(each) | {"total": each.total},
        optional=("bought", "texts (estimate)", "calls (estimate)"),
        notes=() if loaded.numbers.minute_price is not None
        else ("Minutes have no price, because `numbers: minute_price` is not in config.yaml.",)
    )  # fmt: skip


def _held(each: MonthSpending) -> str:
    unpriced = f", {each.unpriced:,} without a price" if each.unpriced else ""
    return f"{_sums(each.numbers)} ({each.held:,}{unpriced})"


def _sums(costs: Mapping[str, object]) -> str:
    return " and ".join(f"{amount:,.2f} {currency}" for currency, amount in costs.items()) or EMPTY_CELL


def _notes(findings: Sequence[Finding], troubles: Mapping[str, str]) -> list[str]:
    kinds = dict.fromkeys(each.kind for each in findings)
    return [f"[bold]{kind.label}.[/bold] {kind.means} {kind.repair}" for kind in kinds] + [
        f"[red]✗[/red] {plain(name)}: {plain(trouble)}" for name, trouble in troubles.items()
    ]


def _plain(each: Finding) -> dict[str, Any]:
    return {
        "kind": each.kind.key,
        "wrong": each.kind.is_wrong,
        "number": each.number or None,
        "connector": each.connector or None,
        "company": each.company,
        "found_at": each.found_at,
        "facts": each.facts,
        "repair": each.kind.repair,
    }
