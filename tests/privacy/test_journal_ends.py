"""The file of ends: what is removed from the journal as a whole contradicts what was noted outside the database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from test_journal_keys import found, with_all_rights, write
from testbed import TestHub, make_config, open_stage

from hub.backup.restore import restore
from hub.backup.save import save, save_keys
from hub.config.models import Config
from hub.model import HUB_CHAIN, Account
from hub.numbers.directory import LiveDirectory
from hub.startup.assembly import assemble
from hub.store.journal import sign_due, sign_ends
from hub.store.journal.ends_file import note_ends
from hub.store.schema import upgrade
from hub.testing import FrozenClock

EVERYTHING = ("journal_entry", "journal_end", "journal_waiting", "audit_entry", "consent_decision", "disclosure")


@pytest.fixture
def stage(database_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[TestHub]:
    """A hub whose journal began a moment ago."""
    with open_stage(database_url, clock, tombstones=str(tmp_path / "erased.tombstones")) as stage:
        write(stage)
        yield stage


def ends(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "erased.ends").read_text().splitlines()]


def test_a_chain_is_noted_when_it_begins_and_whenever_it_is_signed(stage: TestHub, tmp_path: Path) -> None:
    chain = stage.one(Account).id
    assert [(line["ends"].keys(), line["ends"][chain][0]) for line in ends(tmp_path)] == [({chain}, 1)]
    assert (tmp_path / "erased.ends").stat().st_mode & 0o777 == 0o600
    sign_ends(stage.hub.store, stage.hub.keyring, stage.clock())
    assert [list(line["ends"]) for line in ends(tmp_path)[1:]] == [[HUB_CHAIN], [chain, HUB_CHAIN]]
    assert ends(tmp_path)[-1]["ends"][chain][0] == 4


@pytest.mark.parametrize("signed", [False, True])
def test_a_database_without_any_evidence_is_found(stage: TestHub, signed: bool) -> None:
    if signed:
        sign_ends(stage.hub.store, stage.hub.keyring, stage.clock())
    with with_all_rights(stage) as session:
        if not stage.hub.store.is_sqlite:
            session.execute(text("DROP TRIGGER audit_entry_no_early_end ON audit_entry"))
        for table in EVERYTHING:
            session.execute(text(f"DELETE FROM {table}"))
    finding = found(stage)
    assert finding is not None and (finding.position, finding.kind) == (1, "cut off")
    write(stage)
    assert found(stage) is not None, "a chain that is begun again is not the noted one"


@contextmanager
def assembled(config: Config, clock: FrozenClock) -> Iterator[TestHub]:
    """A hub on a database that has no accounts yet."""
    hub = assemble(config, clock)
    upgrade(hub.store)
    try:
        yield TestHub(hub, LiveDirectory(hub.store), clock)
    finally:
        hub.close()


def test_a_restored_older_backup_is_explained(stage: TestHub, clock: FrozenClock, tmp_path: Path) -> None:
    sign_ends(stage.hub.store, stage.hub.keyring, clock())
    save(stage.hub, tmp_path / "data")
    save_keys(stage.hub, tmp_path / "keys")
    clock.advance(days=1)
    write(stage, 5)
    sign_ends(stage.hub.store, stage.hub.keyring, clock())
    config = make_config(f"sqlite:///{tmp_path / 'new.db'}", tombstones=str(tmp_path / "erased.tombstones"))
    with assembled(config, clock) as new:
        restore(new.hub, tmp_path / "data", tmp_path / "keys", without_journal=True)
        assert found(new) is None
        write(new)
        sign_ends(new.hub.store, new.hub.keyring, clock())
        assert found(new) is None
        with with_all_rights(new) as session:
            for table in EVERYTHING:
                session.execute(text(f"DELETE FROM {table}"))
        assert found(new) is not None, "what was noted before the backup, and since the restore, still counts"
    assert found(stage) is not None, "the database before the restore is not the hub's any more"


def test_an_older_copy_of_the_database_that_nobody_restored_is_found(stage: TestHub, clock: FrozenClock) -> None:
    """As above, but the rows were put back by hand."""
    sign_ends(stage.hub.store, stage.hub.keyring, clock())
    with stage.hub.store.reading() as session:
        kept = session.execute(text("SELECT chain, position, hash, seal FROM journal_end")).all()
    write(stage)
    clock.advance(days=1)
    sign_ends(stage.hub.store, stage.hub.keyring, clock())
    with with_all_rights(stage) as session:
        if not stage.hub.store.is_sqlite:
            session.execute(text("DROP TRIGGER audit_entry_no_early_end ON audit_entry"))
        for chain, position, digest, seal in kept:
            told = {"c": chain, "p": position, "h": digest, "s": seal}
            session.execute(text("DELETE FROM journal_entry WHERE chain = :c AND position > :p"), told)
            session.execute(text("UPDATE journal_end SET position = :p, hash = :h, seal = :s WHERE chain = :c"), told)
        session.execute(
            text("DELETE FROM audit_entry WHERE id NOT IN (SELECT id FROM audit_entry ORDER BY id LIMIT 3)")
        )
    finding = found(stage)
    assert finding is not None and finding.kind == "cut off"


def test_a_line_that_the_hub_did_not_write_is_found_and_half_a_line_is_not(stage: TestHub, tmp_path: Path) -> None:
    file = tmp_path / "erased.ends"
    with file.open("a") as stream:
        stream.write('{"at": "2026-')
    note_ends(file, stage.hub.keyring, stage.clock(), {})
    sign_ends(stage.hub.store, stage.hub.keyring, stage.clock())
    assert found(stage) is None and len(file.read_text().splitlines()) == 4
    line = json.loads(file.read_text().splitlines()[-1])
    line["ends"] = {}
    with file.open("a") as stream:
        stream.write(json.dumps({**line, "restored": "a backup"}) + "\n")
    finding = found(stage)
    assert finding is not None and "Line 5 of" in finding.reason


def test_a_clock_that_was_far_ahead_and_is_set_back_stops_no_signing(stage: TestHub) -> None:
    stage.clock.advance(days=300)
    write(stage)
    sign_due(stage.hub.store, stage.hub.keyring, stage.clock())
    stage.clock.advance(days=-300)
    for _ in range(5):
        write(stage)
        sign_due(stage.hub.store, stage.hub.keyring, stage.clock())
        stage.clock.advance(days=1)
    assert found(stage) is None
