"""An older database, whose deliveries do not name their company, is migrated."""

from __future__ import annotations

from typing import Any

from alembic import command
from sqlmodel import select
from test_sealing_of_names import insert_row
from test_store_schema import empty

from hub.model import Delivery
from hub.store import Store
from hub.store.schema import alembic_config, upgrade

UPLOAD = {"connector": "network", "hook": "upload_conversions", "kind": "new", "conversion_id": None}
ROWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("account", {"id": "a"}),
    ("company", {"id": "c1", "account_id": "a", "name": "c1"}),
    ("company", {"id": "c2", "account_id": "a", "name": "c2"}),
    ("call", {"id": "call", "company_id": "c1", "person_id": None, "caller_number": "+13125550142"}),
    ("text_message", {"id": "text", "direction": "in", "company_id": "c2", "person_id": None}),
    ("form_submission", {"id": "form", "company_id": "c1", "person_id": None}),
    ("conversion", {"id": "v", "key": "v", "company_id": "c2", "subject_id": "gone", "rule": "r"}),
    ("delivery", {"id": "1", "dedup_key": "1", "subject_id": "call", **UPLOAD}),
    ("delivery", {"id": "2", "dedup_key": "2", "subject_id": "text", **UPLOAD}),
    ("delivery", {"id": "3", "dedup_key": "3", "subject_id": "form", **UPLOAD}),
    ("delivery", {"id": "4", "dedup_key": "4", "subject_id": "gone", **UPLOAD, "conversion_id": "v"}),
    ("delivery", {"id": "5", "dedup_key": "5", "subject_id": "gone", **UPLOAD}),
)


def test_each_delivery_gets_the_company_of_its_call_text_or_form(store: Store) -> None:
    empty(store)
    with store.engine.execution_options(ringfence_write=True).begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0012")
        for table, row in ROWS:
            insert_row(connection, table, [row])
    assert upgrade(store, None)
    with store.reading() as session:
        companies = {row.id: row.company_id for row in session.exec(select(Delivery))}
    assert companies == {"1": "c1", "2": "c2", "3": "c1", "4": "c2", "5": None}
