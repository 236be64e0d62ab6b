"""The rows of a list in a form, which buttons add, remove and move without saving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hub.web.forms.field import Field, Values

MAX_ROWS = 60


def rows_of(field: Field, values: Values) -> list[dict[str, str]]:
    """The rows that a form holds, each with all columns."""
    columns = {column.name: values.get(field.input(column), ()) for column in field.columns}
    count = min(MAX_ROWS, max(map(len, columns.values()), default=0))
    return [
        {name: cells[index].strip() if index < len(cells) else "" for name, cells in columns.items()}
        for index in range(count)
    ]


def add_row(field: Field, values: Values, to: str = "") -> Values:
    """The values with one more row at the end; what can be chosen in it is `to`."""
    row = {column.name: to if column.kind == "choice" else "" for column in field.columns}
    return _with_rows(field, values, [*rows_of(field, values), row])


def change_rows(field: Field, values: Values, action: str, index: int) -> Values:
    """The values with a row removed, or moved `up` or `down`."""
    rows = rows_of(field, values)
    if 0 <= index < len(rows):
        row = rows.pop(index)
        if action != "remove":
            rows.insert(max(0, index + (-1 if action == "up" else 1)), row)
    return _with_rows(field, values, rows)


def _with_rows(field: Field, values: Values, rows: Sequence[Mapping[str, str]]) -> Values:
    return {**values, **{field.input(column): [row[column.name] for row in rows] for column in field.columns}}
