"""Values of config.yaml as the texts of a form's inputs, and back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from hub.config.callflow.hours import hours_in_words, read_hours
from hub.config.document import Path
from hub.config.durations import parse_span
from hub.config.edit import REMOVED, Change
from hub.contracts.phones import phone_number
from hub.errors import CannotDo
from hub.platform.formats import phone
from hub.web.forms.field import TICKED, Field, Values

UNITS = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))
BETWEEN = {"lines": r"[\s,]+", "words": r"[\s,]+", "phones": r"[\n,;]+", "hours": r","}
MAX_ROWS = 60
JOINED = {"lines": "\n", "words": " ", "phones": "\n", "hours": ", "}


def texts_of(fields: Sequence[Field], source: object) -> dict[str, list[str]]:
    """What the inputs of a form show for a section of config.yaml: a checked model, or a mapping as it is written."""
    shown: dict[str, list[str]] = {}
    for field in fields:
        if field.path:
            shown |= inputs_of(field, value_at(source, field.path, field.default))
    return shown


def read(fields: Sequence[Field], values: Values, country: str = "US") -> dict[str, Any]:
    """What a form says, as config.yaml would hold it; what is empty or as by default is left out.

    A phone number without its country's code is one of `country`. CannotDo says what is there twice.
    """
    tree: dict[str, Any] = {}
    for field in fields:
        value = _read(field, values, country) if field.path else None
        if not field.path or _is_left_out(field, value):
            continue
        section = tree
        for key in field.path[:-1]:
            section = section.setdefault(key, {})
        section[field.path[-1]] = value
    return tree


def differences(
    place: Path, fields: Sequence[Field], before: Mapping[str, object], after: Mapping[str, object]
) -> Iterator[Change]:
    """The edits between two trees that forms of these fields say; a value that is the same stays as it is written."""
    for field in fields:
        old, new = (value_at(tree, field.path, REMOVED) if field.path else REMOVED for tree in (before, after))
        if old != new and (REMOVED in (old, new) or not is_same(field, old, new)):
            yield Change((*place, *field.path), new)


def is_same(field: Field, one: object, other: object) -> bool:
    """Whether two values of a field mean the same, however they are written."""
    return inputs_of(field, one) == inputs_of(field, other)


def value_at(source: object, path: Sequence[str], default: object = None) -> object:
    """The value of a model or a mapping at a path."""
    for key in path:
        source = source.get(key, default) if isinstance(source, Mapping) else getattr(source, key, default)
    return source


def written_span(span: timedelta) -> str:
    """7 days; 90 minutes; 45 seconds."""
    for unit, name in UNITS:
        if span >= unit and span % unit == timedelta():
            count = span // unit
            return f"{count} {name}{'s' if count != 1 else ''}"
    return f"{int(span.total_seconds())} seconds"


# Shown.


def inputs_of(field: Field, value: Any) -> dict[str, list[str]]:
    """The texts of a field's inputs."""
    if field.kind == "rows":
        rows = list(value.items() if isinstance(value, Mapping) else value or ())
        return {
            field.input(column): [_text(column, _cell(column, row, index)) for row in rows]
            for index, column in enumerate(field.columns)
        }
    if field.kind == "group":
        return {field.input(column): [_text(column, (value or {}).get(column.name))] for column in field.columns}
    if field.kind == "choices":
        return {field.name: sorted(_plain(each) for each in value or ())}
    if field.kind == "switch":
        return {field.name: [TICKED] if bool(value) != field.inverted else []}
    return {field.name: [_text(field, value)]}


def _cell(column: Field, row: object, index: int) -> object:
    """One column of a row: of a pair, of a section with keys, or of a single value."""
    if isinstance(row, tuple):
        return row[index]
    return row.get(column.name) if isinstance(row, Mapping) else row


