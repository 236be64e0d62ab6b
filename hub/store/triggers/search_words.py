"""Triggers in the database that delete the search words of a row when its text is emptied or the row is deleted, by
any way: an erasure, a retention rule, the end of a company, a restored backup's replay."""

from __future__ import annotations

TEXTS = {
    "call": "sealed_name",
    "form_submission": "sealed_name",
    "person": "sealed_name",
    "fact": "sealed",
    "note": "sealed",
    "transcript": "sealed",
}
"""Table with words in the index → the column that holds the text."""
TABLES = tuple(TEXTS)

FORGET = "DELETE FROM search_word WHERE row_id = OLD.id"
FUNCTIONS = (
    f"""
CREATE OR REPLACE FUNCTION forget_search_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {FORGET}; RETURN NULL; END $$
""",
)


def _moments(table: str) -> dict[str, str]:
    """Trigger → when it runs."""
    text = TEXTS[table]
    return {
        f"{table}_words_deleted": f"AFTER DELETE ON {table} FOR EACH ROW WHEN (OLD.{text} IS NOT NULL)",
        f"{table}_words_emptied": f"AFTER UPDATE OF {text} ON {table} FOR EACH ROW "
        f"WHEN (OLD.{text} IS NOT NULL AND NEW.{text} IS NULL)",
    }


def on_sqlite(table: str) -> list[str]:
    """The statements that create or replace the triggers of one table."""
    return [
        statement
        for name, moment in _moments(table).items()
        for statement in (f"DROP TRIGGER IF EXISTS {name}", f"CREATE TRIGGER {name} {moment} BEGIN {FORGET}; END")
    ]


def on_postgresql(table: str) -> list[str]:
    """The same for PostgreSQL, after `FUNCTIONS`."""
    return [
        statement
        for name, moment in _moments(table).items()
        for statement in (
            f"DROP TRIGGER IF EXISTS {name} ON {table}",
            f"CREATE TRIGGER {name} {moment} EXECUTE FUNCTION forget_search_words()",
        )
    ]
