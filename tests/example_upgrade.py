"""An upgrade of two migrations: a database of this version gets the schema of a later version that tests make up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, MetaData, insert

from hub.store import Store, schema

FOLDER = Path(__file__).with_name("example_migrations")
STEPS = ["9001", "9002"]
AT = datetime(2026, 11, 24, 15, tzinfo=UTC)


def release(monkeypatch: pytest.MonkeyPatch, folder: Path = FOLDER) -> None:
    """From now on a later version is installed, which has the migrations of the folder too."""
    monkeypatch.setattr(schema, "VERSIONS", (*schema.VERSIONS, folder))


def fill(database: str, calls: int) -> None:
    """An empty database becomes one of this version, with an account, two companies and many calls of the first."""
    store = Store(database)
    schema.migrate(store)
    tables = MetaData()
    with store.writing() as session:
        tables.reflect(session.connection(), only=("account", "company", "call"), resolve_fks=False)

        def add(name: str, rows: list[dict[str, Any]]) -> None:
            table = tables.tables[name]
            fixed = {c.name: _filler(c) for c in table.columns if not c.nullable and c.server_default is None}
            session.execute(insert(table), [{**fixed, **row} for row in rows])

        add("account", [{"id": "a", "name": "agency"}])
        add("company", [{"id": name[0], "account_id": "a", "name": name} for name in ("north", "south")])
        add("call", [{"id": f"call{n}", "company_id": "n", "carrier_call_id": f"CA{n}", "connector": "phone",
                      "started_at": AT + timedelta(seconds=n)} for n in range(calls)])  # fmt: skip
    store.close()


def _filler(column: Any) -> Any:
    if isinstance(column.type, JSON):
        return {}
    kind = column.type.python_type
    return AT if kind is datetime else kind()
