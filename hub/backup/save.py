"""Write a backup of all data from one consistent snapshot while the hub keeps running, and a separate backup of the
keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, select
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from hub.backup.archive import ArchiveWriter
from hub.backup.key_assignment import Owners, personal_columns, table_named
from hub.backup.values import to_json
from hub.model import ArchiveFile, PersonKey, Recording, every_table
from hub.model.keys import OF_BACKUPS
from hub.model.states import InboxState
from hub.runtime import Hub
from hub.store.encryption.vault import HOLDERS, nobodys_holder
from hub.store.schema import revisions
from hub.store.tombstones import begin_journal, in_database, journal_of, read_journal

ROWS_PER_FETCH = 500
DATA, KEYS = "data", "keys"
KEY_BACKUP_LIFETIME = timedelta(days=35)
"""How long a backup of keys can be restored. After that time a destroyed key exists nowhere."""
LEFT_OUT = frozenset(
    {
        *("connecting", "directory_change", "person_key", "tombstone", "restoration", "sync_slot", "recording_peaks"),
        "vendor_recording",
    }
)
"""Keys and tombstones have a backup of their own; the scheduler writes due slots again, and waveforms are computed again.
A sign-in that is under way belongs to one browser; what changed last is for running processes. The key of a recording of
`hub record` ends with it."""
Progress = Callable[[str, int, int], None]
"""Called after each chunk: table, rows written so far, rows in all."""


def save(hub: Hub, file: Path, *, recordings: bool = True, progress: Progress = lambda *_: None) -> dict[str, Any]:
    """Write a backup; returns its manifest. Memory holds one chunk of rows or one recording at a time.

    Personal columns are encrypted with the key of their person, or with one of the backup's own keys if the person is
    unknown (`hub.store.encryption.vault.nobodys_holder`). Data that is already encrypted is copied as it is.
    """
    end_backup_keys(hub)
    with hub.store.writing() as session:
        hub.vault.row_mark(session, "", "")  # makes the key that hashes names if there is none yet
        if (journal := journal_of(hub.config.hub)) is not None:
            begin_journal(session, journal, hub.clock())
    with ArchiveWriter(file, hub.keyring, DATA, hub.disk.kept_free) as archive, hub.store.snapshot() as session:
        tables = [table for table in every_table().sorted_tables if table.name not in LEFT_OUT]
        for table in tables:
            _save_table(hub, session, archive, table, progress)
        _save_files(hub, archive, "archived calls", session.scalars(select(col(ArchiveFile.path))).all(), progress)
        if recordings:
            stored = select(col(Recording.path)).where(col(Recording.path).is_not(None)).order_by(col(Recording.id))
            _save_files(hub, archive, "recordings", session.scalars(stored).all(), progress)
        return archive.finish(
            {
                "made_at": hub.clock().isoformat(),
                "schema": revisions()[-1],
                "database": hub.store.url.get_backend_name(),
                "recordings": recordings,
                "holders": _holders_row(hub),
            }
        )


def save_keys(hub: Hub, file: Path) -> dict[str, Any]:
    """Write a backup of people's keys and all tombstones; returns its manifest.

    It can be restored for `KEY_BACKUP_LIFETIME`.
    """
    end_backup_keys(hub)
    journal = journal_of(hub.config.hub)
    with ArchiveWriter(file, hub.keyring, KEYS) as archive, hub.store.snapshot() as session:
        table = table_named("person_key")
        for rows in _chunks(session, table):
            archive.rows("person_key", [_plain(row) for row in rows])
        tombstoned = in_database(session)
        if journal is not None and journal.exists():
            tombstoned |= read_journal(journal)
        marks = [
            *(["key", each] for each in sorted(tombstoned.keys)),
            *(["row", each] for each in sorted(tombstoned.rows)),
        ]
        for start in range(0, len(marks), ROWS_PER_FETCH):
            archive.rows("tombstone", marks[start : start + ROWS_PER_FETCH])
        made_at = hub.clock()
        until = (made_at + KEY_BACKUP_LIFETIME).isoformat()
        return archive.finish({"made_at": made_at.isoformat(), "until": until, "schema": revisions()[-1]})


def end_backup_keys(hub: Hub) -> int:
    """Destroy the keys of backups that are older than the maximum age of a backup of keys; returns how many."""
    with hub.store.writing() as session:
        old = select_rows(PersonKey.id).where(OF_BACKUPS, col(PersonKey.made_at) <= hub.clock() - KEY_BACKUP_LIFETIME)
        return len(hub.vault.destroy_keys(session, (), session.exec(old).all()))


def place_in(table: str, key: Sequence[object]) -> str:
    """The place that the encrypted columns of a row are bound to."""
    return f"backup/{table}/{json.dumps(list(key), default=str)}"


def key_of(table: Table, row: Mapping[Any, Any]) -> list[Any]:
    """A row's primary key as JSON values."""
    return [to_json(row[column.name]) for column in table.primary_key.columns]


