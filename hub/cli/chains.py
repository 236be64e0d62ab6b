"""What the commands that walk a hash chain share: an end that was noted elsewhere, and the reports of a walk."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import typer

from hub.cli.printing import CannotDo, counted, echo_json, plain, say

if TYPE_CHECKING:
    from hub.store.chain import Report


def noted_end(text: str, printed_by: str) -> tuple[int, str]:
    """Position and hash of an end as `printed_by` prints it; CannotDo where it is written otherwise."""
    found = re.fullmatch(r"(\d{1,9}):([0-9a-f]{64})", text)
    if found is None:
        raise CannotDo(f"An end is written as {printed_by} prints it: POSITION:HASH.")
    return int(found[1]), found[2]


def tell_reports(reports: Mapping[str, Report], *, owner: str, link: str, as_json: bool, signed: bool = False) -> None:
    """Print the reports by their owner's name; the command ends with status 1 where a chain is not sound.

    `owner` is what has a chain (`account`), `link` what it is made of (`entry`); with `signed`, people are told how far
    a sound chain is signed, too.
    """
    links = {"entry": "entries", "record": "records"}[link]
    if as_json:
        echo_json(
            [
                {
                    owner: name,
                    "sound": report.sound,
                    links: report.records,
                    "ended": report.ended,
                    "head": report.head,
                    "signed_to": report.signed_to,
                    "position": report.finding.position if report.finding else None,
                    "found": report.finding.kind if report.finding else None,
                    "reason": report.finding.reason if report.finding else None,
                }
                for name, report in reports.items()
            ]
        )
    for name, report in reports.items() if not as_json else ():
        if report.finding is None:
            before = f"{report.ended:,} before them ended with their life, " if report.ended else ""
            up_to = f"signed to {report.signed_to}, " if signed else ""
            say(
                f"[green]sound[/green] {plain(name)}: {counted(report.records - report.ended, 'record')}, {before}"
                f"{up_to}end {report.records}:{report.head}"
            )
        else:
            found = report.finding
            say(f"[red]{found.kind}[/red] {plain(name)} at {link} {found.position}: {plain(found.reason)}")
    if not all(report.sound for report in reports.values()):
        raise typer.Exit(1)
