"""An older database, whose call flows share one row of version numbers, is migrated: each flow counts its own."""

from __future__ import annotations

from typing import Any

from alembic import command
from sqlmodel import col, select
from test_sealing_of_names import insert_row
from test_store_schema import empty

from hub.model import FlowDraft, FlowVersion
from hub.store import Store
from hub.store.schema import alembic_config, upgrade

ROWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("account", {"id": "a"}),
    ("company", {"id": "c", "account_id": "a", "name": "c"}),
    ("app_user", {"id": "u", "account_id": "a", "email": "u@example.com", "role": "owner"}),
    *(
        ("flow_version", {"id": str(number), "company_id": "c", "name": name, "number": number, "hash": "h"})
        for number, name in enumerate(("office", "route", "route", "office"), 1)
    ),
    ("flow_draft", {"id": "d", "company_id": "c", "user_id": "u", "name": "office", "base": 4}),
)


def test_each_flow_counts_its_own_versions_and_drafts_follow(store: Store) -> None:
    empty(store)
    with store.engine.execution_options(ringfence_write=True).begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0028")
        for table, row in ROWS:
            insert_row(connection, table, [row])
    assert upgrade(store, None)
    with store.reading() as session:
        versions = session.exec(select(FlowVersion).order_by(col(FlowVersion.number))).all()
        assert [(row.name, row.revision) for row in versions] == [
            ("office", 1),
            ("route", 1),
            ("route", 2),
            ("office", 2),
        ]
        assert session.exec(select(FlowDraft.base)).one() == 2
