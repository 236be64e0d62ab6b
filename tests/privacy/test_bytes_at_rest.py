"""One minute after the certificate nothing of the person is in any byte at rest, also on a hub where nothing else happens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from canaries import KEEPING, Canaries, bytes_of_files, seed
from fake_card_crm import FakeCardCrm
from sqlalchemy import text
from testbed import CALLER, TestHub

from hub.errors import RetryLater
from hub.model import Company, PrivacyRequest
from hub.numbers.directory_copy import copy_of
from hub.privacy_requests.run import run, work_tasks
from hub.privacy_requests.steps import open_request, verify
from hub.store import Store
from hub.store.vacuum import scrub
from hub.worker.housekeeping import periodic_jobs
from hub.worker.scheduler import Ticker


@pytest.fixture
def stage(lite_hub: Callable[..., TestHub], tmp_path: Path) -> TestHub:
    return lite_hub(
        connectors={**KEEPING, "cabinet": FakeCardCrm},
        recordings={"storage": str(tmp_path / "recordings")},
        tombstones=str(tmp_path / "erased.tombstones"),
    )


@pytest.fixture
def ann(stage: TestHub) -> Canaries:
    """A person in thirty places, whose conversions two networks and a CRM have."""
    canaries = Canaries("zq7ann", CALLER)
    landing = f"https://lakeside.example.com/?gclid={canaries.word('uploaded click id')}"
    stage.call_in(stage.visit(landing_page=landing).number)
    assert stage.deliver()["delivered"] == 1
    seed(stage, canaries, "CA-ann")
    assert copy_of(stage.hub.config.hub, stage.hub.config.file).keep(stage.live.current(), stage.hub.store)
    stage.hub.spool.put("call", [{"number": CALLER}])
    stage.hub.spool.drop([row.id for row in stage.hub.spool.take(9)])
    return canaries


def erase(stage: TestHub) -> PrivacyRequest:
    with stage.hub.store.writing() as session:
        place = session.get_one(Company, stage.directory.companies["lakeside"].id)
        request = open_request(session, stage.hub, place, "erasure", actor="officer", channel="letter", phone=CALLER)
        verify(session, request, "officer", "officer", stage.clock())
    return run(stage.hub, request.id, "officer")


def at_rest(stage: TestHub, folder: Path) -> bytes:
    """Every byte that the hub has on disk."""
    database = Path(str(stage.hub.store.url.database))
    return bytes_of_files([*database.parent.glob(f"{database.name}*"), folder])


def look_again(stage: TestHub) -> None:
    """What housekeeping does about erased bytes, when it is due."""
    (job,) = [each for each in periodic_jobs(stage.hub, Ticker(stage.hub)) if each.name == "erased bytes"]
    assert job.every <= 30
    job.run()


def test_a_minute_after_the_certificate_nothing_of_the_person_is_in_any_byte(
    stage: TestHub, ann: Canaries, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.network.script = [RetryLater("Away.", 60), "accepted"]
    waiting = erase(stage)
    kept_for_the_network = {"number", "SHA-256 of number", "uploaded click id"}
    assert kept_for_the_network == {*ann.found_in(at_rest(stage, tmp_path))}
    stage.clock.advance(minutes=5)
    work_tasks(stage.hub)
    assert stage.one(PrivacyRequest, id=waiting.id).certificate is not None
    stage.clock.advance(seconds=60)
    assert ann.found_in(at_rest(stage, tmp_path)) == []
    assert ann.found_in("".join(capsys.readouterr()).encode()) == []


def test_what_a_reader_kept_in_the_log_is_overwritten_when_it_has_ended(
    stage: TestHub, ann: Canaries, tmp_path: Path
) -> None:
    with stage.hub.store.reading() as reader:
        reader.execute(text("SELECT count(*) FROM call")).all()
        assert erase(stage).state == "done"
        assert "number" in ann.found_in(at_rest(stage, tmp_path))
        with pytest.raises(RetryLater, match="reads"):
            look_again(stage)
    look_again(stage)
    assert ann.found_in(at_rest(stage, tmp_path)) == []


def fill(store: Store) -> list[str]:
    """A table whose rows SQLite has moved between pages; the numbers in it."""
    random, numbers = Random(1), list[str]()
    with store.connected() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id TEXT PRIMARY KEY, n TEXT, j TEXT)")
        connection.exec_driver_sql("CREATE INDEX i ON t (n)")
        for row in range(1_200):
            key = f"{random.getrandbits(128):032x}" if row % 2 else f"{row:032}"
            numbers.append(f"+1312{random.getrandbits(29):09}")
            padding = "x" * random.randint(0, 900)
            connection.exec_driver_sql("INSERT INTO t VALUES (?, ?, ?)", (key, numbers[-1], padding))
            if row % 3 == 0:
                longer = "y" * random.randint(0, 2_000)
                connection.exec_driver_sql("UPDATE t SET j = ? WHERE n = ?", (longer, random.choice(numbers)))
    return numbers


def test_rows_that_moved_between_pages_leave_nothing_in_the_pages_that_they_were_in(tmp_path: Path) -> None:
    """SQLite's `secure_delete` alone leaves 6 of the 600 numbers in this file."""
    file = tmp_path / "small.db"
    store = Store(f"sqlite:///{file}")
    numbers = fill(store)
    erased = numbers[::2]
    with store.connected() as connection:
        for number in erased:
            connection.exec_driver_sql("UPDATE t SET n = NULL WHERE n = ?", (number,))
    assert scrub(store, [])
    data = file.read_bytes() + file.with_name("small.db-wal").read_bytes()
    assert [number for number in erased if number.encode() in data] == []
    with store.reading() as session:
        assert session.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
        assert session.execute(text("SELECT count(n) FROM t")).scalar_one() == len(numbers) - len(erased)
    store.close()
