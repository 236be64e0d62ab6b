"""The schema: what the migrations make is what the tables declare, on both databases."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlmodel import SQLModel

import hub
from hub.errors import ConfigError
from hub.store import Store
from hub.store.migrations import baseline
from hub.store.schema import current, migrate, revisions, upgrade


def test_the_migrated_schema_is_the_one_that_the_tables_declare(store: Store) -> None:
    made = {}
    for way in (upgrade, migrate):
        empty(store)
        way(store)
        assert current(store) == revisions()[-1]
        made[way] = written(store)
        with store.engine.connect() as connection:
            opts = {"compare_type": True, "include_object": partial(belongs_to, connection)}
            context = MigrationContext.configure(connection, opts=opts)
            assert compare_metadata(context, SQLModel.metadata) == []
    assert made[migrate] == made[upgrade] and len(made[upgrade]) > 300


def belongs_to(connection: Connection, declared: Any, *_: object) -> bool:
    """Whether a part of the schema is made in this kind of database; alembic also compares what `ddl_if` leaves out."""
    return getattr(declared, "info", {}).get("only") in (None, connection.dialect.name)


def test_the_baseline_is_written_from_the_tables_until_it_is_released() -> None:
    assert not baseline.is_stale(), 'run make migration, or after the first release make migration M="Add a column"'
    assert baseline.RELEASED in (None, baseline.baseline_revision()), "a released baseline was changed"
    assert (baseline.RELEASED is None) == (hub.__version__ == "0.1.0"), (
        "set RELEASED with the version, see CONTRIBUTING.md"
    )


def written(store: Store) -> set[str]:
    """Every table, column, constraint, index, trigger, function and policy, as the database writes it."""
    with store.engine.connect() as connection:
        if store.is_sqlite:
            found = connection.execute(text("SELECT sql FROM sqlite_master WHERE name <> 'alembic_version'"))
            return {re.sub(r"[\s\"]+", "", sql) for sql in found.scalars() if sql}
        found = connection.exec_driver_sql(ON_POSTGRESQL)
        return {sql for sql in found.scalars() if "alembic_version" not in sql}


ON_POSTGRESQL = """
SELECT concat_ws(' ', a.attrelid::regclass, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
    pg_get_expr(d.adbin, d.adrelid))
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (c.oid, a.attnum)
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
UNION ALL SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT concat_ws(' ', tablename, policyname, cmd, qual, with_check) FROM pg_policies
"""


def test_a_second_upgrade_does_nothing(store: Store) -> None:
    assert current(store) == revisions()[-1]
    assert upgrade(store) is False


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        ("9999", "The database belongs to a newer version of Ringfence (schema 9999); update the hub."),
        ("0057", "The database is of schema 0057, which no released version has, so it cannot be migrated; start with an empty "
         "database, or keep the version that made it."),
        (f"{baseline.NUMBER}.00000000", "which no released version has"),
    ],
)  # fmt: skip
def test_a_database_of_a_newer_version_or_of_no_release_is_refused_with_a_sentence(
    store: Store, schema: str, sentence: str
) -> None:
    with store.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :schema"), {"schema": schema})
    before = written(store)
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        upgrade(store)
    assert current(store) == schema and written(store) == before


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


@pytest.mark.soak
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
