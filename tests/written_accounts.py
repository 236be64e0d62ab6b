"""The accounts of test hubs: what one hub has written to an empty SQLite file, the next ones get as a copy of that file."""

from __future__ import annotations

import sqlite3
from collections.abc import Hashable
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url

from hub.numbers.directory import Directory

MAX_KEPT = 20
"""Files of a megabyte that a test process keeps: tests with the same accounts run one after another."""
_empty: dict[str, tuple[int, int]] = {}
"""The path of an empty database → size and time of its file."""
_kept: dict[Hashable, tuple[bytes, Directory | None]] = {}
"""What is written → the file with it and the directory of it; empty if it was written one time: then nobody may need it
again."""


def note_empty(file: Path) -> None:
    """The SQLite file is migrated and empty, until somebody writes to it."""
    _empty[str(file)] = _state(file)


def take(address: str) -> bool:
    """Whether the database is still empty, and nobody has it open. The next one who asks hears that it is not."""
    file = _file(address)
    known = _empty.pop(str(file), None)
    return known is not None and known == _state(file) and not file.with_name(f"{file.name}-wal").exists()


def copy(address: str, written: Hashable) -> Directory | None:
    """Put what is `written` by a hub into an empty database; returns the directory of it, None if no file has it.

    `written` is all that the rows depend on: the accounts, the connectors that serve them, and the time.
    """
    known, directory = _kept.get(written, (b"", None))
    if not known:
        return None
    _kept[written] = _kept.pop(written)  # used last
    with _file(address).open("r+b") as file:
        file.write(known)
    return directory


def keep(address: str, written: Hashable, directory: Directory) -> None:
    """Keep what is `written` in a database that was empty before, if others may need it."""
    if written not in _kept:
        _kept[written] = b"", None
        return
    with closing(sqlite3.connect(_file(address))) as connection:
        _kept[written] = connection.serialize(), directory
    for each in [each for each, (there, _) in _kept.items() if there][:-MAX_KEPT]:
        del _kept[each]


def _state(file: Path) -> tuple[int, int]:
    known = file.stat()
    return known.st_size, known.st_mtime_ns


def _file(address: str) -> Path:
    database = make_url(address).database
    assert database is not None
    return Path(database)
