"""Restore a backup into an empty database; erased data stays erased."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Table, func, insert, select, update
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from hub.backup.archive import ArchiveReader
from hub.backup.key_assignment import personal_columns
from hub.backup.save import DATA, KEYS, Progress, key_of, place_in
from hub.backup.values import from_json
from hub.errors import ConfigError
from hub.model import JournalEnd, PersonKey, RecordingNotice, Restoration, every_table
from hub.model.columns import new_id
from hub.privacy.erasure import replay_tombstones
from hub.reports.rollups import ROLL_UPS, roll_up
from hub.runtime import Hub
from hub.store.encryption.vault import HOLDERS
from hub.store.journal import touch
from hub.store.journal.ends_file import note_restored
from hub.store.rows import write_rows
from hub.store.schema import refusal, revisions, upgrade
from hub.store.tombstones import ErasedRows, begins_after, journal_of, read_journal, refuse_unfinished, write_tombstones
from hub.store.vacuum import scrub


class NotRestored(ConfigError):
    """A backup cannot be restored; nothing was written."""


def restore(
    hub: Hub,
    file: Path,
    keys: Path | None,
    journal: Path | None = None,
    *,
    without_journal: bool = False,
    progress: Progress = lambda *_: None,
) -> Restoration:
    """Restore a backup and, if given, its keys. Returns the row of `restoration` and the emptied rows.

    Tombstones are read from the backup of keys and from `journal` (None: the hub's own journal). NotRestored if the database
    is not empty, the backup of keys is too old, or no record says who was erased since the backup. The hub refuses to open
    the database until the restore has finished. After an interrupted restore, start again in a new database.
    """
    data = ArchiveReader(file, hub.keyring, DATA)
    key_file = ArchiveReader(keys, hub.keyring, KEYS) if keys else None
    _refuse_unfit(hub, data, key_file)
    made_at = datetime.fromisoformat(data.manifest["made_at"])
    tombstoned = _tombstoned(key_file, journal or journal_of(hub.config.hub), None if without_journal else made_at)
    data.check()
    upgrade(hub.store)
    _refuse_full(hub)
    now = hub.clock()
    note = Restoration(id=new_id(), backup_id=data.id, backup_made_at=made_at, begun_at=now)
    with hub.store.writing() as session:
        session.add(note)
    _restore_keys(hub, data, key_file, tombstoned, now)
    emptied: Counter[str] = Counter()
    for table in every_table().sorted_tables:
        _restore_table(hub, data, table, tombstoned, emptied, progress)
    for path, audio in data.files():
        if audio[:36].decode("ascii", "replace") not in tombstoned.keys:
            hub.blob_store.write(path, audio)
    with hub.store.writing() as session:
        for name, count in replay_tombstones(session, hub.vault, tombstoned.rows, now).items():
            emptied[name] = max(emptied[name], count)
        write_tombstones(session, None, tombstoned, now)
        touch(session, RecordingNotice, col(RecordingNotice.salt).is_(None))  # those of erased people
        _keep_journal(hub, session, tombstoned, now)
    _add_up_again(hub, emptied)
    _note_ends(hub, data.id)
    with hub.store.writing() as session:
        finished = {"finished_at": hub.clock(), "emptied": dict(emptied)}
        session.execute(update(Restoration).where(col(Restoration.id) == note.id).values(**finished))
    scrub(hub.store, sorted({*emptied, *ROLL_UPS}))
    for archive in (data, key_file):
        if archive is not None:
            archive.close()
    return note.model_copy(update=finished)


def _note_ends(hub: Hub, backup_id: str) -> None:
    """Note outside the database where the restored chains end, so that what the journal lacks now is explained."""
    with hub.store.reading() as session:
        ends = {end.chain: (end.position, end.hash) for end in session.exec(select_rows(JournalEnd))}
    note_restored(hub.store.ends_file, hub.keyring, hub.clock(), ends, backup_id)


def _add_up_again(hub: Hub, emptied: Counter[str]) -> None:
    """Recompute the daily totals for the days of erased people: the totals in the backup contain their pages and
    keywords."""
    while emptied and roll_up(hub.store):
        pass


def _tombstoned(key_file: ArchiveReader | None, journal: Path | None, since: datetime | None) -> ErasedRows:
    """Of the journal and the keys; the journal must be there and hold all erasures since that moment, unless it is None."""
    tombstoned = ErasedRows()
    if journal is not None and journal.exists():
        tombstoned |= read_journal(journal)
        if since is not None and begins_after(journal, since):
            raise NotRestored(
                f"The journal {journal} was begun after the backup was made, so it is unknown who was erased between; name an "
                "older one with --tombstones, or use --without-tombstones if nobody was."
            )
    elif since is not None:
        raise NotRestored(
            "There is no journal of tombstones, so it is unknown who was erased since the backup; name it with --tombstones, "
            "or use --without-tombstones if nobody was."
        )
    if key_file is not None:
        key_file.check()
        marks = [mark for chunk in key_file.rows("tombstone") for mark in chunk]
        tombstoned |= ErasedRows(
            frozenset(mark for kind, mark in marks if kind == "key"),
            frozenset(mark for kind, mark in marks if kind == "row"),
        )
    return tombstoned


def _keep_journal(hub: Hub, session: Session, tombstoned: ErasedRows, now: datetime) -> None:
    """Add the missing tombstones to the hub's own journal."""
    journal = journal_of(hub.config.hub)
    if journal is not None:
        unknown = tombstoned - (read_journal(journal) if journal.exists() else ErasedRows())
        if unknown:
            write_tombstones(session, journal, unknown, now)


def _refuse_unfit(hub: Hub, data: ArchiveReader, key_file: ArchiveReader | None) -> None:
    for schema in [archive.manifest["schema"] for archive in (data, key_file) if archive is not None]:
        if reason := refusal(schema):
            raise NotRestored(f"The backup {reason}.")
        if schema != revisions()[-1]:
            raise NotRestored(
                f"The backup is of schema {schema}, this hub of {revisions()[-1]}; restore it with the version that made it, "
                "then update the hub."
            )
    if key_file is not None and hub.clock() > datetime.fromisoformat(key_file.manifest["until"]):
        raise NotRestored(
            f"The backup of keys could be restored until {key_file.manifest['until'][:10]}; use a newer one, or restore "
            "without keys, which leaves out everything that only they could open."
        )


def _refuse_full(hub: Hub) -> None:
    with hub.store.reading() as session:
        refuse_unfinished(session)
        for table in every_table().sorted_tables:
            if session.execute(select(func.count()).select_from(table)).scalar_one():
                raise NotRestored(
                    f"The database is not empty ({table.name} has rows); point hub.database at a new one, then restore."
                )


def _restore_keys(
    hub: Hub, data: ArchiveReader, key_file: ArchiveReader | None, tombstoned: ErasedRows, now: datetime
) -> None:
    table = every_table().tables["person_key"]
    holders = data.manifest["holders"]
    for chunk in chain([[holders]] if holders else [], key_file.rows("person_key") if key_file is not None else []):
        rows = [_typed(table, row) for row in chunk]
        for row in rows:
            if row["id"] in tombstoned.keys and row["holder"] != HOLDERS:
                row |= {"wrapped": None, "key_id": "", "destroyed_at": row["destroyed_at"] or now}
        with hub.store.writing() as session:
            write_rows(session, PersonKey, rows)


def _restore_table(
    hub: Hub, data: ArchiveReader, table: Table, tombstoned: ErasedRows, emptied: Counter[str], progress: Progress
) -> None:
    count = data.manifest["tables"].get(table.name, {"rows": 0})["rows"]
    personal, done = personal_columns(table), 0
    for chunk in data.rows(table.name):
        rows = _opened(hub, table, personal, chunk, tombstoned, emptied)
        if rows:
            with hub.store.connected() as connection:
                connection.execute(insert(table), rows)
        done += len(rows)
        progress(table.name, done, count)


def _opened(
    hub: Hub,
    table: Table,
    personal: Sequence[str],
    chunk: Sequence[dict[str, Any]],
    tombstoned: ErasedRows,
    emptied: Counter[str],
) -> list[dict[str, Any]]:
    sealed = [base64.b64decode(row["~"]) if "~" in row else None for row in chunk]
    with hub.store.reading() as session:
        opener = hub.vault.opener(session, {hub.vault.key_id(each) for each in sealed if each}, lost=True)
    rows = []
    for row, each in zip(chunk, sealed, strict=True):
        empty: dict[str, object] = {name: _emptied(table.c[name]) for name in personal}
        if each is not None:
            plain = opener(each, place_in(table.name, key_of(table, row)))
            if plain is None:
                emptied[table.name] += 1
                if not all(_can_be_empty(table.c[name]) for name in personal):
                    continue
            else:
                empty |= json.loads(plain.decode("utf-8", "surrogatepass"))
        row.pop("~", None)
        rows.append(_typed(table, {**row, **empty}))
    return rows


def _typed(table: Table, row: Mapping[str, object]) -> dict[str, Any]:
    return {name: from_json(table.c[name], value) for name, value in row.items()}


def _can_be_empty(column: Column[object]) -> bool:
    """Whether a row without this column means anything. A tag without its name does not, and is left out."""
    return bool(column.nullable) or column.default is not None


def _emptied(column: Column[object]) -> object:
    """The value of a column that has no content: its default in the model, such as an empty list."""
    default: Any = column.default
    if column.nullable or default is None:
        return None
    return default.arg(None) if default.is_callable else default.arg
