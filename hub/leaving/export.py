"""Writes everything of one company, decrypted: CSV files, recordings, transcripts, pictures, and a manifest with hashes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from itertools import chain
from typing import Any

from sqlmodel import Session, col, select

from hub.backup.old_calls import archive_files
from hub.leaving.archive import Archive, HashedFile, described
from hub.leaving.export_tables import ExportTable, export_tables
from hub.model import Call, Company, CompanyEnd, Recording, TextMedia, TextMessage
from hub.queries.privacy.company_end import current_end
from hub.recordings.listen import hear
from hub.recordings.transcripts import read_transcript
from hub.runtime import Hub
from hub.store import audit
from hub.texts.bodies import open_file

ROWS_PER_BATCH = 500
FILES_PER_BATCH = 20
FORMAT = "ringfence export of a company 1"
MANIFEST = "manifest.json"
Line = Mapping[str, Any]


def export_company(hub: Hub, company: Company, archive: Archive, actor: str) -> Iterator[Line]:
    """Write the export, and yield each file's line of the manifest when the file is written. Nothing is kept in memory but a
    batch of rows, or one recording. Who opens each recording and transcript is in the audit trail before it is written."""
    lines: list[Line] = []
    with hub.store.writing() as session:
        audit.note(session, hub.clock(), actor, "company.export", company.id)
    for table in export_tables(company.id):
        lines.append(_csv(hub, table, archive))
        yield lines[-1]
    unreadable: list[str] = []
    files = (
        _recordings(hub, company, archive, actor, unreadable),
        _pictures(hub, company, archive, unreadable),
        _archived(hub, company, archive, unreadable),
    )
    for line in chain(*files):
        lines.append(line)
        yield line
    manifest = {
        "format": FORMAT,
        "company": company.title,
        "name": company.name,
        "made_at": hub.clock().isoformat(),
        "made_by": actor,
        "files": lines,
        "not_readable": unreadable,
    }
    with archive.open(MANIFEST) as stream:
        written = HashedFile(stream)
        written.write(json.dumps(manifest, indent=2, ensure_ascii=False).encode())
    _note_export(hub, company, actor, len(lines), written.sha256)
    yield described(MANIFEST, written)


def _note_export(hub: Hub, company: Company, actor: str, files: int, sha256: str) -> None:
    """Keep the hash of the manifest with the end of the company, if it was requested, and in the audit trail."""
    now = hub.clock()
    with hub.store.writing() as session:
        end = current_end(session, company.id)
        if end is not None:
            row = session.exec(select(CompanyEnd).where(CompanyEnd.id == end.id).with_for_update()).one()
            row.exported = {"at": now.isoformat(), "by": actor, "files": files, "manifest_sha256": sha256}
            session.add(row)
        audit.note(session, now, actor, "company.exported", company.id, f"{files} files, manifest sha256:{sha256}")


def _csv(hub: Hub, table: ExportTable, archive: Archive) -> Line:
    name, count, columns = f"{table.name}.csv", 0, table.columns
    with archive.open(name) as stream:
        written = HashedFile(stream)
        written.write(b"\xef\xbb\xbf")
        written.write_rows([columns])
        with hub.store.reading() as session:
            for rows in _batches(session, table):
                opened = table.opener(hub, session, rows)
                written.write_rows(_cells(row, columns, opened) for row in rows)
                count += len(rows)
                for row in rows:  # expunge_all would end the query that is still being read
                    session.expunge(row)
    return described(name, written, rows=count)


def _batches(session: Session, table: ExportTable) -> Iterator[Sequence[Any]]:
    key = table.table.__table__.primary_key
    query = select(table.table).where(table.where).order_by(*key)
    yield from session.scalars(query.execution_options(yield_per=ROWS_PER_BATCH)).partitions()


def _cells(row: object, columns: Sequence[str], opened: Mapping[str, Mapping[str, object]]) -> list[Any]:
    plain = opened.get(getattr(row, "id", ""), {})
    return [_cell(plain[name] if name in plain else getattr(row, name, None)) for name in columns]


def _cell(value: object) -> object:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else value


def _recordings(hub: Hub, company: Company, archive: Archive, actor: str, unreadable: list[str]) -> Iterator[Line]:
    """The audio and the transcripts, as files of their own."""
    of_company = select(Recording.id).join(Call).where(Call.company_id == company.id)
    for ids in _id_batches(hub, of_company, Recording.id):
        _note_opening(hub, actor, ids)
        for recording_id in ids:
            with hub.store.reading() as session:
                heard, transcript = hear(hub, session, recording_id), read_transcript(hub, session, recording_id)
            if heard is not None and heard.audio is not None:
                kind = (heard.row.content_type or "audio/wav").rpartition("/")[2].removeprefix("x-")
                yield _file(archive, f"recordings/{recording_id}.{kind}", heard.audio)
            elif heard is not None and heard.row.stored_at is not None:
                unreadable.append(f"recording {recording_id}: {heard.why}")
            if transcript is not None and transcript.parts is not None:
                words = "\n".join(f"{part.channel}: {part.text}" for part in transcript.parts if part.text)
                yield _file(archive, f"transcripts/{recording_id}.txt", words.encode())


def _pictures(hub: Hub, company: Company, archive: Archive, unreadable: list[str]) -> Iterator[Line]:
    """The pictures in texts."""
    of_company = select(TextMedia.id).join(TextMessage).where(TextMessage.company_id == company.id)
    for ids in _id_batches(hub, of_company, TextMedia.id):
        for media_id in ids:
            with hub.store.reading() as session:
                row = session.get_one(TextMedia, media_id)
                stored, data = row.data is not None, open_file(hub.vault, session, row)
            if data is not None:
                yield _file(archive, f"pictures/{media_id}", data)
            elif stored:
                unreadable.append(f"picture {media_id}: its key was destroyed")


def _archived(hub: Hub, company: Company, archive: Archive, unreadable: list[str]) -> Iterator[Line]:
    """The Parquet files of calls that are no longer in the database."""
    with hub.store.reading() as session:
        paths = [file.path for file in archive_files(session, company.id)]
    for path in paths:
        if (data := hub.blob_store.read(path)) is None:
            unreadable.append(f"{path}: it is not in the storage")
        else:
            yield _file(archive, path.replace("/", "-"), data)


def _id_batches(hub: Hub, query: Any, key: Any) -> Iterator[list[str]]:
    last = ""
    while True:
        with hub.store.reading() as session:
            ids = list(session.exec(query.where(col(key) > last).order_by(col(key)).limit(FILES_PER_BATCH)))
        if not ids:
            return
        yield ids
        last = ids[-1]


def _note_opening(hub: Hub, actor: str, ids: Sequence[str]) -> None:
    with hub.store.writing() as session:
        for each in ids:
            audit.note(session, hub.clock(), actor, "recording.export", each, "with the export of the company")


def _file(archive: Archive, name: str, data: bytes) -> Line:
    with archive.open(name) as stream:
        written = HashedFile(stream)
        written.write(data)
    return described(name, written)
