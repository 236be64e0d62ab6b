"""`hub upgrade --check` tries the migrations on a copy and changes nothing; `hub upgrade` migrates."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import postgres
import pytest
from commands import CliRunner
from example_upgrade import AT, STEPS, fill, release
from sqlalchemy import text
from typer.testing import Result

from hub.backup.trials.copy_database import ALL_COPIED, counts
from hub.backup.trials.scratch import PREFIX, scratch
from hub.backup.trials.upgrade import Try, check_upgrade
from hub.cli import app
from hub.startup.database import vault_of
from hub.store import Store
from hub.store.encryption.keyring import new_key
from hub.store.schema import current, revisions

Refusal = Callable[[Result], str]
OLD, NEW = revisions()[-1], STEPS[-1]
CALLS = 8_000
CONFIG = """\
hub:
  public_url: https://calls.example.com
  disk_reserve: 0
  database: {database}
  secret_keys: ["${{file:key}}"]
connectors:
  law: {{plugin: signals}}
accounts:
  - name: agency
    title: Agency
    companies:
      - {{name: north, title: North, country: US, region: IL, route: {{dial: "+13125550190"}}, trackers: []}}
"""


def configure(folder: Path, database: str) -> Path:
    (folder / "key").write_text(new_key())
    (folder / "config.yaml").write_text(CONFIG.format(database=database))
    return folder / "config.yaml"


def run(file: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["upgrade", *words, "--config", str(file)])


def revision(database: str) -> str | None:
    store = Store(database)
    try:
        return current(store)
    finally:
        store.close()


def findings(result: Result) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for each in json.loads(result.stdout)["findings"]:
        found.setdefault(each["what"], []).append((each["state"], each["text"]))
    return found


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A large database of an older version."""
    file = tmp_path_factory.mktemp("old") / "old.db"
    fill(f"sqlite:///{file}", CALLS)
    return file


@pytest.fixture
def old(tmp_path: Path, filled: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """config.yaml over a copy of it, and the later version."""
    database = f"sqlite:///{shutil.copy(filled, tmp_path / 'old.db')}"
    release(monkeypatch)
    return configure(tmp_path, database), database


def test_a_large_old_database_is_tried_on_a_copy_and_then_migrated(old: tuple[Path, str]) -> None:
    file, database = old
    before = (file.parent / "old.db").read_bytes()
    result = run(file, "--check", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["found"], found["target"], found["safe"]) == (OLD, NEW, True)
    assert found["migrations"] == [
        ["9001", "Give each company a label that names its calls."],
        ["9002", "Seal the labels of companies; none stays in clear."],
    ]
    assert found["trial"]["bytes"] > 1_000_000 and found["trial"]["migration_seconds"] > 0
    assert "call" not in found["trial"]["changed"], "no call is lost"
    assert {state for each in findings(result).values() for state, _ in each} == {"fine", "warning"}
    assert findings(result)["backup"][0] == ("warning", "There is no backup of data; make one before (hub backup).")
    [(state, processes)] = findings(result)["processes"]
    assert state == "warning" and "stop the workers before" in processes
    assert revision(database) == OLD and (file.parent / "old.db").read_bytes() == before
    assert [*file.parent.glob(f".{PREFIX}*")] == []
    assert run(file).output.startswith(f"✓ Schema {OLD} → {NEW}")
    assert revision(database) == NEW
    assert run(file).output == f"The database is of schema {NEW} already.\n"
    again = run(file, "--check")
    assert "already; nothing is migrated" in again.output and again.exit_code == 0


def test_what_stands_against_an_upgrade_is_said_and_ends_with_status_1(old: tuple[Path, str]) -> None:
    file, database = old
    store = Store(database)
    with store.writing() as session:
        session.connection().exec_driver_sql("ALTER TABLE company ADD COLUMN label VARCHAR")
    store.close()
    file.write_text(file.read_text() + "no_such_setting: 1\n")
    result = run(file, "--check", "--json")
    assert result.exit_code == 1
    found = findings(result)
    assert found["config.yaml"][0][0] == "wrong" and "no_such_setting" in found["config.yaml"][0][1]
    assert found["trial"][0][0] == "wrong" and "label" in found["trial"][0][1]
    assert revision(database) == OLD
    assert "Mend this before the upgrade" in run(file, "--check", "--max-gb", "0").output


def test_a_database_that_is_not_there_newer_or_of_no_release_is_not_tried(
    tmp_path: Path, refusal: Refusal, sqlite_url: str
) -> None:
    missing = configure(tmp_path, f"sqlite:///{tmp_path / 'none.db'}")
    assert "The database is empty" in run(missing, "--check").output and not (tmp_path / "none.db").exists()
    other = configure(tmp_path, sqlite_url)
    for schema, said, refused in (
        ("9999", "belongs to a newer version of Ringfence (schema 9999); update the hub", "belongs to a newer version"),
        (
            "0057",
            "is of schema 0057, which no released version has",
            "start with an empty database, or keep the version",
        ),
    ):
        store = Store(sqlite_url)
        with store.writing() as session:
            session.execute(text("UPDATE alembic_version SET version_num = :schema"), {"schema": schema})
        store.close()
        result = run(other, "--check")
        assert result.exit_code == 1 and said in " ".join(result.output.split())
        assert refused in refusal(run(other))
    assert "are for --check" in refusal(run(other, "--without-trial"))


def guards(database: str) -> set[str]:
    """The triggers and policies of a PostgreSQL database."""
    store = Store(database)
    with store.engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal UNION ALL "
            "SELECT format('%%s %%s %%s', tablename, policyname, qual) FROM pg_policies"
        )
        return set(found.scalars())


