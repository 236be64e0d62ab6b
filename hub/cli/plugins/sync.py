"""`hub sync NAME`: run one sync of one connector now, or show what it would do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from hub.cli.support.output import CONFIG, AsJson, ConfigFile, Sandboxed, colored, echo_json, plain, say
from hub.cli.support.tables import table
from hub.delivery.preview import UNCHECKED, Previewed, preview
from hub.delivery.sync import SyncReport
from hub.errors import CannotDo, RingfenceError
from hub.model.conversions import LOG, UPLOAD
from hub.model.states import DeliveryState
from hub.platform.fields import only
from hub.queries.lookup import known
from hub.queries.timeline.receipts import worth
from hub.startup.opening import Opened, open_hub
from hub.startup.reading import read_config
from hub.store.rows import write_slot
from hub.worker import run_due_sync


def sync(
    name: Annotated[str, typer.Argument(help="A connector's name in config.yaml.")],
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only show what would be sent; the provider validates it without counting it."),
    ] = False,
    sandbox: Sandboxed = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Sync one connector now: lists of calls and texts, call log, outcomes, conversions, diagnostics. Exits with status 1 on
    any failure."""
    loaded = read_config(config, sandbox=sandbox)
    known(name, loaded.connectors, "connector")
    with open_hub(loaded) as opened:
        troubled = _preview(opened, name, as_json) if dry_run else _sync(opened, name, as_json)
    if troubled:
        raise typer.Exit(1)


def _sync(opened: Opened, name: str, as_json: bool) -> bool:
    write_slot(opened.hub.store, name, opened.hub.clock(), "command")
    report = run_due_sync(opened.hub, opened.directory, name)
    if report is None:
        raise CannotDo(f"Another process is syncing {name} right now; try again when it is done.")
    if as_json:
        echo_json(
            {"connector": name, "counts": report.counts, "troubles": report.troubles, "paused": report.paused},
        )
    else:
        _print_report(report)
    return bool(report.troubles)


def _print_report(report: SyncReport) -> None:
    rows = [
        (plain(task), colored(ending), str(count))
        for task, each in report.counts.items()
        for ending, count in sorted(each.items())
    ]
    if rows:
        table(f"Synced {report.connector}", ("what", "ended as", "count"), rows)
    elif not report.troubles:
        say(f"{report.connector}: nothing was due.")
    for trouble in report.troubles:
        say(f"[red]{plain(trouble)}[/red]")
    if report.paused:
        say(f"It is paused. Fix its credentials, then: [bold]hub connectors resume {plain(report.connector)}[/bold]")


def _preview(opened: Opened, name: str, as_json: bool) -> bool:
    hooks = [hook for hook in (UPLOAD, LOG) if opened.hub.plugins.implements(name, hook)]
    if not hooks:
        raise CannotDo(f"Nothing is delivered to {name!r}, so there is nothing to preview; leave out --dry-run.")
    items: list[Previewed] = []
    troubles: list[str] = []
    for hook in hooks:
        try:
            items += preview(opened.hub, opened.directory.current(), name, hook)
        except RingfenceError as error:
            troubles.append(str(error))
    checks = "dry_run" in opened.hub.plugins.connectors[name].manifest.abilities
    if as_json:
        echo_json(
            {
                "connector": name,
                "provider_checks": checks,
                "items": [_plain(item) for item in items],
                "troubles": troubles,
            }
        )
    else:
        _print_items(name, items, troubles)
        if UPLOAD in hooks and not checks:
            say(f"{plain(name)} cannot check a conversion without counting it: only the plugin's own checks ran.")
    return bool(troubles) or any(item.receipt is not None and item.receipt.status == "rejected" for item in items)


def _print_items(name: str, items: Sequence[Previewed], troubles: Sequence[str]) -> None:
    if items:
        table(
            f"Due for {name}; nothing was sent or changed",
            ("item", "what", "value", "consent", "would be", "why"),
            ([*map(plain, _words(item)), _consent(item), _would_be(item), plain(_why(item))] for item in items),
        )
    elif not troubles:
        say(f"{name}: nothing is due.")
    for trouble in troubles:
        say(f"[red]{plain(trouble)}[/red]")


def _words(item: Previewed) -> tuple[str, str, str]:
    row = item.delivery
    what = "call log" if row.hook == "log_calls" else row.kind
    return row.item_key, what, worth(row.amount, row.currency).removeprefix(", ")


def _consent(item: Previewed) -> str:
    if item.ruling is None:
        return "[dim]not asked[/dim]"
    said = item.ruling.decision
    return f"{colored(said.verdict)} [dim]{plain(said.ruling.rule_id)}[/dim]"


def _would_be(item: Previewed) -> str:
    if item.receipt is None:
        return "waiting" if _waits(item) else colored(item.state or "")
    if item.delivery.hook == "log_calls":
        return "[green]sent[/green]"
    said = item.receipt.status
    if item.receipt.code == UNCHECKED:
        return "[cyan]sent[/cyan]"
    return "[green]valid[/green]" if said in ("delivered", "accepted", "duplicate") else colored(said)


def _waits(item: Previewed) -> bool:
    return item.state == DeliveryState.READY


def _why(item: Previewed) -> str:
    if item.receipt is not None:
        return " ".join(filter(None, (item.receipt.code, item.receipt.reason)))
    if _waits(item):
        return "an earlier delivery of the same item must finish first"
    return " ".join(filter(None, (item.code, item.reason)))


def _plain(item: Previewed) -> dict[str, Any]:
    row, receipt = item.delivery, item.receipt
    return {
        "delivery": row.id,
        "key": row.item_key,
        **only("hook", "kind", "amount", "currency")(row),
        "verdict": item.ruling.decision.verdict if item.ruling else None,
        "rule": item.ruling.decision.ruling.rule_id if item.ruling else None,
        "would_be_sent": receipt is not None,
        "status": receipt.status if receipt else item.state,
        "code": receipt.code if receipt else item.code,
        "reason": receipt.reason if receipt else item.reason,
    }
