"""A backup restores all that it holds, on either database, or says why not; what is damaged or too old is refused."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from canaries import KEEPING, Canaries, bytes_of_database, seed
from example_upgrade import release
from sqlmodel import SQLModel, select
from testbed import CALLER, SHARED, TestHub, finished_call, make_config

from hub.backup.archive import ArchiveWriter, NotWhole
from hub.backup.restore import NotRestored, restore
from hub.backup.save import DATA, LEFT_OUT, save, save_keys
from hub.connecting.recording import begin_recording
from hub.errors import ConfigError
from hub.model import Call, Person, Recording, Restoration, TextMessage
from hub.model.syncs import VendorRecording
from hub.privacy.erasure import erase_person
from hub.recordings.transcripts import read_transcript
from hub.runtime import Hub
from hub.startup.assembly import assemble
from hub.startup.database import open_store
from hub.store import schema
from hub.store.encryption.keyring import new_key
from hub.store.journal.verify import verify
from hub.texts.bodies import open_body

Empty = Callable[..., Hub]


@pytest.fixture
def stage(hub: Callable[..., TestHub], tmp_path: Path) -> TestHub:
    """A hub with one person in it."""
    journal = tmp_path / "erased.tombstones"
    made = hub(connectors=KEEPING, recordings={"storage": str(tmp_path / "shelf")}, tombstones=str(journal))
    journal.touch()
    seed(made, Canaries("zq7", CALLER), "CA-one")
    return made


@pytest.fixture
def files(stage: TestHub, tmp_path: Path) -> tuple[Path, Path]:
    """Its backups: of data, of keys."""
    data, keys = tmp_path / "data", tmp_path / "keys"
    save(stage.hub, data)
    save_keys(stage.hub, keys)
    return data, keys


@contextmanager
def empty_hub(stage: TestHub, url: str, folder: Path, **more: object) -> Iterator[Hub]:
    """A hub with an empty database and storage, with the same key."""
    config = make_config(
        url, connectors=KEEPING, recordings={"storage": str(folder / "new shelf")},
        tombstones=str(folder / "erased.tombstones"), **more,  # type: ignore[arg-type]
    )  # fmt: skip
    hub = assemble(config, stage.clock)
    try:
        yield hub
    finally:
        hub.close()


def rows_of(hub: Hub) -> dict[str, list[str]]:
    """Every row of every table that a backup holds."""
    with hub.store.reading() as session:
        return {
            table.name: sorted(
                json.dumps(tuple(row), sort_keys=True, default=str) for row in session.execute(select(*table.c))
            )
            for table in SQLModel.metadata.sorted_tables
            if table.name not in LEFT_OUT | {"inbox"}
        }


def test_no_backup_has_the_key_of_what_hub_record_replaces_and_a_restored_hub_records_nothing(
    stage: TestHub, tmp_path: Path, other_database_url: str
) -> None:
    begin_recording(stage.hub, "phone", tmp_path / "kept", timedelta(hours=1), 10, "console")
    save(stage.hub, tmp_path / "data")
    save_keys(stage.hub, tmp_path / "keys")
    with empty_hub(stage, other_database_url, tmp_path) as hub:
        restore(hub, tmp_path / "data", tmp_path / "keys")
        with hub.store.reading() as session:
            assert session.exec(select(VendorRecording)).all() == []


def test_what_is_restored_is_what_was_saved_on_either_database(
    stage: TestHub, files: tuple[Path, Path], tmp_path: Path, other_database_url: str
) -> None:
    with empty_hub(stage, other_database_url, tmp_path) as hub:
        told = restore(hub, *files)
        assert told.emptied == {}
        assert rows_of(hub) == rows_of(stage.hub)
        reports = verify(hub.store, hub.keyring, hub.clock())
        assert all(report.sound for report in reports.values()) and any(report.rows for report in reports.values())
        with hub.store.reading() as session:
            text = session.exec(select(TextMessage)).one()
            assert (open_body(hub.vault, session, text) or "").startswith("zq7")
            heard = read_transcript(hub, session, session.exec(select(Recording.id)).one())
            assert heard is not None and heard.parts
        kept, back = (
            [path.read_bytes() for path in (tmp_path / each).rglob("*.sealed")] for each in ("shelf", "new shelf")
        )
        assert len(back) == 1
        assert back == kept


def test_a_hub_goes_on_writing_while_it_is_backed_up(stage: TestHub, tmp_path: Path) -> None:
    told = []

    def meanwhile(table: str, done: int, total: int) -> None:
        if table == "call":
            told.append(stage.call_in(process=False))

    before = len(stage.rows(Call))
    save(stage.hub, tmp_path / "data", progress=meanwhile)
    save_keys(stage.hub, tmp_path / "keys")
    assert len(told) == 1
    with empty_hub(stage, f"sqlite:///{tmp_path / 'new.db'}", tmp_path) as hub:
        restore(hub, tmp_path / "data", tmp_path / "keys")
        assert len(rows_of(hub)["call"]) == before
        assert len(rows_of(hub)["call_event"]) == len(rows_of(stage.hub)["call_event"]) - 3


@pytest.fixture
def new(lite_stage: TestHub, tmp_path: Path) -> Iterator[Hub]:
    """An empty hub beside the small one."""
    with empty_hub(lite_stage, f"sqlite:///{tmp_path / 'new.db'}", tmp_path) as hub:
        yield hub


@pytest.fixture
def lite_stage(lite_hub: Callable[..., TestHub], tmp_path: Path) -> TestHub:
    """A hub on SQLite with one call and its caller."""
    (tmp_path / "erased.tombstones").touch()
    made = lite_hub(connectors=KEEPING, tombstones=str(tmp_path / "erased.tombstones"))
    made.call_in(caller_name="PAT DOE")
    save(made.hub, tmp_path / "data")
    save_keys(made.hub, tmp_path / "keys")
    return made


def test_a_backup_with_one_changed_byte_is_refused_before_anything_is_written(new: Hub, tmp_path: Path) -> None:
    whole = (tmp_path / "data").read_bytes()
    with zipfile.ZipFile(tmp_path / "data") as entries:
        middles = [each.header_offset + 30 + len(each.filename) + each.file_size // 2 for each in entries.infolist()]
    for place in (*middles[::5], middles[-1]):
        (tmp_path / "data").write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(NotWhole):
            restore(new, tmp_path / "data", tmp_path / "keys")
    for cut in (0, len(whole) // 2, len(whole) - 1):
        (tmp_path / "data").write_bytes(whole[:cut])
        with pytest.raises(NotWhole):
            restore(new, tmp_path / "data", tmp_path / "keys")
    (tmp_path / "data").write_bytes(whole)
    restore(new, tmp_path / "data", tmp_path / "keys")


def test_keys_older_than_35_days_are_refused_and_without_them_people_stay_out(
    lite_stage: TestHub, new: Hub, tmp_path: Path
) -> None:
    lite_stage.clock.advance(days=35, seconds=1)
    with pytest.raises(NotRestored, match="use a newer one"):
        restore(new, tmp_path / "data", tmp_path / "keys")
    told = restore(new, tmp_path / "data", None)
    assert told.emptied["call"] == told.emptied["person"] == 1
    assert b"PAT DOE" not in bytes_of_database(TestHub(new, lite_stage.live, lite_stage.clock))


def test_a_backup_of_another_schema_is_refused_with_what_to_do(
    new: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for written, sentence in (("9999", "belongs to a newer version"), ("0057", "no released version has")):
        with ArchiveWriter(tmp_path / written, new.keyring, DATA) as archive:
            archive.finish({"schema": written})
        with pytest.raises(NotRestored, match=sentence):
            restore(new, tmp_path / written, None)
    release(monkeypatch)
    with pytest.raises(NotRestored, match="restore it with the version that made it, then update the hub"):
        restore(new, tmp_path / "data", None)
    assert not schema.current(new.store)


def test_a_backup_goes_into_an_empty_database_only(lite_stage: TestHub, tmp_path: Path) -> None:
    with pytest.raises(NotRestored, match="not empty"):
        restore(lite_stage.hub, tmp_path / "data", tmp_path / "keys")


def test_without_the_journal_of_tombstones_nobody_may_come_back_unseen(
    lite_stage: TestHub, new: Hub, tmp_path: Path
) -> None:
    (tmp_path / "erased.tombstones").unlink()
    with pytest.raises(NotRestored, match="no journal"):
        restore(new, tmp_path / "data", tmp_path / "keys")
    restore(new, tmp_path / "data", tmp_path / "keys", without_journal=True)


def test_a_younger_backup_of_keys_knows_the_tombstones_by_itself(lite_stage: TestHub, new: Hub, tmp_path: Path) -> None:
    erase_person(lite_stage.hub, lite_stage.one(Person).id)
    (tmp_path / "erased.tombstones").unlink()
    save_keys(lite_stage.hub, tmp_path / "younger")
    restore(new, tmp_path / "data", tmp_path / "younger", without_journal=True)
    assert b"PAT DOE" not in bytes_of_database(TestHub(new, lite_stage.live, lite_stage.clock))


def test_a_backup_opens_only_with_the_hubs_own_key(lite_stage: TestHub, tmp_path: Path) -> None:
    stranger = empty_hub(lite_stage, f"sqlite:///{tmp_path / 'strange.db'}", tmp_path, keys=(new_key(),))
    with stranger as hub, pytest.raises(ConfigError, match="another key"):
        restore(hub, tmp_path / "data", tmp_path / "keys")


def test_the_hub_opens_no_database_whose_restore_was_broken_off_and_a_new_one_takes_the_backup(
    lite_stage: TestHub, new: Hub, tmp_path: Path
) -> None:
    class Broken(Exception):
        pass

    def break_off(table: str, done: int, total: int) -> None:
        if table == "call":
            raise Broken

    with pytest.raises(Broken):
        restore(new, tmp_path / "data", tmp_path / "keys", progress=break_off)
    with new.store.reading() as session:
        assert session.exec(select(Restoration)).one().finished_at is None
    with pytest.raises(ConfigError, match="interrupted"), open_store(new.config):
        pass
    with pytest.raises(ConfigError, match="delete it, or name a new, empty one"):
        restore(new, tmp_path / "data", tmp_path / "keys")
    with empty_hub(lite_stage, f"sqlite:///{tmp_path / 'next.db'}", tmp_path) as begun_again:
        restore(begun_again, tmp_path / "data", tmp_path / "keys")
        assert rows_of(begun_again) == rows_of(lite_stage.hub)
        with open_store(begun_again.config):
            pass


def test_a_backup_that_cannot_be_finished_leaves_no_file(lite_stage: TestHub, tmp_path: Path) -> None:
    def fail(table: str, done: int, total: int) -> None:
        raise OSError

    with pytest.raises(OSError):
        save(lite_stage.hub, tmp_path / "broken", progress=fail)
    assert not [path for path in tmp_path.iterdir() if "broken" in path.name]


def test_a_carriers_late_word_on_an_erased_call_changes_nothing(lite_stage: TestHub) -> None:
    call = lite_stage.one(Call)
    erase_person(lite_stage.hub, lite_stage.one(Person).id)
    late = finished_call(call.carrier_call_id, SHARED, CALLER, True, 90, call.started_at, caller_name="PAT DOE")
    for reported_by in ("webhook", "reconcile"):
        assert lite_stage.tell(*late, reported_by=reported_by) == 0
    lite_stage.flow()
    assert lite_stage.rows(Person) == []
    assert b"PAT DOE" not in bytes_of_database(lite_stage)