@pytest.mark.postgresql
def test_on_postgresql_rows_triggers_and_policies_are_copied_into_a_scratch_database(
    tmp_path: Path, databases: Path, refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.fresh_database(databases) as database, postgres.fresh_database(databases) as other:
        for each in (database, other):
            postgres.empty(databases, each)
        fill(database, 200)
        store = Store(database)
        with store.engine.begin() as connection:
            connection.exec_driver_sql(
                "CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
            )
            connection.exec_driver_sql(
                "CREATE TRIGGER watched BEFORE UPDATE OF name ON company FOR EACH ROW EXECUTE FUNCTION watch()"
            )
        release(monkeypatch)
        file, seen = configure(tmp_path, database), []

        def look(table: str, done: int, total: int) -> None:
            if table == ALL_COPIED:
                scratched = Store(other)
                seen.append((guards(other), counts(scratched)))
                scratched.close()

        how = Try(wanted=True, max_bytes=10**9, folder=None, database=other, seconds=time.monotonic, progress=look)
        found = check_upgrade(file, vault_of, AT, how)
        assert found.is_safe and found.trial and found.trial.migration_seconds > 0, found.findings
        ((copied, rows),) = seen
        assert copied == guards(database) and any("watched" in each for each in copied)
        assert any("account_rows" in each for each in copied)
        assert rows == counts(store) and rows["call"] == 200
        assert revision(other) is None and guards(other) == set() and revision(database) == OLD
        assert "name it with --scratch" in refusal(run(file, "--check"))
        assert "names the hub's own database" in refusal(run(file, "--check", "--scratch", database))
        with postgres._connection(databases) as server:
            server.execute(f"ALTER ROLE {postgres.OWNER} CREATEDB")
            try:
                with scratch(store, tmp_path) as made:
                    assert revision(made.database) is None and made.database != database
            finally:
                server.execute(f"ALTER ROLE {postgres.OWNER} NOCREATEDB")
            left = server.execute(f"SELECT count(*) FROM pg_database WHERE datname LIKE '{PREFIX}%'").fetchone()
        store.close()
        assert left == (0,)
