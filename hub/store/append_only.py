"""Tables to which rows are only added: the database itself refuses to change or delete one."""

from __future__ import annotations

from sqlalchemy import Connection, text

TABLES = ("audit_entry", "audit_head", "consent_record", "consent_notice", "ledger_head")


def guard_append_only(connection: Connection) -> None:
    """Put the guards up, or up anew. They stop mistakes and injected statements; who owns the database can take them down,
    which the ledger's hashes show."""
    sqlite = connection.dialect.name == "sqlite"
    if not sqlite:
        connection.execute(text(FUNCTION))
    for table in TABLES:
        for statement in _on_sqlite(table) if sqlite else _on_postgresql(table):
            connection.execute(text(statement))


FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'rows of % are only added', TG_TABLE_NAME; END $$
"""


def _on_sqlite(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are only added'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def _on_postgresql(table: str) -> list[str]:
    name = f"{table}_append_only"
    return [
        f"DROP TRIGGER IF EXISTS {name} ON {table}",
        f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    ]
