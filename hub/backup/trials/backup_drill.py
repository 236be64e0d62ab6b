"""The backup drill: a backup is restored into a scratch database, compared with what it holds, and opened with the keys."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr
from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, SQLModel, col, select

from hub.backup.archive import ArchiveReader, NotWhole
from hub.backup.entries import FILES
from hub.backup.restore import restore
from hub.backup.save import DATA, KEYS, LEFT_OUT, Progress
from hub.backup.trials.scratch import refuse_full_disk, scratch
from hub.config.models import Config
from hub.config.readers.folders import data_folder
from hub.errors import CannotDo, ConfigError
from hub.model import (
    Call,
    DirtyDay,
    FactRow,
    FormSubmission,
    Note,
    Person,
    Recording,
    Restoration,
    SearchWord,
    TextMessage,
    TranscriptRow,
    every_table,
)
from hub.recordings.listen import hear
from hub.recordings.transcripts import read_transcript
from hub.reports.rollups import ROLL_UPS
from hub.runtime import Hub
from hub.startup.assembly import assemble
from hub.store.encryption.encrypted_fields import fields_of, names_of, notes_of, values_of
from hub.store.encryption.keyfile import key_file
from hub.store.encryption.keyring import Keyring
from hub.store.journal.verify import verify
from hub.store.tombstones import journal_of
from hub.texts.bodies import open_bodies

SAMPLES = 20
"""Rows of each kind that are opened, the newest."""
GROWTH = 12
"""How many times larger compressed rows are in a database, with its indexes."""
DERIVED = frozenset({*ROLL_UPS, DirtyDay.__tablename__, SearchWord.__tablename__})
"""Tables whose rows are made from others, so an erasure changes how many there are."""
Row = TypeVar("Row", bound=SQLModel)
PASSED, FAILED = "backup.drill", "backup.drill_failed"
"""The audit entries on a drill; the first one's age is a metric."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One table: rows in the backup, rows restored, and rows cleared or deleted because their person was erased."""

    table: str
    in_backup: int
    restored: int
    erased: int

    @property
    def is_same(self) -> bool:
        """Whether nothing is missing but what was erased since."""
        return self.in_backup - self.erased <= self.restored <= self.in_backup


@dataclass(frozen=True, kw_only=True)
class Opened:
    """Encrypted fields of one kind: how many were tried, opened, and cannot be opened because their key was destroyed."""

    kind: str
    tried: int
    opened: int
    problem: str = ""

    @property
    def is_right(self) -> bool:
        """Whether none was damaged, and not all were without a key."""
        return not self.problem and (self.opened > 0 or self.tried == 0)


@dataclass(frozen=True, kw_only=True)
class Drill:
    """The result of one drill."""

    file: Path
    backup_id: str
    made_at: datetime
    seconds: float
    tables: Sequence[Compared]
    opened: Sequence[Opened]
    journal: Mapping[str, str]
    """Chain → what is wrong with it, for those that are not sound."""

    @property
    def passed(self) -> bool:
        """Whether the backup can be relied on."""
        return (
            not self.journal and all(each.is_same for each in self.tables) and all(one.is_right for one in self.opened)
        )


def drill(
    hub: Hub,
    file: Path,
    keys: Path | None,
    *,
    folder: Path | None = None,
    database: str | None = None,
    seconds: Callable[[], float],
    progress: Progress = lambda *_: None,
) -> Drill:
    """Restore a backup and its keys into a scratch, check it, and delete the scratch. `file` and `keys` are files, or folders
    whose newest is taken; `seconds` is a monotonic clock. ConfigError if it cannot be restored at all."""
    data_file = newest(file, hub.keyring, DATA)
    key_file_ = newest(keys, hub.keyring, KEYS) if keys else None
    begun = seconds()
    parent = folder or data_folder(hub.config.hub, hub.config.file) or file.parent
    refuse_full_disk(parent, _size(data_file), hub.disk.kept_free)
    with scratch(hub.store, parent, database) as made, _scratch_hub(hub, made.database, made.folder) as copy:
        journal = journal_of(hub.config.hub)
        note = restore(copy, data_file, key_file_, journal, without_journal=True, progress=progress)
        manifest = _manifest(data_file, hub.keyring)
        reports = verify(copy.store, copy.keyring, hub.clock())
        with copy.store.reading() as session:
            tables = _compared(session, manifest["tables"], note)
            opened = _opened(copy, session, manifest["recordings"]) if key_file_ else []
        return Drill(
            file=data_file,
            backup_id=note.backup_id,
            made_at=note.backup_made_at,
            seconds=seconds() - begun,
            tables=tables,
            opened=opened,
            journal={chain: report.finding.reason for chain, report in reports.items() if report.finding},
        )


