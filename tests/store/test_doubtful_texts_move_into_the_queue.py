"""An older database with texts that may ask for a stop is migrated: the open ones are in the queue of doubtful refusals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from alembic import command
from test_sealing_of_names import insert_row
from test_store_schema import empty

from hub.store import Store
from hub.store.schema import alembic_config, upgrade
from hub.texts.doubts import open_doubts

AT = datetime(2026, 5, 2, 3, tzinfo=UTC)


def text(row_id: str, doubt: str | None) -> dict[str, Any]:
    return {"id": row_id, "direction": "in", "company_id": "c", "person_id": None, "person_number": "+13125550142",
            "at": AT, "doubt": doubt, "carrier_message_id": row_id}  # fmt: skip


ROWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("account", {"id": "a"}),
    ("company", {"id": "c", "account_id": "a", "name": "c", "time_zone": "America/Chicago"}),
    *(("text_message", text(f"text-{doubt}", doubt)) for doubt in ("open", "stop", None)),
)


def test_open_texts_move_into_the_queue_and_keep_their_ids(store: Store) -> None:
    empty(store)
    with store.engine.execution_options(ringfence_write=True).begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0049")
        for table, row in ROWS:
            insert_row(connection, table, [row])
    assert upgrade(store, None)
    with store.reading() as session:
        (doubt,) = open_doubts(session)
    assert (doubt.id, doubt.subject_id, doubt.source, doubt.refused) == ("text-open", "text-open", "text", "texts")
    assert (doubt.person_number, doubt.decide_by) == ("+13125550142", AT + timedelta(days=14))
