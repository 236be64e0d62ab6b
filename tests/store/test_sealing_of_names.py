"""An older database, with names in clear, is migrated: each is sealed under its person's key, and none is left in clear."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import JSON, Boolean, Connection, DateTime, Float, Integer, MetaData, Table, insert, text
from sqlmodel import select
from test_store_schema import empty

from hub.errors import ConfigError
from hub.model import Call, FactRow, FormSubmission, Person, PrivacyRequest
from hub.store import Store
from hub.store.encryption.encrypted_fields import correction_in, fields_of, names_of, values_of
from hub.store.encryption.keyring import Keyring, new_key
from hub.store.encryption.vault import Vault
from hub.store.schema import alembic_config, current, upgrade
from hub.testing import FrozenClock

NUMBER = "+13125550142"
AT = datetime(2026, 11, 24, 15, tzinfo=UTC)
CALLS = 501
"""One more than are sealed at once."""
WORDS = (b"Zqcall", b"Zqperson", b"Zqform", b"Zqanswer", b"Zqfact", b"Zqright")
"""Long enough that no ciphertext holds one by chance."""
HERS: dict[str, Any] = {"company_id": "c", "phone_number": NUMBER}
ROWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("account", {"id": "a"}),
    ("company", {"id": "c", "account_id": "a"}),
    ("person", {"id": "p", **HERS, "name": "{Zqperson"}),
    ("form_submission", {"id": "f", **HERS, "name": "Zqform", "fields": {"q": "Zqanswer ü"}}),
    ("form_submission", {"id": "g", "company_id": "c", "fields": {}}),
    ("fact", {"id": "n", "subject_id": "f", "value": "Zqfact", "category": "user.name"}),
    ("fact", {"id": "m", "subject_id": "f", "name": "country", "value": "US", "category": "user.location"}),
    ("privacy_request", {"id": "r", **HERS, "correction": {"name": "Zqright"}}),
)


@pytest.fixture
def old(store: Store) -> Store:
    """A database of the first schema, with names in it."""
    empty(store)
    with store.engine.execution_options(ringfence_write=True).begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for table, row in ROWS:
            insert_row(connection, table, [row])
        calls = [{"id": f"{n:05}", "company_id": "c", "caller_number": NUMBER, "caller_name": f"Zqcall{n}"}
                 for n in range(CALLS)]  # fmt: skip
        insert_row(connection, "call", calls)
    return store


def insert_row(connection: Connection, name: str, rows: list[dict[str, Any]]) -> None:
    table = Table(name, MetaData(), autoload_with=connection)
    filled = {
        column.name: _something(column.type) for column in table.c if not column.nullable and not column.foreign_keys
    }
    texts = [column.name for column in table.c if filled.get(column.name) == ""]
    connection.execute(insert(table), [{**filled, **dict.fromkeys(texts, row.get("id", "")), **row} for row in rows])


def _something(kind: Any) -> Any:
    if isinstance(kind, JSON):
        return {}
    if isinstance(kind, DateTime):
        return AT
    if isinstance(kind, Boolean):
        return False
    return 1 if isinstance(kind, Integer | Float) else ""


def test_every_name_of_an_older_database_is_sealed_and_none_is_left_in_its_file(old: Store) -> None:
    old.keyring = Keyring([new_key()])
    vault = Vault(old.keyring, FrozenClock())
    assert upgrade(old, lambda: vault)
    with old.reading() as session:
        calls, forms = session.exec(select(Call)).all(), session.exec(select(FormSubmission)).all()
        facts, request = session.exec(select(FactRow)).all(), session.exec(select(PrivacyRequest)).one()
        person = session.exec(select(Person)).one()
        names = names_of(vault, session, [*calls, *forms, person])
        assert names == {f"{n:05}": f"Zqcall{n}" for n in range(CALLS)} | {"p": "{Zqperson", "f": "Zqform"}
        assert fields_of(vault, session, forms) == {"f": {"q": "Zqanswer ü"}}
        assert values_of(vault, session, facts) == {"n": "Zqfact", "m": "US"}
        assert correction_in(vault, session, request) == {"name": "Zqright"}
    if old.is_sqlite:
        file = Path(str(old.url.database))
        whole = b"".join(each.read_bytes() for each in file.parent.glob(f"{file.name}*"))
        assert [word for word in WORDS if word in whole] == []
    with old.writing() as session:
        assert vault.destroy(session, "c", NUMBER, "")
        assert names_of(vault, session, [*calls, *forms, person]) == {}
        assert values_of(vault, session, facts) == {"m": "US"}


def test_names_are_not_sealed_without_a_key_and_the_database_stays_as_it_was(old: Store) -> None:
    with pytest.raises(ConfigError, match="start the hub with it"):
        upgrade(old)
    assert current(old) == "0001"
    with old.reading() as session:
        assert session.execute(text("SELECT count(*) FROM call WHERE caller_name LIKE 'Zq%'")).scalar() == CALLS
