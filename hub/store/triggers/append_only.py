"""Append-only tables: triggers in the database refuse to change or delete rows.

They stop mistakes and injected statements. The database's owner can drop them; the journal's hashes show changes made after
that.
"""

from __future__ import annotations

TABLES = ("audit_entry", "consent_record", "consent_notice", "journal_entry")
AUDIT_TABLE = "audit_entry"
"""Its rows can be deleted only after the journal records the end of their retention period
(hub.store.journal.signing)."""
RETENTION_ENDED = "EXISTS (SELECT 1 FROM journal_entry WHERE kind = 'ended audit_entry' AND since >= OLD.at)"


_REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'rows of % are only added', TG_TABLE_NAME; END $$
"""
_REFUSE_EARLY_END = f"""
CREATE OR REPLACE FUNCTION refuse_early_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT {RETENTION_ENDED} THEN RAISE EXCEPTION 'rows of % are only added', TG_TABLE_NAME; END IF;
    RETURN OLD;
END $$
"""
FUNCTIONS = (_REFUSE_CHANGE, _REFUSE_EARLY_END)


def on_sqlite(table: str) -> list[str]:
    """The statements that create or replace the triggers of one table."""
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


def on_postgresql(table: str) -> list[str]:
    """The same for PostgreSQL, after `FUNCTIONS`."""
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