def _save_table(hub: Hub, session: Session, archive: ArchiveWriter, table: Table, progress: Progress) -> None:
    total = session.execute(select(func.count()).select_from(table)).scalar_one()
    owners, done = Owners(session), 0
    for rows in _chunks(session, table):
        written = [_plain(row) for row in rows]
        if personal_columns(table):
            _seal(hub, archive.id, table, owners, rows, written)
        archive.rows(table.name, written)
        done += len(rows)
        progress(table.name, done, total)


def _seal(
    hub: Hub,
    backup_id: str,
    table: Table,
    owners: Owners,
    rows: Sequence[Mapping[Any, Any]],
    written: Sequence[dict[str, object]],
) -> None:
    """Replace the personal columns of each row by one encrypted text, `~`, without the empty columns."""
    found = owners.of(table, rows)
    with hub.store.reading() as asking:
        holders = [
            hub.vault.holder(asking, *owner)
            if owner
            else nobodys_holder(backup_id, row.get("visit_id") or "/".join(map(str, key_of(table, row))))
            for owner, row in zip(found, rows, strict=True)
        ]
    parts, personal = [], personal_columns(table)
    for row, plain in zip(rows, written, strict=True):
        taken = {name: plain.pop(name) for name in personal}
        # The row of a processed webhook is kept forever, but nothing needs its raw content.
        done_with = table.name == "inbox" and row["state"] == InboxState.DONE
        parts.append({} if done_with else {name: each for name, each in taken.items() if each not in (None, {}, [])})
    wanted = {holder for holder, part in zip(holders, parts, strict=True) if part}
    if not wanted:
        return
    with hub.store.reading() as asking:
        sealers = hub.vault.sealers(asking, wanted, make=False)
    if wanted > sealers.keys():
        with hub.store.writing() as session:
            sealers |= hub.vault.sealers(session, wanted - sealers.keys())
    for row, plain, part, holder in zip(rows, written, parts, holders, strict=True):
        if part:
            text = json.dumps(part, ensure_ascii=False).encode("utf-8", "surrogatepass")
            plain["~"] = to_json(sealers[holder](text, place_in(table.name, key_of(table, row))))


def _save_files(hub: Hub, archive: ArchiveWriter, what: str, paths: Sequence[Any], progress: Progress) -> None:
    for done, path in enumerate(paths, start=1):
        data = hub.blob_store.read(path)
        if data is not None:  # one that ended while this backup was made
            archive.file(path, data)
        progress(what, done, len(paths))


def _chunks(session: Session, table: Table) -> Iterator[Sequence[Mapping[Any, Any]]]:
    found = session.execute(select(table), execution_options={"yield_per": ROWS_PER_FETCH})
    yield from found.mappings().partitions()


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: to_json(value) for name, value in row.items()}


def _holders_row(hub: Hub) -> dict[str, object] | None:
    """The wrapped key that hashes names: without it the suppression list would match no one."""
    with hub.store.reading() as session:
        row = session.exec(select_rows(PersonKey).where(PersonKey.holder == HOLDERS)).first()
        return _plain(row.model_dump()) if row else None
