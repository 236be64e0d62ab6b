"""`hub numbers audit` and `spending`: what is wrong with numbers and what mends it, and what they cost by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from hub.cli.numbers.carriers import Carrier, able_carriers
from hub.cli.support.output import CONFIG, EMPTY_CELL, AsJson, ConfigFile, Sandboxed, echo_json, plain, say
from hub.cli.support.tables import table
from hub.hookspecs import NumberHooks
from hub.numbers.accounts import write_accounts
from hub.numbers.health.audit import audit_numbers
from hub.platform.clock import utc_now
from hub.queries.lookup import known
from hub.queries.numbers.health import Finding, all_findings
from hub.queries.numbers.spending import spending as spending_of
from hub.startup.opening import open_hub, open_store, read_config


def register(commands: typer.Typer) -> None:
    """Add the commands to `hub numbers`."""
    commands.command("audit")(audit)
    commands.command("spending")(spending)


def audit(
    connector: Carrier = None, sandbox: Sandboxed = False, as_json: AsJson = False, config: ConfigFile = CONFIG
) -> None:
    """Ask the carriers, and list what is wrong with the numbers and what mends it. Exits with status 1 if something is wrong,
    or if a carrier does not answer."""
    loaded = read_config(config, sandbox=sandbox)
    with open_hub(loaded) as opened:
        troubles = audit_numbers(opened.hub, able_carriers(opened, connector, NumberHooks.list_numbers)).troubles
        with opened.hub.store.reading() as session:
            findings = all_findings(session)
    wrong = sum(each.kind.is_wrong for each in findings)
    if as_json:
        echo_json({"wrong": wrong, "findings": [_plain(each) for each in findings], "troubles": troubles})
    else:
        _print(findings, troubles)
    if wrong or troubles:
        raise typer.Exit(1)


def spending(
    company: Annotated[str | None, typer.Option(help="Only this company.", metavar="NAME")] = None,
    months: Annotated[int, typer.Option(min=1, max=24, help="How many months, this one included.")] = 3,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
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
    if as_json:
        echo_json([vars(each) | {"total": each.total} for each in found])
        return
    table(
        "Spending",
        ("month", "numbers", "bought", "texts (estimate)", "calls (estimate)", "together"),
        (
            (
                f"{each.month:%Y-%m}",
                f"{_sums(each.numbers)} ({each.held:,}{f', {each.unpriced:,} without a price' if each.unpriced else ''})",
                f"{each.bought:,}",
                f"{_sums(each.text_costs)} ({each.texts:,})",
                f"{_sums(each.call_costs)} ({each.minutes:,} min)",
                _sums(each.total),
            )
            for each in found
        ),
        ("bought", "texts (estimate)", "calls (estimate)"),
    )
    if loaded.numbers.minute_price is None:
        say("Minutes have no price, because `numbers: minute_price` is not in config.yaml.")


def _sums(costs: Mapping[str, Any]) -> str:
    return " and ".join(f"{amount:,.2f} {currency}" for currency, amount in costs.items()) or EMPTY_CELL


def _print(findings: Sequence[Finding], troubles: Mapping[str, str]) -> None:
    if findings:
        table(
            "Numbers",
            ("number", "what", "of", "detail", "found"),
            (
                (
                    plain(each.number),
                    f"[{'red' if each.kind.is_wrong else 'dim'}]{each.kind.label}[/]",
                    plain(each.where),
                    plain(each.detail),
                    f"{each.found_at:%Y-%m-%d}",
                )
                for each in findings
            ),
            ("found", "of"),
        )
        for kind in dict.fromkeys(each.kind for each in findings):
            say(f"[bold]{kind.label}.[/bold] {kind.means} {kind.mend}")
    elif not troubles:
        say("[green]✓[/green] Nothing is wrong with the numbers.")
    for name, trouble in troubles.items():
        say(f"[red]✗[/red] {plain(name)}: {plain(trouble)}")


def _plain(each: Finding) -> dict[str, Any]:
    return {
        "kind": each.kind.key,
        "wrong": each.kind.is_wrong,
        "number": each.number or None,
        "connector": each.connector or None,
        "company": each.company,
        "found_at": each.found_at,
        "facts": each.facts,
        "mend": each.kind.mend,
    }
