"""The example's two migrations (tests/example_migrations) on a database of this version: its rows stay, and what is encrypted
leaves nothing in clear."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from example_upgrade import FOLDER, STEPS, fill, release
from sqlalchemy import text
from test_store_schema import empty, written

from hub.backup.trials.copy_database import counts
from hub.errors import ConfigError
from hub.store import Store, schema
from hub.store.encryption.encrypted_fields import decrypt_many
from hub.store.encryption.keyring import Keyring, new_key
from hub.store.encryption.vault import Vault
from hub.store.schema import current, fits, migrate, revisions, upgrade
from hub.testing import FrozenClock

CALLS = 300
LABELS = {"n": f"north has calls: {CALLS}", "s": "south has calls: 0"}


@pytest.fixture
def old(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A database of this version, and the later version."""
    empty(store)
    fill(store.url.render_as_string(hide_password=False), CALLS)
    release(monkeypatch)
    return store


def vault_of(store: Store) -> Callable[[], Vault]:
    store.keyring = Keyring([new_key()])
    vault = Vault(store.keyring, FrozenClock())
    return lambda: vault


def test_an_older_database_keeps_its_rows_and_what_is_encrypted_leaves_nothing_in_clear(old: Store) -> None:
    before, guards = counts(old), {each for each in written(old) if "TRIGGER" in each}
    vault = vault_of(old)
    assert upgrade(old, vault) and current(old) == STEPS[-1]
    assert counts(old) == before | {"person_key": before["person_key"] + len(LABELS)}
    assert {each for each in written(old) if "TRIGGER" in each} == guards and guards
    with old.writing() as session:
        rows = session.execute(text("SELECT id, sealed_label FROM company")).all()
        opened = decrypt_many(vault(), session, [(row.sealed_label, f"company/{row.id}/label") for row in rows])
        assert dict(zip((row.id for row in rows), opened, strict=True)) == LABELS
    if old.is_sqlite:
        file = Path(str(old.url.database))
        assert not any(b"has calls" in each.read_bytes() for each in file.parent.glob(f"{file.name}*"))
    assert upgrade(old, vault) is False


def test_a_migration_that_fails_leaves_the_database_as_it_was(old: Store) -> None:
    before, found = written(old), current(old)
    with pytest.raises(ConfigError, match="start the hub with it"):
        upgrade(old)
    assert (current(old), written(old)) == (found, before) and found not in STEPS


def test_one_migration_runs_after_the_other_and_only_those_that_the_database_lacks(old: Store) -> None:
    migrate(old, STEPS[0])
    assert current(old) == STEPS[0]
    with old.writing() as session:
        assert dict(session.execute(text("SELECT id, label FROM company")).all()) == LABELS
    assert upgrade(old, vault_of(old)) and current(old) == revisions()[-1] == STEPS[-1]


def test_a_migration_that_leaves_rows_without_what_they_refer_to_is_undone(
    old: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "9003_remove_companies.py").write_text(
        '"""Remove companies."""\nfrom alembic import op\nrevision, down_revision = "9003", "9002"\n'
        'def upgrade() -> None:\n    op.execute("DELETE FROM company")\n'
    )
    release(monkeypatch, tmp_path)
    with pytest.raises(Exception, match=r"rows of call that refer to nothing|violates foreign key constraint"):
        upgrade(old, vault_of(old))
    assert current(old) not in STEPS
    with old.writing() as session:
        assert session.execute(text("SELECT count(*) FROM company")).scalar() == len(LABELS)


def test_processes_of_the_version_before_go_on_after_a_migration_that_only_adds_and_not_after_one_that_takes_away(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adds = tmp_path / "adds"
    adds.mkdir()
    shutil.copy(FOLDER / "9001_label_companies.py", adds)
    with monkeypatch.context() as later:
        release(later, adds)
        assert upgrade(store) and fits(store)
    assert current(store) == STEPS[0] and fits(store), "the process that runs goes on"
    assert upgrade(store) is False and current(store) == STEPS[0], "and one that starts again"
    with monkeypatch.context() as later:
        release(later)
        assert upgrade(store, vault_of(store)) and fits(store)
    assert not fits(store)
    with pytest.raises(ConfigError, match="belongs to a newer version"):
        upgrade(store)


def test_a_migration_that_ran_halfway_keeps_no_process_of_the_version_before(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as later:
        release(later)
        migrate(store, STEPS[0])
    assert current(store) == STEPS[0] and not fits(store)


@pytest.mark.postgresql
def test_a_migration_lets_others_go_first_and_ends_none_of_them(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(postgres_url)
    waits = list[float]()
    with monkeypatch.context() as later, store.engine.connect() as reader:
        release(later)
        reader.execute(text("SELECT count(*) FROM company"))

        def end_the_reader(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 2:
                assert reader.execute(text("SELECT count(*) FROM company")).scalar() == 0
                reader.rollback()

        assert upgrade(store, vault_of(store), end_the_reader) and current(store) == STEPS[-1]
    assert len(waits) == 2
    store.close()


@pytest.mark.postgresql
def test_a_migration_that_finds_no_moment_says_what_to_do(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(postgres_url)
    release(monkeypatch)
    monkeypatch.setattr(schema, "TRIES", 2)
    with store.engine.connect() as reader:
        reader.execute(text("SELECT count(*) FROM company"))
        with pytest.raises(ConfigError, match="stop the workers, and try again"):
            upgrade(store, vault_of(store), lambda seconds: None)
    assert current(store) not in STEPS
    store.close()
