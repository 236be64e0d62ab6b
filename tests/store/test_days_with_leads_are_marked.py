"""An older database, whose roll-ups count no leads, is migrated: the days that have some are added up again."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from alembic import command
from sqlmodel import select
from test_sealing_of_names import insert_row
from test_store_schema import empty

from hub.model import DirtyDay
from hub.store import Store
from hub.store.schema import alembic_config, upgrade

LATE = datetime(2026, 5, 2, 3, tzinfo=UTC)
ROWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("account", {"id": "a"}),
    ("company", {"id": "c", "account_id": "a", "name": "c", "time_zone": "America/Chicago"}),
    ("call", {"id": "lead", "company_id": "c", "person_id": None, "started_at": LATE}),
    ("call", {"id": "plain", "company_id": "c", "person_id": None, "started_at": LATE.replace(month=6)}),
    (
        "text_message",
        {"id": "deal", "direction": "in", "company_id": "c", "person_id": None, "at": LATE.replace(day=9)},
    ),
    ("lead", {"subject_id": "lead", "company_id": "c", "status": "booked"}),
    ("outcome", {"id": "o", "connector": "crm", "external_id": "1", "stage": "won", "subject_id": "deal"}),
)


def test_the_days_of_leads_and_deals_are_marked(store: Store) -> None:
    empty(store)
    with store.engine.execution_options(ringfence_write=True).begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0026")
        for table, row in ROWS:
            insert_row(connection, table, [row])
    assert upgrade(store, None)
    with store.reading() as session:
        days = {(row.company_id, row.day) for row in session.exec(select(DirtyDay))}
    assert days == {("c", date(2026, 5, 1)), ("c", date(2026, 5, 8))}
