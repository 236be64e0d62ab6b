"""Tombstones: erasures are recorded in the database and in a journal outside of it, so that restoring a backup does
not bring erased data back."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, col, select

from hub.config.models import HubSection
from hub.errors import ConfigError
from hub.model import Restoration, Tombstone
from hub.platform.private_files import open_private
from hub.store.dialects import database_file
from hub.store.rows import write_rows

FILE_ENDING = ".tombstones"
BEGINS = "begins"
"""The key of a first line that names all tombstones of the database as it was then."""


@dataclass(frozen=True)
class ErasedRows:
    """The ids of destroyed keys, and the keyed hashes of erased rows (`hub.store.encryption.vault.Vault.row_mark`)."""

    keys: frozenset[str] = frozenset()
    rows: frozenset[str] = frozenset()

    def __or__(self, other: ErasedRows) -> ErasedRows:
        return ErasedRows(self.keys | other.keys, self.rows | other.rows)

    def __sub__(self, other: ErasedRows) -> ErasedRows:
        return ErasedRows(self.keys - other.keys, self.rows - other.rows)

    def __bool__(self) -> bool:
        return bool(self.keys or self.rows)


def journal_of(settings: HubSection) -> Path | None:
    """The path of the journal: `hub: tombstones:`, or beside a database file; None if there is neither."""
    if settings.tombstones is not None:
        return Path(settings.tombstones)
    file = database_file(settings.database)
    return file.with_suffix(FILE_ENDING) if file else None


def begin_journal(session: Session, journal: Path, at: datetime) -> None:
    """Begin a journal that does not exist yet, with all tombstones of the database. A hub that erased no one has none;
    from now on it says so, and a restore needs no one's word for it."""
    if not journal.exists():
        _append(journal, in_database(session), at, begins=True)


def begins_after(journal: Path, moment: datetime) -> bool:
    """Whether a journal was begun after a moment, so that it may lack erasures since then."""
    with journal.open(encoding="ascii") as lines:
        first = json.loads(next(lines, "{}"))
    return BEGINS in first and datetime.fromisoformat(first["at"]) > moment


def write_tombstones(session: Session, journal: Path | None, tombstoned: ErasedRows, at: datetime) -> None:
    """Write tombstones within `session`, and to the journal immediately. If the transaction fails afterwards, the
    journal lists too much; at worst a restore then deletes data whose erasure was requested."""
    if journal is not None:
        _append(journal, tombstoned, at)
    rows = [Tombstone(mark=mark, kind="key", at=at) for mark in sorted(tombstoned.keys)]
    rows += [Tombstone(mark=mark, kind="row", at=at) for mark in sorted(tombstoned.rows)]
    write_rows(session, Tombstone, rows)


def read_journal(journal: Path) -> ErasedRows:
    """All entries of a journal. ConfigError if it cannot be read or has an incomplete line."""
    try:
        with journal.open(encoding="ascii") as lines:
            read = [json.loads(line) for line in lines]
        return ErasedRows(
            frozenset(key for line in read for key in line["keys"]),
            frozenset(row for line in read for row in line["rows"]),
        )
    except OSError as error:
        raise ConfigError(f"{journal} cannot be read ({error.strerror}); it says who was erased.") from None
    except (ValueError, KeyError, TypeError):
        raise ConfigError(f"{journal} contains an incomplete line; fix or restore the file first.") from None


def refuse_unfinished(session: Session) -> None:
    """ConfigError if a restore into this database has not finished: it may still contain erased people."""
    if session.exec(select(Restoration.id).where(col(Restoration.finished_at).is_(None))).first() is not None:
        raise ConfigError(
            "A restore into this database was interrupted, so erased people may be in it; delete it, or name a new, empty one "
            "as hub.database, and restore again."
        )


def in_database(session: Session) -> ErasedRows:
    """All tombstones of the database."""
    marks = {
        kind: frozenset(session.exec(select(Tombstone.mark).where(col(Tombstone.kind) == kind)))
        for kind in ("key", "row")
    }
    return ErasedRows(marks["key"], marks["row"])


def _append(journal: Path, tombstoned: ErasedRows, at: datetime, *, begins: bool = False) -> None:
    said = {"at": at.isoformat(), "keys": sorted(tombstoned.keys), "rows": sorted(tombstoned.rows)}
    line = json.dumps({**said, **({BEGINS: True} if begins else {})}) + "\n"
    try:
        descriptor = open_private(journal, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(descriptor, line.encode("ascii"))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise ConfigError(
            f"{journal} cannot be written ({error.strerror}), so it cannot say who is erased, and nothing was done; "
            "allow the hub's user to write there."
        ) from None