def newest(path: Path, keyring: Keyring, kind: str) -> Path:
    """The file itself, or the newest backup of this kind in a folder; CannotDo if there is none."""
    if not path.is_dir():
        return path
    found: list[tuple[str, Path]] = []
    for each in path.iterdir():
        if each.is_file() and not each.name.startswith(".") and zipfile.is_zipfile(each):
            try:
                reader = ArchiveReader(each, keyring, kind)
            except NotWhole:
                continue  # a backup of the other kind
            except ConfigError:
                continue  # made with another key
            found.append((str(reader.manifest["made_at"]), each))
            reader.close()
    if not found:
        raise CannotDo(f"There is no backup of {kind} in {path} that this hub's key opens; name the file.")
    return max(found)[1]


def _manifest(file: Path, keyring: Keyring) -> dict[str, Any]:
    reader = ArchiveReader(file, keyring, DATA)
    try:
        return reader.manifest
    finally:
        reader.close()


def _size(file: Path) -> int:
    """About how many bytes a restored backup takes. Audio is not compressed."""
    try:
        with zipfile.ZipFile(file) as archive:
            sizes = [(entry.filename, entry.file_size) for entry in archive.infolist()]
    except (OSError, zipfile.BadZipFile):
        return 0  # the restore says what is wrong with it
    return sum(size if name.startswith(f"{FILES}/") else size * GROWTH for name, size in sizes)


@contextmanager
def _scratch_hub(hub: Hub, database: str, folder: Path) -> Iterator[Hub]:
    """The hub on the scratch: its keys, and nothing else of it."""
    settings = hub.config.hub.model_copy(
        update={
            "database": database,
            "secret_keys": _keys(hub.config),
            "tombstones": str(folder / "tombstones"),
            "spool": str(folder / "spool"),
            "disk_reserve": 0,
        }
    )
    audio = hub.config.recordings.model_copy(update={"storage": str(folder / "recordings"), "options": {}})
    made = assemble(replace(hub.config, hub=settings, recordings=audio, connectors={}), hub.clock)
    try:
        yield made
    finally:
        made.close()


def _keys(config: Config) -> tuple[SecretStr, ...]:
    own = key_file(config.hub)
    return config.hub.secret_keys or ((SecretStr(own.read_text(encoding="ascii").strip()),) if own else ())


def _compared(session: Session, tables: Mapping[str, Mapping[str, Any]], note: Restoration) -> list[Compared]:
    found = []
    for table in every_table().sorted_tables:
        if table.name in LEFT_OUT or (note.emptied and table.name in DERIVED):
            continue  # without a backup, or made from what was erased
        found.append(
            Compared(
                table=table.name,
                in_backup=tables.get(table.name, {"rows": 0})["rows"],
                restored=session.execute(select_columns(func.count()).select_from(table)).scalar_one(),
                erased=note.emptied.get(table.name, 0),
            )
        )
    return found


def _opened(hub: Hub, session: Session, with_audio: bool) -> list[Opened]:
    """Samples of each kind of encrypted field; of audio only if it is in the backup."""
    vault = hub.vault
    texts = _newest(session, TextMessage, TextMessage.body)
    forms = _newest(session, FormSubmission, FormSubmission.sealed_fields)
    facts, notes = _newest(session, FactRow, FactRow.sealed), _newest(session, Note, Note.sealed)
    people, calls = _newest(session, Person, Person.sealed_name), _newest(session, Call, Call.sealed_name)
    written = _newest(session, TranscriptRow, TranscriptRow.sealed)
    heard = _newest(session, Recording, Recording.path) if with_audio else []
    return [
        _tried("names of people", people, lambda: len(names_of(vault, session, people))),
        _tried("names of callers", calls, lambda: len(names_of(vault, session, calls))),
        _tried("facts", facts, lambda: len(values_of(vault, session, facts))),
        _tried("texts", texts, lambda: len(open_bodies(vault, session, texts))),
        _tried("forms", forms, lambda: len(fields_of(vault, session, forms))),
        _tried("notes", notes, lambda: len(notes_of(vault, session, notes))),
        _tried(
            "transcripts",
            written,
            lambda: _count(read.parts for row in written if (read := read_transcript(hub, session, row.recording_id))),
        ),
        _tried(
            "recordings", heard,
            lambda: _count(one.audio for row in heard if (one := hear(hub, session, row.id, by_machine=True))),
        ),
    ]  # fmt: skip


def _newest(session: Session, table: type[Row], column: object) -> list[Row]:
    row: Any = table
    return list(session.exec(select(table).where(col(column).is_not(None)).order_by(row.id.desc()).limit(SAMPLES)))


def _tried(kind: str, rows: Sequence[object], count: Callable[[], int]) -> Opened:
    try:
        return Opened(kind=kind, tried=len(rows), opened=count())
    except ConfigError as error:
        return Opened(kind=kind, tried=len(rows), opened=0, problem=str(error))


def _count(values: Iterable[Any]) -> int:
    return sum(value is not None for value in values)
