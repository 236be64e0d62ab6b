"""An older database, with notes of the lists in clear and reasons that count calls to other companies, is migrated."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlmodel import select
from test_sealing_of_names import insert_row
from test_store_schema import empty

from hub.model import CallerRule, CallStep, SpamScore
from hub.store import Store
from hub.store.encryption.encrypted_fields import rule_notes_of
from hub.store.encryption.keyring import Keyring, new_key
from hub.store.encryption.vault import Vault
from hub.store.schema import alembic_config, upgrade
from hub.testing import FrozenClock

REASONS = [
    {"code": "numbers", "points": 30, "text": "called 3 numbers of this hub within 10 minutes"},
    {"code": "companies", "points": 25, "text": "called 3 companies of this hub within an hour"},
    {"code": "silent", "points": 40, "text": "the caller said nothing"},
]


def test_notes_are_sealed_and_reasons_no_longer_speak_of_other_companies(store: Store) -> None:
    empty(store)
    with store.engine.execution_options(ringfence_write=True).begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0046")
        insert_row(connection, "account", [{"id": "a"}])
        insert_row(connection, "company", [{"id": "c", "account_id": "a"}])
        shared = {"account_id": "a", "note": "Zqnote", "pattern": "+13125550142"}
        insert_row(connection, "caller_rule", [{"id": "r", "company_id": "c", **shared}])
        insert_row(connection, "caller_rule", [{"id": "s", **shared}])
        insert_row(connection, "spam_score", [{"connector": "x", "carrier_call_id": "1", "company_id": "c",
                                               "reasons": REASONS}])  # fmt: skip
        said = "rejected, score 100: called 5 numbers of this hub within 10 minutes; 25 calls within 10 minutes"
        insert_row(connection, "call_step", [{"id": "t", "company_id": "c", "result": said}])
    vault = Vault(Keyring([new_key()]), FrozenClock())
    assert upgrade(store, lambda: vault)
    with store.reading() as session:
        assert rule_notes_of(vault, session, session.exec(select(CallerRule))) == {"r": "Zqnote", "s": "Zqnote"}
        several = {"code": "numbers", "points": 55, "text": "called several numbers within a short time"}
        assert session.exec(select(SpamScore)).one().reasons == [several, REASONS[2]]
        assert session.exec(select(CallStep)).one().result == (
            "rejected, score 100: called several numbers within a short time; many calls within a short time"
        )
    if store.is_sqlite:
        assert b"Zqnote" not in Path(str(store.url.database)).read_bytes()
