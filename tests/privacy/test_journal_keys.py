"""Keys of the journal: after a rotation everything that was proven stays proven, and a retired key proves nothing new."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select
from testbed import KEY, TestHub, open_stage

from hub.model import HUB_CHAIN, Account, JournalEntry
from hub.store.audit import note
from hub.store.encryption.keyring import JOURNAL, Keyring, new_key
from hub.store.encryption.vault import rotate_person_keys
from hub.store.journal import retire_older_keys, sign_ends
from hub.store.journal.chain import Finding
from hub.store.journal.entries import link, seal_of
from hub.store.journal.keys import journal_keys
from hub.store.journal.statements import SIGNED, signed_content
from hub.store.journal.verify import verify
from hub.store.triggers.append_only import TABLES
from hub.testing import FrozenClock

SECOND, THIRD = new_key(), new_key()


@contextmanager
def opened(database: str, clock: FrozenClock, folder: Path, *keys: str) -> Iterator[TestHub]:
    """The hub with these keys, newest first."""
    with open_stage(database, clock, keys=keys, tombstones=str(folder / "erased.tombstones")) as stage:
        yield stage


def write(stage: TestHub, count: int = 3) -> None:
    for number in range(count):
        with stage.hub.store.writing() as session:
            note(session, stage.clock(), "maria", "call.show_personal", stage.one(Account).id, str(number))


def rotate(stage: TestHub) -> list[str]:
    rotate_person_keys(stage.hub.store, stage.hub.keyring)
    return retire_older_keys(stage.hub.store, stage.hub.keyring, stage.clock())


def found(stage: TestHub) -> Finding | None:
    reports = verify(stage.hub.store, stage.hub.keyring, stage.clock())
    return next((report.finding for report in reports.values() if report.finding), None)


def test_after_two_rotations_the_newest_key_alone_verifies_everything(
    database_url: str, clock: FrozenClock, tmp_path: Path
) -> None:
    with opened(database_url, clock, tmp_path, KEY) as stage:
        write(stage)
        sign_ends(stage.hub.store, stage.hub.keyring, clock())
        write(stage)
    for keys in ((SECOND, KEY), (THIRD, SECOND)):
        with opened(database_url, clock, tmp_path, *keys) as stage:
            clock.advance(days=1)
            write(stage)
            assert rotate(stage) == [Keyring([keys[1]]).newest]
            assert rotate(stage) == [], "a second run has nothing left to do"
            write(stage)
    with opened(database_url, clock, tmp_path, THIRD) as stage:
        assert found(stage) is None
        write(stage)
        sign_ends(stage.hub.store, stage.hub.keyring, clock())
        report = verify(stage.hub.store, stage.hub.keyring, clock())[stage.one(Account).id]
        assert (report.finding, report.rows) == (None, 3 * 7)
    assert '"retired"' in (tmp_path / "erased.ends").read_text()


def test_without_a_rotation_an_older_key_is_missed(database_url: str, clock: FrozenClock, tmp_path: Path) -> None:
    with opened(database_url, clock, tmp_path, KEY) as stage:
        write(stage)
        reports = verify(stage.hub.store, Keyring([SECOND]), clock())
        assert reports[stage.one(Account).id].finding is not None


@contextmanager
def with_all_rights(stage: TestHub) -> Iterator[Session]:
    """A session of somebody who may do anything in the database; what it does stays."""
    with Session(stage.hub.store.engine.execution_options(ringfence_write=True)) as session:
        for table in TABLES:
            for trigger in ("no_update", "no_delete") if stage.hub.store.is_sqlite else ("append_only",):
                on = "" if stage.hub.store.is_sqlite else f" ON {table}"
                session.execute(text(f"DROP TRIGGER {table}_{trigger}{on}"))
        yield session
        session.commit()


def forge(session: Session, keyring: Keyring, chain: str, kind: str, content: dict[str, Any], at: datetime) -> None:
    """Append an entry as only an owner of `keyring` can, and seal the end with it."""
    last = session.exec(
        select(JournalEntry).where(JournalEntry.chain == chain).order_by(col(JournalEntry.position).desc())
    ).first()
    assert last is not None
    key = keyring.derived_key(JOURNAL, keyring.newest)
    values = signed_content(keyring, chain, kind, at, content) if kind == SIGNED else content
    row = link(chain, last.position + 1, kind, str(values).replace("'", '"'), at, at, last.hash, key)
    session.add(row)
    told = {"c": chain, "p": row.position, "h": row.hash, "k": keyring.newest}
    seal = seal_of(key, chain, row.position, row.hash)
    ended = "UPDATE journal_end SET position = :p, hash = :h, key_id = :k, seal = :s WHERE chain = :c"
    session.flush()
    session.execute(text(ended), {**told, "s": seal})


@pytest.mark.parametrize("kind", ["audit_entry", SIGNED])
def test_who_has_a_retired_key_and_the_database_appends_nothing_unseen(
    database_url: str, clock: FrozenClock, tmp_path: Path, kind: str
) -> None:
    with opened(database_url, clock, tmp_path, SECOND, KEY) as stage:
        write(stage)
        rotate(stage)
        write(stage)
        chain = stage.one(Account).id
        with with_all_rights(stage) as session:
            forge(session, Keyring([KEY]), chain, kind, {"position": 3, "hash": "0"}, clock())
        assert found(stage) is not None


def test_who_has_a_retired_key_and_the_database_rewrites_nothing_unseen(
    database_url: str, clock: FrozenClock, tmp_path: Path
) -> None:
    """The entries before the rotation made anew with the old key: the rotation names where every chain ended."""
    with opened(database_url, clock, tmp_path, KEY) as stage:
        write(stage)
    with opened(database_url, clock, tmp_path, SECOND, KEY) as stage:
        rotate(stage)
        chain, key = stage.one(Account).id, Keyring([KEY]).derived_key(JOURNAL, Keyring([KEY]).newest)
        with with_all_rights(stage) as session:
            rows = list(session.exec(select(JournalEntry).where(JournalEntry.chain == chain)))
            previous = "0" * 64
            for row in sorted(rows, key=lambda each: each.position):
                made = link(
                    chain, row.position, row.kind, row.content, row.since, row.at - timedelta(hours=1), previous, key
                )
                previous = made.hash
                session.merge(made)
            last = {"c": chain, "h": previous, "s": seal_of(key, chain, len(rows), previous)}
            session.flush()
            session.execute(text("UPDATE journal_end SET hash = :h, seal = :s WHERE chain = :c"), last)
        assert found(stage) is not None


def test_an_owner_of_the_database_adds_no_key_of_their_own(
    database_url: str, clock: FrozenClock, tmp_path: Path
) -> None:
    mine = Keyring([new_key()])
    with opened(database_url, clock, tmp_path, SECOND, KEY) as stage:
        write(stage)
        rotate(stage)
        with stage.hub.store.reading() as session:
            rotation = session.exec(select(JournalEntry).where(JournalEntry.kind == "rotated")).one()
        forged = rotation.content.replace(Keyring([KEY]).public_key(JOURNAL, Keyring([KEY]).newest),
                                          mine.public_key(JOURNAL, mine.newest))  # fmt: skip
        with with_all_rights(stage) as session:
            changed = "UPDATE journal_entry SET content = :content WHERE chain = :chain AND position = :position"
            told = {"content": forged, "chain": HUB_CHAIN, "position": rotation.position}
            session.execute(text(changed), told)
        with stage.hub.store.reading() as session:
            assert journal_keys(session, Keyring([SECOND])).retired == {}
        assert found(stage) is not None