def _text(field: Field, value: object) -> str:
    if value is None:
        return ""
    if field.kind in ("hours", "span"):
        with suppress(ValueError):
            return hours_in_words(value) if field.kind == "hours" else written_span(parse_span(value))
    if isinstance(value, list | tuple | set | frozenset):
        return JOINED.get(field.kind, ", ").join(_text(field, each) for each in value)
    if field.kind in ("phone", "phones"):
        return phone(_plain(value))
    if field.kind == "share" and isinstance(value, int | float | Decimal):
        return f"{value * 100:.0f}"
    return _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value.value if isinstance(value, Enum) else value)


# Read.


def _is_left_out(field: Field, value: object) -> bool:
    if field.kind not in ("switch", "choices") and value in ("", [], {}):
        return not (field.required and field.kind == "group")
    return not field.required and is_same(field, value, field.default)


def _read(field: Field, values: Values, country: str) -> Any:
    if field.kind == "rows":
        return _rows(field, values, country)
    if field.kind == "group":
        texts = {column.name: _single(column, last(values, field.input(column)), country) for column in field.columns}
        return {key: text for key, text in texts.items() if text not in ("", [])}
    if field.kind == "choices":
        return [text for each in values.get(field.name, ()) if (text := field.clean(each.strip()))]
    if field.kind == "switch":
        return bool(last(values, field.name)) != field.inverted
    return _single(field, last(values, field.name), country)


def last(values: Values, name: str) -> str:
    """The only or last text of an input, without blanks around it."""
    return (values.get(name) or [""])[-1].replace("\r\n", "\n").strip()


def _single(field: Field, text: str, country: str) -> object:
    if field.kind in BETWEEN:
        items = [each.strip() for each in re.split(BETWEEN[field.kind], text) if each.strip()]
        found = [_number_of(each, country) if field.kind == "phones" else field.clean(each) for each in items]
        if field.kind == "hours":
            return read_hours(found[0]) if len(found) == 1 else list(map(read_hours, found))
        return list(dict.fromkeys(found))
    text = field.clean(text)
    if field.kind == "phone" and text:
        return _number_of(text, country)
    if field.kind == "number":
        whole, part = r"0|-?[1-9][0-9]{0,17}", r"-?[0-9]{1,12}\.[0-9]{1,9}"
        return int(text) if re.fullmatch(whole, text) else float(text) if re.fullmatch(part, text) else text
    if field.kind == "share" and re.fullmatch(r"[0-9]{1,3}", text):
        return Decimal(text) / 100
    if field.kind == "yes_no":
        return {"true": True, "false": False}.get(text, text)
    return text


def _number_of(text: str, country: str) -> str:
    return phone_number(text) or phone_number(text, country) or text


# Rows.


def rows_of(field: Field, values: Values) -> list[dict[str, str]]:
    """The rows that a form holds, each with all columns."""
    columns = {column.name: values.get(field.input(column), ()) for column in field.columns}
    count = min(MAX_ROWS, max(map(len, columns.values()), default=0))
    return [
        {name: cells[index].strip() if index < len(cells) else "" for name, cells in columns.items()}
        for index in range(count)
    ]


def _rows(field: Field, values: Values, country: str) -> Any:
    rows = []
    of_sections = len(field.columns) > 1 and not field.is_mapping
    for cells in rows_of(field, values):
        row = {column.name: _single(column, cells[column.name], country) for column in field.columns}
        typed = (value for column in field.columns if column.kind != "choice" for value in [row[column.name]])
        if of_sections or any(value not in ("", []) for value in typed):
            rows.append(row)
    if of_sections:
        return [{name: value for name, value in row.items() if value != ""} for row in rows]
    if not field.is_mapping:
        return [row[field.columns[0].name] for row in rows]
    key, second = field.columns
    keys = [row[key.name] for row in rows]
    twice = next((each for each in keys if keys.count(each) > 1), None)
    if twice is not None:
        raise CannotDo(f"{twice} is there twice; keep one of the two.", field=field.name)
    return {row[key.name]: second.default if row[second.name] == "" else row[second.name] for row in rows}
