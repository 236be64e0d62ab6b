"""Calls as a Parquet file: a row for each call, and in it a list of rows for each table whose rows hang on the call.

It needs the optional extra `archive`, so this module is imported by name when it is needed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import pyarrow
from pyarrow import parquet
from sqlalchemy import JSON, Boolean, Column, DateTime, Float, Integer, LargeBinary, Numeric

from hub.model.columns import UTCTime

Columns = Mapping[str, Sequence[Column[Any]]]
"""Table → its columns that a file has; the first table is that of calls."""
Row = dict[str, Any]


def write_calls(calls: Sequence[Row], columns: Columns) -> bytes:
    """The file. Each call has its columns, and under each other table's name the list of its rows there."""
    (_, own), *hanging = columns.items()
    lists = [pyarrow.field(name, pyarrow.list_(pyarrow.struct(_fields(theirs)))) for name, theirs in hanging]
    table = pyarrow.Table.from_pylist(list(calls), schema=pyarrow.schema([*_fields(own), *lists]))
    stream = BytesIO()
    # A small company has few calls a month, and these options are most of such a file.
    few: dict[str, Any] = {"store_schema": False, "write_statistics": False, "use_dictionary": False}
    parquet.write_table(table, stream, compression="zstd", **few)
    return stream.getvalue()


def read_calls(data: bytes) -> list[Row]:
    """The calls in a file, as they were given to `write_calls`."""
    found: list[Row] = parquet.read_table(BytesIO(data), use_threads=False).to_pylist()
    return found


def plain(column: Column[Any], value: Any) -> Any:
    """A column's value as a file has it: documents are JSON."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False) if isinstance(column.type, JSON) else value


def _fields(columns: Sequence[Column[Any]]) -> list[Any]:
    return [pyarrow.field(column.name, _type(column.type)) for column in columns]


def _type(kind: Any) -> Any:
    match kind:
        case UTCTime() | DateTime():
            return pyarrow.timestamp("us", tz="UTC")
        case Float():
            return pyarrow.float64()
        case Numeric():
            return pyarrow.decimal128(kind.precision, kind.scale)
        case Boolean():
            return pyarrow.bool_()
        case Integer():
            return pyarrow.int64()
        case LargeBinary():
            return pyarrow.binary()
        case _:
            return pyarrow.string()
