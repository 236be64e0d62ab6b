"""Tables for people: as wide as the terminal, no word broken, ids short enough to fit and long enough to type."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from hub.cli.support.output import EMPTY_CELL, console

GAP = 2
"""Characters between two columns."""
MAX_LINES_OF_A_CELL = 6
"""A column is made no narrower than a sixth of its longest cell."""
MIN_SHORT_ID = 8
"""Characters of a short id, the last ones of it: the first of a UUIDv7 are its time, alike in all rows of a minute."""
NUMBER = re.compile(r"-?[\d.,:]+%?")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
UNBROKEN = re.compile(r"\d\d-\d\d \d\d:\d\d")
"""Words that stay on one line together."""


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], optional: Collection[str] = ()) -> None:
    """Print a table; cells may hold Rich's markup, so text from outside goes through `plain` first.

    If it is too wide, the `optional` columns are left out one after another, in their order there, and a line names them. If
    that is not enough, each row is printed as a paragraph, because a broken id or number cannot be copied.
    """
    here = console()
    cells = [[Text.from_markup(cell) for cell in row] for row in rows]
    if not cells:
        here.print(f"{title}: none.")
        return
    shown, left_out = list(range(len(columns))), []
    widths = _widths(columns, cells, shown, here.width)
    for name in optional:
        if widths is not None:
            break
        shown.remove(columns.index(name))
        left_out.append(name)
        widths = _widths(columns, cells, shown, here.width)
    if widths is None:
        _print_paragraphs(here, title, columns, cells)
        return
    _print_columns(here, title, [columns[at] for at in shown], [[row[at] for at in shown] for row in cells], widths)
    if left_out:
        here.print(f"[dim]No room for: {', '.join(left_out)}. A wider terminal or --json shows them.[/dim]")


def short_ids(ids: Iterable[str]) -> Callable[[str], str]:
    """Shortens the ids of one table: at least their last 8 characters, and so many that no two are alike. Every command that
    takes an id takes them (`hub.queries.lookup`)."""
    known = set(ids)
    longest = max(map(len, known), default=0)
    length = next(
        (size for size in range(MIN_SHORT_ID, longest) if len({each[-size:] for each in known}) == len(known)), longest
    )
    return lambda each: each[-length:] if length else each


def _widths(
    columns: Sequence[str], cells: Sequence[Sequence[Text]], shown: Sequence[int], space: int
) -> list[int] | None:
    """The width of each column that is shown; None if there is not enough space for all."""
    least, most = [], []
    for at in shown:
        column = [*(row[at].plain for row in cells), columns[at]]
        words = max(len(word) for text in column for word in _words(text))
        longest = max(len(line) for text in column for line in text.split("\n"))
        least.append(max(words, -(-longest // MAX_LINES_OF_A_CELL)))
        most.append(longest)
    free = space - GAP * (len(shown) - 1) - sum(least)
    if free < 0:
        return None
    widths = list(least)
    while free and (narrow := [at for at in range(len(widths)) if widths[at] < most[at]]):
        widths[min(narrow, key=lambda at: widths[at] / most[at])] += 1
        free -= 1
    return widths


def _words(text: str) -> list[str]:
    return [text] if UNBROKEN.fullmatch(text) else text.split() or [""]


def _print_columns(
    here: Console, title: str, columns: Sequence[str], cells: Sequence[Sequence[Text]], widths: Sequence[int]
) -> None:
    made = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), collapse_padding=True, header_style="dim")
    for at, (column, columns_width) in enumerate(zip(columns, widths, strict=True)):
        filled = [row[at].plain for row in cells if row[at].plain != "–"]
        is_number = at > 0 and bool(filled) and all(map(NUMBER.fullmatch, filled))
        made.add_column(column, width=columns_width, overflow="fold", justify="right" if is_number else "left")
    for row in cells:
        made.add_row(*row)
    here.print(f"[bold]{title}[/bold]", soft_wrap=False)
    here.print(made)


def _print_paragraphs(here: Console, title: str, columns: Sequence[str], rows: Iterable[Sequence[Text]]) -> None:
    here.print(f"[bold]{title}[/bold]")
    for first, *others in rows:
        here.print(first, soft_wrap=True)
        lines = [
            Text.assemble((f"{column} ", "dim"), cell)
            for column, cell in zip(columns[1:], others, strict=True)
            if cell.plain not in ("", Text.from_markup(EMPTY_CELL).plain)
        ]
        here.print(Padding(Text("; ").join(lines), (0, 0, 0, 4), expand=False))
