"""How a database answers: the plan of each statement that a piece of work sends, and what in it grows with the tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event, text

from hub.store.engine import Store


@dataclass
class Statements:
    """The SELECT statements that were sent, with their values."""

    sent: list[tuple[str, Any]] = field(default_factory=list)

    def plans(self, store: Store) -> Iterator[tuple[str, str]]:
        """Each different statement, and its plan."""
        with store.engine.connect() as connection:
            for statement, values in dict(self.sent).items():
                yield statement, _plan(store, connection, statement, values)


@contextmanager
def statements(store: Store) -> Iterator[Statements]:
    """Collect what is sent to the database."""
    found = Statements()

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if statement.startswith("SELECT") and not many:
            found.sent.append((statement, values))

    engines = {store.engine, store._of_accounts}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


def _plan(store: Store, connection: Any, statement: str, values: Any) -> str:
    if store.is_sqlite:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        return "\n".join(row[3] for row in rows)
    # Whether there is a way without reading or sorting everything; what a small table deserves does not matter.
    for setting in ("enable_seqscan", "enable_sort"):
        connection.execute(text(f"SET LOCAL {setting} = off"))
    return "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN (COSTS off) {statement}", values))


def full_scans(plan: str, tables: frozenset[str]) -> list[str]:
    """The steps that read all of one of the tables."""
    names = "|".join(sorted(tables))
    lite = rf"^SCAN (?:{names})\b(?! USING (?:COVERING )?INDEX)"
    return re.findall(rf"{lite}.*|Seq Scan on (?:{names})\b.*", plan, re.MULTILINE)
