"""The schema: what the migrations make is what the tables declare, on both databases."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlmodel import SQLModel

import hub.model  # noqa: F401 - the tables register themselves
from hub.errors import ConfigError
from hub.store import Store
from hub.store.schema import current, migrate, revisions, upgrade


@pytest.mark.parametrize("way", [upgrade, migrate])
def test_the_schema_of_a_new_database_is_the_declared_one_whether_made_or_migrated(
    store: Store, way: Callable[[Store], object]
) -> None:
    empty(store)
    way(store)
    assert current(store) == revisions()[-1]
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_a_second_upgrade_does_nothing(store: Store) -> None:
    assert current(store) == revisions()[-1]
    assert upgrade(store) is False


def test_a_database_of_a_newer_ringfence_is_refused_with_a_sentence(store: Store) -> None:
    with store.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError, match=r"newer version of Ringfence \(schema 9999\); update the hub"):
        upgrade(store)


def empty(store: Store) -> None:
    with store.writing() as session:
        if not store.is_sqlite:
            session.execute(text("DROP SCHEMA public CASCADE"))
            session.execute(text("CREATE SCHEMA public"))
            return
        session.execute(text("PRAGMA defer_foreign_keys = ON"))
        for table in session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all():
            session.execute(text(f'DROP TABLE "{table}"'))


START = """
import sys, time
from pathlib import Path
from hub.store import Store
from hub.store.schema import upgrade
import hub.model
store = Store(sys.argv[1])
Path(sys.argv[3]).touch()
while not Path(sys.argv[2]).exists():
    time.sleep(0.001)
print(upgrade(store))
"""


def test_of_several_processes_that_start_on_an_empty_sqlite_file_one_migrates(tmp_path: Path) -> None:
    _all_migrate(f"sqlite:///{tmp_path / 'new.db'}", tmp_path)


def test_of_several_processes_that_start_on_an_empty_postgresql_database_one_migrates(
    postgres_url: str, tmp_path: Path
) -> None:
    store = Store(postgres_url)
    with store.writing() as session:
        session.execute(text("DROP SCHEMA public CASCADE"))
        session.execute(text("CREATE SCHEMA public"))
    store.close()
    _all_migrate(postgres_url, tmp_path)


def _all_migrate(url: str, folder: Path) -> None:
    """Two processes that are ready to migrate are let go at once."""
    go, ready = folder / "go", [folder / f"ready-{index}" for index in range(2)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", START, url, go, each], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for each in ready
    ]
    while not all(each.exists() for each in ready) and all(each.poll() is None for each in processes):
        time.sleep(0.01)
    go.touch()
    for process in processes:
        _, told = process.communicate(timeout=60)
        assert process.returncode == 0, told[-1000:]
    store = Store(url)
    assert current(store) == revisions()[-1]
    store.close()
