"""The demo's display: the flow while it runs, and the ledger at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from sqlalchemy import func
from sqlalchemy import select as columns
from sqlmodel import col, select

from hub.contracts.conversions import UNVERIFIABLE
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
from hub.model.conversions import UPLOAD, shown_states
from hub.model.states import DeliveryState, MessageStatus, RecordingState
from hub.proof.demo.ledger import Ledger
from hub.proof.demo.play import Tally
from hub.proof.demo.telephony import CarrierLine
from hub.runtime import Hub
from hub.texts.queue import SEND

COLORS = {
    DeliveryState.DELIVERED: "green",
    DeliveryState.ACCEPTED: "cyan",
    DeliveryState.REJECTED: "red",
    DeliveryState.UNMATCHED: "cyan",
    UNVERIFIABLE: "cyan",
    DeliveryState.HELD: "yellow",
    DeliveryState.DEAD: "red bold",
    DeliveryState.QUARANTINED: "red bold",
}


class FlowView:
    """The current state of the flow; Rich renders it a few times a second."""

    def __init__(self, hub: Hub, tally: Tally, total: int) -> None:
        self._hub, self._tally, self._total = hub, tally, total

    def __rich__(self) -> RenderableType:
        with self._hub.store.reading() as session:
            counts = session.execute(_COUNTS).one()
            states = session.exec(
                select(Delivery.connector, Delivery.hook, shown_states().label("shown"), func.count()).group_by(
                    col(Delivery.connector), col(Delivery.hook), "shown"
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
                *(Text(f"{name} {count}") for name, count in counts._mapping.items()),
            ]
        )
        parts: list[RenderableType] = [bar, flow, _state_table(states), _latest_table(latest)]
        return Panel(Group(*parts), title="Ringfence demo", border_style="blue")


def show_ledger(console: Console, ledger: Ledger) -> None:
    """Print the result of the run, within 80 columns."""
    for made in (_carriers, _sources, _conversions, _deliveries, _reasons, _checks):
        console.print(made(ledger))


def _carriers(ledger: Ledger) -> Table:
    table = _table("Calls, recordings and texts by carrier", ("",), [line.carrier for line in ledger.carriers])
    for name, figures in (
        ("calls", [each.calls for each in ledger.carriers]),
        ("answered", [each.answered for each in ledger.carriers]),
        ("voicemail", [each.voicemail for each in ledger.carriers]),
        ("recordings kept", [each.recordings[RecordingState.STORED] for each in ledger.carriers]),
        ("recordings not kept", [each.recordings[RecordingState.REFUSED] for each in ledger.carriers]),
        ("callers who refused to be recorded", [each.unrecorded for each in ledger.carriers]),
        ("texts that came in", [each.texts["in"] for each in ledger.carriers]),
        ("texts sent", [_sent(each) for each in ledger.carriers]),
        ("texts held", [each.texts.total() - _sent(each) - each.texts["in"] for each in ledger.carriers]),
    ):
        table.add_row(name, *map(str, figures))
    return table


def _sent(line: CarrierLine) -> int:
    return line.texts[MessageStatus.SENT] + line.texts[MessageStatus.DELIVERED]


def _sources(ledger: Ledger) -> Table:
    table = _table("Calls by source", ("source", "medium"), ("calls", "answered", "first-time", "confidence"))
    for line in ledger.sources:
        figures = map(str, (line.calls, line.answered, line.first_time))
        table.add_row(line.source, line.medium, *figures, f"{line.confidence:.2f}")
    return table


def _conversions(ledger: Ledger) -> Table:
    table = _table("Conversions that stand", ("rule",), ("created", "value"))
    for rule, count, total in ledger.conversions:
        table.add_row(rule, str(count), f"{total:,.2f} USD")
    return table


def _deliveries(ledger: Ledger) -> Table:
    figures = ("created", "delivered", "unverifiable", "not\nmatched", "withheld", "rejected")
    table = _table("Deliveries by destination", ("destination",), figures)
    for each in ledger.destinations:
        states = each.states
        rejected = states[DeliveryState.REJECTED] + states[DeliveryState.DEAD]
        table.add_row(
            f"{each.connector}: {each.what}" if each.what else each.connector,
            str(each.created),
            Text(str(states[DeliveryState.DELIVERED]), "green"),
            *(Text(str(states[quiet] or ""), "cyan") for quiet in (UNVERIFIABLE, DeliveryState.UNMATCHED)),
            Text(str(states[DeliveryState.HELD]), "yellow"),
            Text(str(rejected), "red" if rejected else ""),
        )
    return table


def _reasons(ledger: Ledger) -> Table:
    table = _table("Why some were not delivered", ("destination",), ("count",))
    table.add_column("reason, and the rule or code", overflow="fold")
    for each in ledger.destinations:
        for color, why in (("yellow", each.withheld), ("red", each.refused), ("cyan", each.unmatched)):
            for (code, words), count in why.most_common():
                table.add_row(each.connector, str(count), Text.assemble(f"{words} ", (code, color)))
    return table


def _checks(ledger: Ledger) -> Table:
    table = Table(title="Does it add up?", title_justify="left", title_style="bold", show_header=False, box=None)
    for check in ledger.checks:
        mark = Text("✓", "green") if check.holds else Text("✗", "bold red")
        table.add_row(mark, check.sentence, Text(check.detail, "dim"))
    return table


def _table(title: str, words: Sequence[str], figures: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=0)
    for heading in words:
        table.add_column(heading)
    for heading in figures:
        table.add_column(heading, justify="right")
    return table


def _state_table(rows: Any) -> Table:
    lines: dict[str, Counter[str]] = {}
    for connector, hook, state, count in rows:
        what = {UPLOAD: "", SEND: " (texts)"}.get(hook, " (calls)")
        lines.setdefault(f"{connector}{what}", Counter())[state] += count
    used = [state for state in (*DeliveryState, UNVERIFIABLE) if any(counts[state] for counts in lines.values())]
    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column("destination", no_wrap=True)
    for state in used:
        table.add_column(state, justify="right", style=COLORS.get(state, ""))
    for name, counts in sorted(lines.items()):
        table.add_row(name, *(str(counts[state] or "·") for state in used))
    return table


def _latest_table(rows: Any) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0))
    for heading in ("call", "source", "campaign", "sure", "status"):
        table.add_column(heading, no_wrap=True)
    for call, attribution in rows:
        table.add_row(
            f"…{call.id[-6:]}",
            f"{attribution.source} / {attribution.medium}",
            attribution.campaign or "",
            f"{attribution.confidence:.2f}",
            "answered" if call.answered else "voicemail" if call.voicemail else call.status,
        )
    return table


_COUNTED = {
    "webhooks kept": InboxWebhook,
    "calls": Call,
    "texts": TextMessage,
    "recordings": Recording,
    "forms": FormSubmission,
    "attributed": Attribution,
    "facts learned": FactRow,
    "consent decisions": ConsentDecision,
    "conversions": ConversionRow,
}
_COUNTS = columns(
    *(columns(func.count()).select_from(table).scalar_subquery().label(name) for name, table in _COUNTED.items())
)
