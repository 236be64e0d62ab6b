"""The archive of old calls: whole months move into Parquet files that DuckDB reads, nothing personal is in them, and nothing is
lost or doubled if it stops halfway."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlmodel import select
from testbed import CALLER, SHARED, TestHub, make_config

from hub.backup.old_calls import MOVED, archive_files, archive_next, columns, is_whole
from hub.backup.restore import restore
from hub.backup.save import save
from hub.errors import RetryLater
from hub.leaving.rows import erase_rest
from hub.model import (
    ArchivedCall,
    ArchiveFile,
    Attempt,
    Call,
    CallEventRow,
    Company,
    CompanyEnd,
    ConversionRow,
    DayRollup,
    Delivery,
    Disclosure,
    HourRollup,
    MonthRollup,
    Note,
    YearRollup,
)
from hub.privacy.erasure.rows import erased_columns
from hub.privacy.retention import sweep
from hub.recordings.keep import end_expired
from hub.reports.dirty_days import Change, mark_company, mark_dirty
from hub.reports.rollups import roll_up
from hub.startup.assembly import assemble
from hub.store.blob_store import BlobStore

Factory = Callable[..., TestHub]
MONTH = timedelta(days=30)
OLD = timedelta(days=761 + 62)


@pytest.fixture
def stage(hub: Factory, tmp_path: Path) -> TestHub:
    return filled(hub(recordings={"storage": str(tmp_path)}))


def filled(made: TestHub) -> TestHub:
    """A hub with three old calls of one company and one of another, all delivered and added up."""
    for caller in (CALLER, "+13125550143", None):
        made.visit()
        made.call_in(SHARED, caller)
    made.call_in("+13135550120", CALLER)
    for connector, hook in sorted({(row.connector, row.hook) for row in made.rows(Delivery)}):
        made.deliver(connector, hook)
    add_up(made)
    return made


def add_up(stage: TestHub) -> None:
    while roll_up(stage.hub.store):
        pass


def grow_old(stage: TestHub) -> None:
    """Time passes, and retention ends what is over."""
    stage.clock.now += OLD
    add_up(stage)
    for _ in range(2):  # causes end before people
        sweep(stage.hub.store, stage.clock())
    end_expired(stage.hub)


def archive_all(stage: TestHub) -> int:
    return sum(iter(lambda: archive_next(stage.hub, MONTH), 0))


def in_files(folder: Path, question: str) -> list[tuple[Any, ...]]:
    """What DuckDB finds in all files."""
    return duckdb.sql(question.replace("FILES", f"read_parquet('{folder}/archive/*/*/*.parquet')")).fetchall()


def sums(stage: TestHub) -> list[list[Any]]:
    """What reports read."""
    return [sorted(map(repr, stage.rows(table))) for table in (HourRollup, DayRollup, MonthRollup, YearRollup)]


def test_duckdb_reads_every_call_with_what_hangs_on_it_and_the_database_no_longer_has_it(
    stage: TestHub, tmp_path: Path
) -> None:
    grow_old(stage)
    calls = {call.id: call for call in stage.rows(Call)}
    events = sorted((row.call_id, row.id, row.kind) for row in stage.rows(CallEventRow))
    sent = sorted((row.subject_id, row.key, row.amount) for row in stage.rows(ConversionRow))
    attempts = sorted((row.id, row.result) for row in stage.rows(Attempt))
    assert sent and attempts
    assert archive_all(stage) == 4
    assert not any(stage.rows(table) for table in MOVED)
    found = in_files(tmp_path, "SELECT id, company_id, started_at, duration, tracking_number, status FROM FILES")
    assert {row[0]: row[1:] for row in found} == {
        call.id: (call.company_id, call.started_at, call.duration, call.tracking_number, call.status)
        for call in calls.values()
    }
    told = "SELECT id, x.id, x.kind FROM (SELECT id, unnest(call_event) AS x FROM FILES)"
    assert sorted(in_files(tmp_path, told)) == events
    keys = "SELECT id, x.key, x.amount FROM (SELECT id, unnest(conversion) AS x FROM FILES)"
    assert sorted(in_files(tmp_path, keys)) == sent
    tries = "SELECT x.id, x.result FROM (SELECT unnest(attempt) AS x FROM FILES)"
    assert sorted(in_files(tmp_path, tries)) == attempts
    with stage.hub.store.reading() as session:
        files = archive_files(session)
        assert [file.calls for file in files] == [3, 1] or [file.calls for file in files] == [1, 3]
        assert {row.id for row in session.exec(select(ArchivedCall))} == calls.keys()
    assert all(is_whole(stage.hub, file) for file in files)
    assert archive_all(stage) == 0


def test_a_call_that_is_young_or_holds_personal_data_or_waits_for_anything_does_not_move(stage: TestHub) -> None:
    stage.clock.now += OLD
    assert archive_all(stage) == 0, "retention has not emptied them yet"
    grow_old(stage)
    call, waiting, *_ = stage.rows(Call)
    (company,) = {each.company_id for each in (call, waiting)}
    note = {"company_id": company, "subject_id": call.id, "sealed": b"words", "made_by": "somebody"}
    stage.add(Note(made_at=stage.clock(), expires_at=stage.clock(), **note))
    first = stage.rows(Delivery, subject_id=waiting.id)[0]
    first.state = "ready"
    stage.add(first)
    archive_all(stage)
    assert {each.id for each in stage.rows(Call)} == {call.id, waiting.id}
    with stage.hub.store.writing() as session:
        session.delete(session.get_one(Note, stage.one(Note).id))
    assert archive_all(stage) == 1, "the rest of a month moves later, into a file of its own"


def test_no_file_has_a_column_of_personal_data_or_one_that_an_erasure_empties() -> None:
    for table in MOVED:
        written = {column.name for column in columns()[table.__tablename__]}
        personal = {column.name for column in table.__table__.columns if "category" in column.info}
        assert not written & (personal | erased_columns().get(table.__tablename__, set()))
    assert "person_id" not in {column.name for each in columns().values() for column in each}


class _Dying(BlobStore):
    """A storage whose reader dies after a file is written."""

    def read(self, path: str) -> bytes | None:
        raise KeyboardInterrupt


class _Losing(BlobStore):
    """A storage that returns less than was written."""

    def read(self, path: str) -> bytes | None:
        return b""


@pytest.mark.parametrize(("storage", "raised"), [(_Dying, KeyboardInterrupt), (_Losing, RetryLater)])
def test_what_stops_halfway_deletes_nothing_and_is_done_again_without_doubling(
    stage: TestHub, tmp_path: Path, storage: type[BlobStore], raised: type[BaseException]
) -> None:
    grow_old(stage)
    with pytest.raises(raised):
        archive_next(replace(stage.hub, blob_store=storage(str(tmp_path), {})), MONTH)
    assert len(stage.rows(Call)) == 4 and not stage.rows(ArchiveFile)
    assert len(list(tmp_path.glob("archive/*/*/*"))) == 1
    assert archive_all(stage) == 4
    assert in_files(tmp_path, "SELECT count(*), count(DISTINCT id) FROM FILES") == [(4, 4)]


def _die_at(line: int) -> None:
    """Kill this process before the `line`th line that a move runs."""
    lines = itertools.count(1)

    def trace(frame: Any, event: str, _: Any) -> Any:
        if event == "line" and next(lines) == line:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace if frame.f_code is archive_next.__code__ else None

    sys.settrace(trace)


@pytest.mark.soak
def test_a_move_that_is_killed_between_any_two_lines_loses_and_doubles_no_call(
    lite_hub: Factory, tmp_path: Path
) -> None:
    stage = filled(lite_hub(recordings={"storage": str(tmp_path)}))
    grow_old(stage)
    before = tmp_path / "before.db"
    with (
        closing(sqlite3.connect(stage.hub.store.engine.url.database or "")) as read,
        closing(sqlite3.connect(before)) as written,
    ):
        read.backup(written)
    ids = {call.id for call in stage.rows(Call)}
    moved = set()
    for line in itertools.count(1):
        folder = tmp_path / "move"
        folder.mkdir()
        config = make_config(f"sqlite:///{shutil.copy(before, folder / 'hub.db')}", recordings={"storage": str(folder)})
        killed = os.fork()
        if not killed:
            # The kill is the point: nothing of this process is cleaned up.
            hub = assemble(config, stage.clock)
            _die_at(line)
            archive_next(hub, MONTH)
            os._exit(0)
        _, status = os.waitpid(killed, 0)
        if not os.WIFSIGNALED(status):
            break
        after = replace(stage, hub=assemble(config, stage.clock))
        kept, filed = {call.id for call in after.rows(Call)}, {row.id for row in after.rows(ArchivedCall)}
        assert kept | filed == ids and not kept & filed
        moved.add(len(filed))
        archive_all(after)
        found = [row[0] for row in in_files(folder, "SELECT id FROM FILES")]
        assert sorted(found) == sorted(ids) and not after.rows(Call), f"killed before line {line}"
        after.hub.close()
        shutil.rmtree(folder)
    assert os.WEXITSTATUS(status) == 0 and line > 20 and moved == {0, 3}


def test_reports_stay_as_they_are_also_if_a_day_is_marked_or_the_time_zone_changes(stage: TestHub) -> None:
    grow_old(stage)
    old = stage.rows(Call)
    stage.call_in(SHARED, CALLER)
    add_up(stage)
    before = sums(stage)
    assert archive_all(stage) == 4
    with stage.hub.store.writing() as session:
        mark_dirty(session, [Change(call.company_id or "", call.started_at) for call in old], stage.clock())
    add_up(stage)
    assert sums(stage) == before
    for company in stage.rows(Company):
        with stage.hub.store.writing() as session:
            mark_company(session, session.get_one(Company, company.id), stage.clock())
    add_up(stage)
    assert sums(stage) == before


def test_evidence_about_an_archived_call_stays_and_leads_to_its_company(stage: TestHub) -> None:
    disclosed = {row.subject_id for row in stage.rows(Disclosure)}
    assert disclosed
    grow_old(stage)
    archive_all(stage)
    assert {row.subject_id for row in stage.rows(Disclosure)} == disclosed
    assert disclosed <= {row.id for row in stage.rows(ArchivedCall)}


def test_a_backup_has_the_files_and_a_restore_writes_them(
    stage: TestHub, tmp_path: Path, other_database_url: str, open_hub_on: Callable[..., TestHub]
) -> None:
    grow_old(stage)
    archive_all(stage)
    save(stage.hub, tmp_path / "backup", recordings=False)
    elsewhere = tmp_path / "elsewhere"
    config = replace(stage.hub.config, hub=stage.hub.config.hub.model_copy(update={"database": other_database_url}))
    recordings = config.recordings.model_copy(update={"storage": str(elsewhere)})
    restored = assemble(replace(config, recordings=recordings), stage.clock)
    try:
        restore(restored, tmp_path / "backup", None, without_journal=True)
        with restored.store.reading() as session:
            assert [is_whole(restored, file) for file in archive_files(session)] == [True, True]
        assert in_files(elsewhere, "SELECT count(DISTINCT id) FROM FILES") == [(4,)]
    finally:
        restored.close()


def test_the_files_of_a_company_go_with_it_and_those_of_others_stay(stage: TestHub, tmp_path: Path) -> None:
    grow_old(stage)
    archive_all(stage)
    leaving = stage.one(Company, name="lakeside")
    end = CompanyEnd(
        company_id=leaving.id, requested_at=stage.clock(), requested_by="somebody", confirmed_by="somebody"
    )
    stage.add(end)
    while erase_rest(stage.hub, stage.one(CompanyEnd)) is not None:
        pass
    assert in_files(tmp_path, "SELECT count(*) FROM FILES") == [(1,)]
    assert leaving.id not in {row.company_id for row in stage.rows(ArchiveFile)}
