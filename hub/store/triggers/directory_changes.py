"""Triggers in the database that give the row of `directory_change` a new change id in every transaction that changes what the
directory of numbers is read from. They see the statements of all processes; nobody has to remember to call anything."""

from __future__ import annotations

from sqlmodel import SQLModel

TABLES = ("company", "flow_version", "greeting", "source_rule", "stored_secret", "tracker", "tracking_number")
"""What the directory and its copy on disk are read from; a test holds it."""
LEASES = frozenset({"lease_id", "leased_until"})
"""Columns that the directory does not use, and that change with every visitor."""

NOTED = (
    "INSERT INTO directory_change (id, change_id) VALUES (1, {change_id}) "
    "ON CONFLICT (id) DO UPDATE SET change_id = excluded.change_id WHERE directory_change.change_id <> excluded.change_id"
)
FUNCTIONS = (
    f"""
CREATE OR REPLACE FUNCTION note_directory_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {NOTED.format(change_id="txid_current()::text")}; RETURN NULL; END $$
""",
)


def _columns(table: str) -> str:
    return ", ".join(column.name for column in SQLModel.metadata.tables[table].columns if column.name not in LEASES)


def on_sqlite(table: str) -> list[str]:
    """The statements that create or replace the triggers of one table."""
    statements = []
    for verb, when in (("insert", "INSERT"), ("update", f"UPDATE OF {_columns(table)}"), ("delete", "DELETE")):
        name = f"{table}_directory_{verb}"
        statements += [
            f"DROP TRIGGER IF EXISTS {name}",
            f"CREATE TRIGGER {name} AFTER {when} ON {table} BEGIN {NOTED.format(change_id='hex(randomblob(8))')}; END",
        ]
    return statements


def on_postgresql(table: str) -> list[str]:
    """The same for PostgreSQL, after `FUNCTIONS`.

    They run at the commit, so that a transaction holds the row that all share only for a moment, and takes no other lock
    after it.
    """
    name = f"{table}_directory"
    return [
        f"DROP TRIGGER IF EXISTS {name} ON {table}",
        f"CREATE CONSTRAINT TRIGGER {name} AFTER INSERT OR DELETE OR UPDATE OF {_columns(table)} ON {table} "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_directory_change()",
    ]
