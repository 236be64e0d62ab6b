"""Lists: a command returns one, and it is printed as a table for people, as JSON for scripts, or as CSV for spreadsheets."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from functools import wraps
from typing import Annotated, Any, ParamSpec

import typer

from hub.cli.support.output import EMPTY_CELL, AsJson, colored, echo_json, moment, plain, say
from hub.cli.support.tables import UUID, short_ids, table
from hub.queries.spreadsheets import csv_text

AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets.")]
OPTIONS = {"as_json": AsJson, "as_csv": AsCsv}
Options = ParamSpec("Options")
Cell = str | Callable[[Any], str]
Column = str | tuple[str, Cell]
"""A heading with the name of a field, or with a function of a row that returns a cell with Rich's markup; a heading alone names
the field too."""
COLORED = ("state", "status")
"""The columns whose values have a color."""


@dataclass(frozen=True)
class Listing:
    """Rows and how they are printed."""

    title: str
    rows: Sequence[Any]
    columns: Sequence[Column]
    """Of the table. Without columns only `notes` are printed."""
    data: Callable[[Any], Mapping[str, Any]] | None = None
    """Makes the fields of a row for JSON and CSV; mappings and dataclasses need none."""
    document: Callable[[list[Any]], Any] = list
    """Makes the JSON document of these."""
    intro: str | Callable[[], None] = ""
    """What people read before the rows."""
    nothing: str = ""
    """What people read if there are no rows."""
    hint: str = ""
    """What people read after the rows, if there are any."""
    notes: Sequence[str] = ()
    """What people read at the end in any case."""
    optional: Collection[str] = ()
    """Columns that are left out if the terminal is narrow, in this order."""
    failed: bool = False
    """Whether the command exits with status 1."""


def listing(command: Callable[Options, Listing | None]) -> Callable[..., None]:
    """Add the options `--json` and `--csv` to a command, and print the list that it returns."""

    @wraps(command)
    def printing(*args: Any, as_json: bool = False, as_csv: bool = False, **kwargs: Any) -> None:
        made = command(*args, **kwargs)
        if made is None:
            return
        print_list(made, as_json=as_json, as_csv=as_csv)
        if made.failed:
            raise typer.Exit(1)

    signature = inspect.signature(command, eval_str=True)
    own = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=annotation)
        for name, annotation in OPTIONS.items()
    ]
    before = [each.replace(kind=each.KEYWORD_ONLY) for each in signature.parameters.values() if each.name != "config"]
    last = [each.replace(kind=each.KEYWORD_ONLY) for each in signature.parameters.values() if each.name == "config"]
    printing.__signature__ = signature.replace(parameters=[*before, *own, *last])  # type: ignore[attr-defined]
    printing.__annotations__ = {**command.__annotations__, **OPTIONS}
    return printing


def print_list(made: Listing, *, as_json: bool = False, as_csv: bool = False) -> None:
    """Print a list in one of its forms."""
    if as_json or as_csv:
        fields = [(made.data or _fields)(row) for row in made.rows]
        if as_json:
            echo_json(made.document(fields))
        else:
            typer.echo(_csv(fields), nl=False)
        return
    if isinstance(made.intro, str):
        _say(made.intro)
    else:
        made.intro()
    if made.rows or not made.nothing:
        _table(made)
    else:
        say(made.nothing)
    if made.rows:
        _say(made.hint)
    for note in made.notes:
        say(note)


def minutes(name: str) -> Callable[[Any], str]:
    """The cells of a time, without seconds."""
    return lambda row: moment(_value(row, name), seconds=False)


def _say(text: str) -> None:
    if text:
        say(text)


def _table(made: Listing) -> None:
    pairs = [(column, column) if isinstance(column, str) else column for column in made.columns]
    if pairs:
        cells = [_cells(made.rows, heading, cell, first=at == 0) for at, (heading, cell) in enumerate(pairs)]
        table(made.title, [heading for heading, _ in pairs], list(zip(*cells, strict=True)), made.optional)


def _cells(rows: Sequence[Any], heading: str, cell: Cell, *, first: bool) -> Iterable[str]:
    if not isinstance(cell, str):
        return map(cell, rows)
    values = [_value(row, cell) for row in rows]
    if first and all(isinstance(each, str) and UUID.fullmatch(each) for each in values):
        return map(short_ids(values), values)
    if heading in COLORED:
        return [colored(each) if each else EMPTY_CELL for each in values]
    return map(_cell, values)


def _fields(row: Any) -> Mapping[str, Any]:
    """The fields of a mapping or a dataclass. A row of a table of the database is refused with TypeError: `only` names those of
    its fields that are shown."""
    return row if isinstance(row, Mapping) else asdict(row)


def _value(row: Any, name: str) -> Any:
    return row[name] if isinstance(row, Mapping) else getattr(row, name)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    return plain(value)


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV with one heading."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    heading = [names] if names else []
    return csv_text([*heading, *([_csv_cell(row.get(name)) for name in names] for row in rows)], "\n")


def _csv_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return ", ".join(f"{each} {name}" for name, each in sorted(value.items()))
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return value if value is None or isinstance(value, int | float | Decimal) else str(value)
