"""Seal names, the answers of forms, and corrections under the key of their person; nothing of them stays in clear."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlmodel import Session

from hub.errors import ConfigError
from hub.store.encryption.encrypted_fields import Plaintext, encrypt_many
from hub.store.encryption.vault import Vault

revision = "0003"
down_revision = "0002"

ROWS_PER_STATEMENT = 500
JSON = ("fields", "correction")


def upgrade() -> None:
    for table, column in (
        ("call", "sealed_name"),
        ("person", "sealed_name"),
        ("form_submission", "sealed_name"),
        ("form_submission", "sealed_fields"),
        ("fact", "sealed"),
        ("privacy_request", "sealed"),
    ):
        op.add_column(table, sa.Column(column, sa.LargeBinary(), nullable=True))
    _seal("call", "caller_name", "sealed_name", "call/{}/name", _owner("caller_number"))
    _seal("person", "name", "sealed_name", "person/{}/name", _owner("phone_number"))
    _seal("form_submission", "name", "sealed_name", "form_submission/{}/name", _owner("phone_number"))
    _seal("form_submission", "fields", "sealed_fields", "form_submission/{}/fields", _owner("phone_number"))
    _seal("privacy_request", "correction", "sealed", "privacy_request/{}/correction", _owner("phone_number"))
    _seal("fact", "value", "sealed", "fact/{}", FACTS, "t.category = 'user.name'")
    for table, column in (
        ("call", "caller_name"),
        ("person", "name"),
        ("form_submission", "name"),
        ("form_submission", "fields"),
        ("privacy_request", "correction"),
    ):
        op.drop_column(table, column)
    op.execute("ALTER TABLE privacy_request RENAME COLUMN sealed TO correction")


def _owner(number: str) -> str:
    """What a row's holder is made of: company, number, the row that stands for the person where the number is hidden."""
    return f"SELECT t.id, t.company_id, t.{number}, t.id, t.{{column}} FROM {{table}} t"


FACTS = """
    SELECT t.id, coalesce(c.company_id, x.company_id, f.company_id),
           coalesce(c.caller_number, x.person_number, f.phone_number), t.subject_id, t.{column}
    FROM {table} t LEFT JOIN call c ON c.id = t.subject_id LEFT JOIN text_message x ON x.id = t.subject_id
    LEFT JOIN form_submission f ON f.id = t.subject_id
"""


def _seal(table: str, column: str, sealed: str, place: str, rows: str, where: str = "true") -> None:
    """Seal `column` of every row into `sealed`, and empty it: what is dropped later must not stay behind in pages."""
    empty = "'{}'" if column in JSON else "NULL"
    change = sa.text(f"UPDATE {table} SET {sealed} = :sealed, {column} = {empty} WHERE id = :id")
    with Session(op.get_bind()) as session:
        for chunk in _chunks(session, rows.format(table=table, column=column), f"t.{column} IS NOT NULL AND {where}"):
            told = [(row, text) for row in chunk if (text := _answers(row[4]) if column in JSON else row[4])]
            if not told:
                continue
            keys = _vault(session)
            words = [
                Plaintext(keys.holder(session, company, number if company else None, subject), text, place.format(row_id))
                for (row_id, company, number, subject, _), text in told
            ]
            changes = [
                {"id": row[0], "sealed": each}
                for (row, _), each in zip(told, encrypt_many(keys, session, words), strict=True)
            ]
            session.connection().execute(change, changes)


def _chunks(session: Session, rows: str, where: str) -> Iterator[list[Any]]:
    last = ""
    while True:
        found = session.execute(
            sa.text(f"{rows} WHERE {where} AND t.id > :last ORDER BY t.id LIMIT {ROWS_PER_STATEMENT}"), {"last": last}
        ).all()
        if not found:
            return
        yield list(found)
        last = found[-1][0]


def _vault(session: Session) -> Vault:
    made = context.config.attributes.get("vault")
    if made is None:
        raise ConfigError("There are names in this database that only the hub's key can seal; start the hub with it.")
    vault: Vault = made()
    vault.check(session)
    return vault


def _answers(value: object) -> str:
    """JSON, which SQLite gives as text and PostgreSQL as objects; empty where it says nothing."""
    told = value if isinstance(value, dict) else json.loads(str(value))
    return json.dumps(told, ensure_ascii=False) if told else ""
