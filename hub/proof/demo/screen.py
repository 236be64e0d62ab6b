"""The demo's display: how far it is, and the ledger at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress
from rich.table import Table
from rich.text import Text

from hub.contracts.conversions import UNVERIFIABLE
from hub.model.states import DeliveryState, MessageStatus, RecordingState
from hub.proof.demo.check import Check
from hub.proof.demo.ledger import Ledger
from hub.proof.demo.telephony import CarrierLine


@contextmanager
def bar(console: Console, what: str, total: int) -> Iterator[Callable[[], None]]:
    """A progress bar while the block runs, and what to call after each of `total` steps."""
    if not console.is_terminal:
        console.print(f"{what}: {total:,} calls and forms are played.")
    with Progress(*Progress.get_default_columns()[:3], MofNCompleteColumn(), console=console) as progress:
        task = progress.add_task(what, total=total)
        yield partial(progress.advance, task)


def show_ledger(console: Console, ledger: Ledger, *, whole: bool) -> None:
    """Print the result of the run, within 80 columns; without `whole` in about 30 lines, with the checks that fail."""
    for made in (_carriers, _sources, _conversions, _deliveries, _reasons) if whole else (_carriers, _deliveries):
        console.print(made(ledger))
    shown = [check for check in ledger.checks if whole or not check.holds]
    if shown:
        console.print(_checks(shown))
    if not whole:
        held = sum(check.holds for check in ledger.checks)
        console.print(
            f"{held} of {len(ledger.checks)} comparisons hold; --ledger prints each, with sources and reasons."
        )


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


def _checks(checks: Sequence[Check]) -> Table:
    table = Table(title="Does it add up?", title_justify="left", title_style="bold", show_header=False, box=None)
    for check in checks:
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
