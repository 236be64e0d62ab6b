"""Output of commands: errors, common options, JSON for machines; `hub.cli.support.tables` prints tables for people."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.text import Text

CONFIG = Path("config.yaml")
ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="The configuration file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Sandboxed = Annotated[bool, typer.Option("--sandbox", help="Use the plugins' sandboxes instead of real providers.")]
Agreed = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]

PLAIN_WIDTH = 250
"""Width in columns of what is printed if the command has no terminal at all."""
MIN_WIDTH = 40
STATES_BY_COLOR = {
    "green": "delivered received stored done allow given",
    "cyan": "sent sending queued accepted unverifiable unmatched ready leased",
    "yellow": "held needs retry parked paused expired",
    "red": "rejected dead failed deny refused withdrawn objected",
}
COLORS = {state: color for color, states in STATES_BY_COLOR.items() for state in states.split()}
"""The color of each state and verdict."""


EMPTY_CELL = "[dim]–[/dim]"
"""A cell without a value."""


def console(*, to_errors: bool = False) -> Console:
    """The console of a command, as wide as `width` says."""
    return Console(stderr=to_errors, highlight=False, width=width())


def width() -> int:
    """COLUMNS, or the width of the command's terminal, to which its output or only its errors go, or its input comes from:
    `hub calls | less` fits it too. PLAIN_WIDTH without a terminal."""
    if (set_by_hand := os.environ.get("COLUMNS", "")).isdigit() and int(set_by_hand) > 0:
        return max(int(set_by_hand), MIN_WIDTH)
    for stream in (1, 2, 0):
        try:
            columns = os.get_terminal_size(stream).columns
        except OSError:
            continue
        if columns > 0:
            return max(columns, MIN_WIDTH)
    return PLAIN_WIDTH


def say(text: str, *, to_errors: bool = False) -> None:
    """Print a sentence with Rich's markup. It is wrapped between words, but never within an address or an id."""
    here = console(to_errors=to_errors)
    longest = max(map(len, Text.from_markup(text).plain.split()), default=0)
    here.print(text, soft_wrap=here.width == PLAIN_WIDTH or longest > here.width)


def plain(value: object) -> str:
    """A value from outside, escaped so that Rich shows it literally; a dash if it is None."""
    text = "" if value is None else str(value)
    return escape("".join(c if c.isprintable() else "�" for c in text)) or EMPTY_CELL


def colored(state: str) -> str:
    """A state or verdict in its color."""
    color = COLORS.get(state)
    return f"[{color}]{state}[/{color}]" if color else plain(state)


def moment(at: datetime | None, *, seconds: bool = True) -> str:
    """A time in UTC, as tables show it."""
    return at.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M") if at else EMPTY_CELL


def counted(count: int, noun: str) -> str:
    """`1 text`, `2 texts`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def echo_json(value: Mapping[str, object] | Sequence[object]) -> None:
    """Print JSON: times in ISO 8601, amounts as text."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=_jsonable))


def _jsonable(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
