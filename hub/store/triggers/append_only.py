"""Append-only tables: triggers in the database refuse to change or delete rows."""

from __future__ import annotations

from sqlalchemy import Connection, text

TABLES = ("audit_entry", "consent_record", "consent_notice", "journal_entry")
AUDIT_TABLE = "audit_entry"
"""Its rows can be deleted only after the journal records the end of their retention period
(hub.store.journal.signing)."""
RETENTION_ENDED = "EXISTS (SELECT 1 FROM journal_entry WHERE kind = 'ended audit_entry' AND since >= OLD.at)"


def guard_append_only(connection: Connection) -> None:
    """Create or replace the triggers. They stop mistakes and injected statements. The database's owner can drop them; the
    journal's hashes show changes made after that."""
    sqlite = connection.dialect.name == "sqlite"
    if not sqlite:
        connection.execute(text(FUNCTION))
        connection.execute(text(FUNCTION_OF_ENDING))
    for table in TABLES:
        for statement in _on_sqlite(table) if sqlite else _on_postgresql(table):
            connection.execute(text(statement))


FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'rows of % are only added', TG_TABLE_NAME; END $$
"""
FUNCTION_OF_ENDING = f"""
CREATE OR REPLACE FUNCTION refuse_early_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT {RETENTION_ENDED} THEN RAISE EXCEPTION 'rows of % are only added', TG_TABLE_NAME; END IF;
    RETURN OLD;
END $$
"""


def _on_sqlite(table: str) -> list[str]:
    guards = []
    for verb in ("UPDATE", "DELETE"):
        name = f"{table}_no_{verb.lower()}"
        when = f"WHEN NOT {RETENTION_ENDED} " if (table, verb) == (AUDIT_TABLE, "DELETE") else ""
        guards += [
            f"DROP TRIGGER IF EXISTS {name}",
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} {when}"
            f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are only added'); END",
        ]
    return guards


def _on_postgresql(table: str) -> list[str]:
    name = f"{table}_append_only"
    verbs = "UPDATE OR TRUNCATE" if table == AUDIT_TABLE else "UPDATE OR DELETE OR TRUNCATE"
    guards = [
        f"DROP TRIGGER IF EXISTS {name} ON {table}",
        f"CREATE TRIGGER {name} BEFORE {verbs} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    ]
    if table == AUDIT_TABLE:
        guards += [
            f"DROP TRIGGER IF EXISTS {table}_no_early_end ON {table}",
            f"CREATE TRIGGER {table}_no_early_end BEFORE DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_early_end()",
        ]
    return guards
