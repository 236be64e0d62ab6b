"""The report of a chaos run, as Markdown that other pages cite."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from statistics import median

from hub.platform.id_words import words_of
from hub.proof.chaos.check import MUST_BE_ZERO
from hub.proof.chaos.faults import Fault
from hub.proof.chaos.run import Played


def write_report(played: Played, faults: Sequence[Fault], command: str) -> str:
    """What was played, what became of it, and the command that plays it again."""
    return "\n".join(_lines(played, faults, command)) + "\n"


def _lines(played: Played, faults: Sequence[Fault], command: str) -> Iterator[str]:
    report = played.report
    assert report is not None, "the run has ended"
    problems = report.problems()
    yield "# Report of a chaos run"
    yield ""
    yield (
        f"{datetime.now(UTC):%Y-%m-%d}: {report.faults} faults in {played.seconds / 60:.0f} minutes on {os.cpu_count()} "
        f"cores, seed {played.seed}. The providers are sandboxes that keep running."
    )
    yield ""
    yield f"    {command}"
    yield ""
    yield f"**{'Everything is there once.' if not problems else 'Not everything is as it must be:'}**"
    yield from (f"\n- {each}" for each in problems)
    yield ""
    yield "## Faults"
    yield ""
    yield "| fault | played | what happens | how it ends | ready again after it (median, longest) |"
    yield "|---|---|---|---|---|"
    for fault in faults:
        took = played.recoveries.get(fault.name) or [0.0]
        count = len(played.recoveries.get(fault.name, ()))
        yield f"| `{fault.name}` | {count} | {fault.does} | {fault.ends} | {median(took):.1f} s, {max(took):.1f} s |"
    yield ""
    yield f"All work was done {played.settled:.0f} seconds after the last webhook."
    yield ""
    yield "## Ledger"
    yield ""
    yield "*Refused* are attempts without an acknowledgement; the carrier or the page repeated each."
    yield ""
    yield "| fault | what | played | once | lost | doubled | refused |"
    yield "|---|---|---|---|---|---|---|"
    for row in report.ledger:
        yield (
            f"| `{row.fault}` | {row.kind}s | {row.played} | {row.once} | {row.lost} | {row.doubled} | {row.refused} |"
        )
    yield ""
    yield "## Figures"
    yield ""
    yield "| figure | is | must be |"
    yield "|---|---|---|"
    for name, value in report.lines():
        yield f"| {words_of(name)} | {value} | {'0' if name in MUST_BE_ZERO else ''} |"
