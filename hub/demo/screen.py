"""What a person sees of the demo: the flow while it runs, and the ledger at its end."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from sqlalchemy import func
from sqlmodel import col, select

from hub.assembly import Hub
from hub.demo.ledger import Ledger
from hub.demo.play import Tally
from hub.model import (
    Attribution,
    Call,
    ConsentDecision,
    ConversionRow,
    Delivery,
    FactRow,
    FormSubmission,
    InboxWebhook,
    Recording,
    TextMessage,
)

STATES = ("ready", "leased", "accepted", "delivered", "rejected", "held", "dead")
COLOURS = {"delivered": "green", "accepted": "cyan", "rejected": "red", "held": "yellow", "dead": "red bold"}


class FlowView:
    """A picture of the flow at this moment; Rich asks for it a few times a second."""

    def __init__(self, hub: Hub, tally: Tally, total: int) -> None:
        self._hub, self._tally, self._total = hub, tally, total

    def __rich__(self) -> RenderableType:
        with self._hub.store.reading() as session:
            steps = {
                "webhooks kept": _count(session, InboxWebhook),
                "calls": _count(session, Call),
                "texts": _count(session, TextMessage),
                "recordings": _count(session, Recording),
                "forms": _count(session, FormSubmission),
                "attributed": _count(session, Attribution),
                "facts learned": _count(session, FactRow),
                "consent decisions": _count(session, ConsentDecision),
                "conversions": _count(session, ConversionRow),
            }
            states = session.exec(
                select(Delivery.connector, Delivery.hook, Delivery.state, func.count()).group_by(
                    col(Delivery.connector), col(Delivery.hook), col(Delivery.state)
                )
            ).all()
            latest = session.exec(
                select(Call, Attribution)
                .join(Attribution, col(Attribution.subject_id) == col(Call.id))
                .order_by(col(Call.id).desc())
                .limit(6)
            ).all()
        played = self._tally.counts["calls"]
        bar = Table.grid(padding=(0, 1))
        bar.add_row("calls", ProgressBar(total=self._total, completed=played, width=50), f"{played} of {self._total}")
        flow = Text(" → ").join(
            [
                Text(f"visits {self._tally.counts['visits']} ({self._tally.counts['visits by page']} by page)"),
                *(Text(f"{name} {count}") for name, count in steps.items()),
            ]
        )
        parts: list[RenderableType] = [bar, flow, _state_table(states), _latest_table(latest)]
        return Panel(Group(*parts), title="Ringfence demo", border_style="blue")


def show_ledger(console: Console, ledger: Ledger, tally: Tally) -> None:
    """Print the account of the run."""
    console.print(_carriers_table(ledger))
    sources = Table(title="Calls by source", title_justify="left")
    for heading in ("source", "medium"):
        sources.add_column(heading)
    for heading in ("calls", "answered", "first-time", "confidence"):
        sources.add_column(heading, justify="right")
    for line in ledger.sources:
        sources.add_row(
            line.source,
            line.medium,
            str(line.calls),
            str(line.answered),
            str(line.first_time),
            f"{line.confidence:.2f}",
        )
    console.print(sources)

    conversions = Table(title="Conversions that stand", title_justify="left")
    conversions.add_column("rule")
    conversions.add_column("created", justify="right")
    conversions.add_column("value", justify="right")
    for rule, count, total in ledger.conversions:
        conversions.add_row(rule, str(count), f"{total:,.2f} USD")
    console.print(conversions)

    deliveries = Table(title="Deliveries by destination", title_justify="left")
    for heading in ("destination", "what"):
        deliveries.add_column(heading)
    for heading in ("created", "delivered", "withheld", "rejected", "on the way"):
        deliveries.add_column(heading, justify="right")
    reasons = Table(title="Why some were not delivered", title_justify="left")
    for heading in ("destination", "count", "rule or code", "in words"):
        reasons.add_column(heading, justify="right" if heading == "count" else "left", overflow="fold")
    for each in ledger.destinations:
        rejected, delivered = each.states["rejected"] + each.states["dead"], each.states["delivered"]
        moving = each.created - delivered - rejected - each.states["held"]
        deliveries.add_row(
            each.connector,
            each.what,
            str(each.created),
            Text(str(delivered), "green"),
            Text(str(each.states["held"]), "yellow"),
            Text(str(rejected), "red" if rejected else ""),
            str(moving),
        )
        for colour, why in (("yellow", each.withheld), ("red", each.refused)):
            for (code, words), count in why.most_common():
                reasons.add_row(each.connector, str(count), Text(code, colour), words)
    console.print(deliveries)
    console.print(reasons)

    checks = Table(title="Does it add up?", title_justify="left", show_header=False)
    for check in ledger.checks:
        mark = Text("✓", "green") if check.holds else Text("✗", "bold red")
        checks.add_row(mark, check.sentence, Text(check.detail, "dim"))
    console.print(checks)


def _carriers_table(ledger: Ledger) -> Table:
    table = Table(title="Calls, recordings and texts by carrier", title_justify="left")
    table.add_column("carrier")
    for heading in ("calls", "answered", "voicemail", "recordings kept", "not kept", "callers who refused"):
        table.add_column(heading, justify="right")
    for heading in ("texts in", "sent", "held"):
        table.add_column(heading, justify="right")
    for line in ledger.carriers:
        sent = line.texts["sent"] + line.texts["delivered"]
        figures = (line.calls, line.answered, line.voicemail, line.recordings["stored"], line.recordings["refused"])
        held = line.texts.total() - sent - line.texts["in"]
        table.add_row(line.carrier, *map(str, (*figures, line.unrecorded, line.texts["in"], sent, held)))
    return table


def _count(session: Any, table: Any) -> int:
    return int(session.exec(select(func.count()).select_from(table)).one())


def _state_table(rows: Any) -> Table:
    table = Table(box=None, padding=(0, 2))
    table.add_column("destination")
    for state in STATES:
        table.add_column(state, justify="right", style=COLOURS.get(state, ""))
    lines: dict[str, Counter[str]] = {}
    for connector, hook, state, count in rows:
        what = {"upload_conversions": "", "send_text": " (texts)"}.get(hook, " (calls)")
        name = f"{connector}{what}"
        lines.setdefault(name, Counter())[state] += count
    for name, counts in sorted(lines.items()):
        table.add_row(name, *(str(counts[state] or "·") for state in STATES))
    return table


def _latest_table(rows: Any) -> Table:
    table = Table(box=None, padding=(0, 2))
    for heading in ("call", "source", "medium", "campaign", "rule", "sure", "status"):
        table.add_column(heading)
    for call, attribution in rows:
        table.add_row(
            f"…{call.id[-6:]}",
            attribution.source,
            attribution.medium,
            attribution.campaign or "",
            attribution.rule,
            f"{attribution.confidence:.2f}",
            "answered" if call.answered else "voicemail" if call.voicemail else call.status,
        )
    return table
