"""A step as the values of its form, and back: what the form sends is what config.yaml would hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.config.callflow.definition import Schedule, Step
from hub.config.callflow.hours import DAYS
from hub.config.callflow.written import written_spans, written_step
from hub.contracts.phones import phone_number
from hub.platform.formats import phone
from hub.web.pages.flows.form.fields import FormField, fields_of_step

Values = dict[str, list[str]]
"""Name of an input → its values; of a list, one per row."""
TICKED = "yes"


class Repeated(ValueError):
    """A list names the same key twice."""

    def __init__(self, field: str, key: str) -> None:
        super().__init__(f"{key} is there twice; keep one of the two.")
        self.field = field


MAX_ROWS = 60


def values_of(step: Step) -> Values:
    """The values that a form shows for a step."""
    written = written_step(step)
    values: Values = {}
    for field in fields_of_step(getattr(step, "do", "")):
        value = written.get(field.name, field.default)
        if field.shape == "week" and isinstance(step, Schedule):
            for day in DAYS:
                values[f"hours.{day}"] = [_spans(written_spans(step.hours[day])) if day in step.hours else ""]
        else:
            values |= _values(field, value)
    return values


def blank_values(do: str, to: str) -> Values:
    """The values of a new step, all of whose ways lead to `to`."""
    values: Values = {}
    for field in fields_of_step(do):
        if field.shape == "step" and field.required:
            values[field.name] = [to]
        elif field.shape == "rows" and field.required:
            for _ in range(field.minimum or 1):
                values = add_row(field, values, to)
        else:
            values |= _values(field, field.default)
    return values


def _values(field: FormField, value: Any) -> Values:
    if field.shape == "rows":
        rows = list(value.items() if isinstance(value, Mapping) else value or ())
        return {
            f"{field.name}.{column.name}": [_cell(column, row, index) for row in rows]
            for index, column in enumerate(field.columns)
        }
    if field.shape == "check":
        return {field.name: [TICKED] if value else []}
    return {field.name: [_shown(field, value)]}


def _cell(column: FormField, row: Any, index: int) -> str:
    """One column of a row: of a pair, of a section with keys, or of a single value."""
    if isinstance(row, tuple):
        return _shown(column, _spans(row[index]))
    return _shown(column, row.get(column.name) if isinstance(row, Mapping) else row)


def _shown(field: FormField, value: Any) -> str:
    if value is None:
        return ""
    return phone(value) if field.shape == "phone" else str(value)


def _spans(value: Any) -> Any:
    """Several spans of hours in one line."""
    return ", ".join(value) if isinstance(value, list) else value


def written_of(fields: Sequence[FormField], form: Mapping[str, Sequence[str]], country: str) -> dict[str, Any]:
    """What a form says, as config.yaml would hold it; what was left empty is left out.

    A phone number without its country's code is one of `country`. Repeated says what is there twice.
    """
    written: dict[str, Any] = {}
    for field in fields:
        if field.shape == "rows":
            value = _rows(field, form, country)
        elif field.shape == "week":
            days = {day: _text(form, f"hours.{day}") for day in DAYS}
            value = {day: _listed(text) for day, text in days.items() if text}
        elif field.shape == "check":
            value = bool(_text(form, field.name))
        else:
            value = _read(field, _text(form, field.name), country)
        empty = value in ("", [], {}) and field.shape != "check"
        if (not empty or field.shape == "week") and not (not field.required and value == field.default):
            written[field.name] = value
    return written


def _rows(field: FormField, form: Mapping[str, Sequence[str]], country: str) -> Any:
    rows = []
    for cells in rows_of(field, form):
        row = {column.name: _read(column, cells[column.name], country) for column in field.columns}
        targets = {column.name for column in field.columns if column.shape == "step"}
        if any(value != "" for name, value in row.items() if name not in targets) or field.name == "cases":
            rows.append(row)
    if not field.is_mapping:
        if len(field.columns) == 1:
            return [row[field.columns[0].name] for row in rows]
        return [{name: value for name, value in row.items() if value != ""} for row in rows]
    first, second = (column.name for column in field.columns)
    keys = [row[first] for row in rows]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise Repeated(field.name, str(twice))
    return {row[first]: _second(field, row[second]) for row in rows}


def _second(field: FormField, value: Any) -> Any:
    if field.name == "dates":
        return _listed(value)
    return 1 if field.name == "numbers" and value == "" else value


def _read(field: FormField, text: str, country: str) -> Any:
    if field.shape == "number" and text.isascii() and text.isdecimal():
        return int(text)
    if field.shape == "phone" and text:
        return phone_number(text) or phone_number(text, country) or text
    return text


def _listed(text: str) -> str | list[str]:
    """Hours as they are written: one span, or a list of several."""
    spans = [part.strip() for part in text.split(",") if part.strip()]
    return spans[0] if len(spans) == 1 else spans


def _text(form: Mapping[str, Sequence[str]], name: str) -> str:
    values = form.get(name) or [""]
    return values[-1].replace("\r\n", "\n").strip()


# The rows of a list.


def rows_of(field: FormField, form: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """The rows that a form holds, each with all columns."""
    columns = {column.name: form.get(f"{field.name}.{column.name}", []) for column in field.columns}
    count = min(MAX_ROWS, max(map(len, columns.values()), default=0))
    return [
        {name: cells[index].strip() if index < len(cells) else "" for name, cells in columns.items()}
        for index in range(count)
    ]


def with_rows(field: FormField, form: Mapping[str, Sequence[str]], rows: Sequence[Mapping[str, str]]) -> Values:
    """The form's values with these rows."""
    kept = {name: list(values) for name, values in form.items()}
    return kept | {f"{field.name}.{column.name}": [row[column.name] for row in rows] for column in field.columns}


def add_row(field: FormField, form: Mapping[str, Sequence[str]], to: str) -> Values:
    """The form's values with an empty row at the end, which leads to `to` if it leads anywhere."""
    row = {column.name: to if column.shape == "step" else "" for column in field.columns}
    return with_rows(field, form, [*rows_of(field, form), row])


def change_rows(field: FormField, form: Mapping[str, Sequence[str]], deed: str, index: int) -> Values:
    """The form's values with a row removed, or moved up or down."""
    rows = rows_of(field, form)
    if 0 <= index < len(rows):
        row = rows.pop(index)
        if deed != "remove":
            rows.insert(max(0, index + (-1 if deed == "up" else 1)), row)
    return with_rows(field, form, rows)
