"""Output of commands: errors, common options, tables for people, JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

CONFIG = Path("config.yaml")
ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="The configuration file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Sandboxed = Annotated[bool, typer.Option("--sandbox", help="Use the plugins' sandboxes instead of real providers.")]
Agreed = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]

PLAIN_WIDTH = 250
"""Width in columns of a table that is not printed on a terminal."""
UNBOUNDED = 10_000
"""Width in columns to measure the narrowest form of a table that breaks no word."""
COLORS = {
    "delivered": "green",
    "received": "green",
    "sent": "cyan",
    "sending": "cyan",
    "queued": "cyan",
    "stored": "green",
    "done": "green",
    "allow": "green",
    "given": "green",
    "accepted": "cyan",
    "unverifiable": "cyan",
    "unmatched": "cyan",
    "ready": "cyan",
    "leased": "cyan",
    "held": "yellow",
    "needs": "yellow",
    "retry": "yellow",
    "parked": "yellow",
    "paused": "yellow",
    "rejected": "red",
    "dead": "red",
    "failed": "red",
    "deny": "red",
    "refused": "red",
    "withdrawn": "red",
    "objected": "red",
    "expired": "yellow",
}
"""The color of each state and verdict."""


EMPTY_CELL = "[dim]–[/dim]"
"""A cell without a value."""


def console(*, to_errors: bool = False) -> Console:
    """The console of a command: as wide as the terminal, and wide enough for whole rows in a pipe."""
    from rich.console import Console

    made = Console(stderr=to_errors, highlight=False)
    if not made.is_terminal:
        made.width = PLAIN_WIDTH
    return made


def say(text: str, *, to_errors: bool = False) -> None:
    """Print one line with Rich's markup, without wrapping."""
    console(to_errors=to_errors).print(text, soft_wrap=True)


def plain(value: object) -> str:
    """A value from outside, escaped so that Rich shows it literally; a dash if it is None."""
    from rich.markup import escape

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


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; cells may hold Rich's markup, so text from outside goes through `plain` first.

    On a terminal that is too narrow, each row is printed as a paragraph instead, because users copy ids, so they must not
    be wrapped.
    """
    from rich.table import Table

    cells = [tuple(row) for row in rows]
    made = Table(title=title, title_justify="left", title_style="bold", header_style="dim")
    for column in columns:
        made.add_column(column)
    for row in cells:
        made.add_row(*row)
    here = console()
    if not cells:
        here.print(f"{title}: none.")
    elif here.measure(made, options=here.options.update(width=UNBOUNDED)).minimum > here.width:
        _print_paragraphs(here, title, columns, cells)
    else:
        here.print(made)


def _print_paragraphs(here: Console, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    here.print(f"[bold]{title}[/bold]")
    for first, *others in rows:
        here.print(first, soft_wrap=True)
        lines = [
            Text.assemble((f"{column} ", "dim"), Text.from_markup(cell))
            for column, cell in zip(columns[1:], others, strict=True)
            if cell not in ("", EMPTY_CELL)
        ]
        here.print(Padding(Text("; ").join(lines), (0, 0, 0, 4), expand=False))


def echo_json(value: Mapping[str, Any] | Sequence[Any]) -> None:
    """Print JSON: times in ISO 8601, amounts as text."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=_jsonable))


def _jsonable(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
