"""The options that all ways to import have in common."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from hub.errors import CannotDo

TimeZone = Annotated[
    str | None, typer.Option(help="The zone of times in files that have no offset, like America/Chicago.")
]
Into = Annotated[str | None, typer.Option(help="The account of config.yaml that gets the companies.")]
Carrier = Annotated[str | None, typer.Option(help="The carrier of config.yaml that gets the numbers.")]
Dial = Annotated[
    str | None,
    typer.Option(help="The phone that rings, for companies of which no tracker says it.", metavar="NUMBER"),
]
First = Annotated[str | None, typer.Option("--from", help="First day, like 2026-01-31.", metavar="DAY")]
Last = Annotated[str | None, typer.Option("--to", help="Last day, included.", metavar="DAY")]
Only = Annotated[list[str] | None, typer.Option(help="Only calls, forms or texts; may be repeated.", metavar="LIST")]
OptOuts = Annotated[
    Path | None,
    typer.Option(
        help="A list of people who opted out, as CSV: a number a line; a channel, a date and a company if it has them.",
        metavar="FILE",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Bring it over; without this, only say what would be.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be brought over, which is the default.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only problems that the run before did not have.")]


def days_of(first: str | None, last: str | None) -> tuple[date | None, date | None]:
    """The days of `--from` and `--to`; CannotDo if one is none."""
    return _day(first), _day(last)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise CannotDo(f"{text} is not a day; write it like 2026-01-31.") from None
