"""Seal the notes of the block and allow lists; and take out of stored spam reasons what one company could read in them of a
caller's calls to another."""

import json
import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlmodel import Session

from hub.errors import ConfigError
from hub.store.encryption.encrypted_fields import Plaintext, encrypt_many
from hub.store.encryption.vault import Vault

revision = "0047"
down_revision = "0046"

SEVERAL_NUMBERS = "called several numbers within a short time"
REASONS = (
    (re.compile(r"called \d+ numbers of this hub within 10 minutes"), SEVERAL_NUMBERS),
    (re.compile(r"called \d+ companies of this hub within an hour"), SEVERAL_NUMBERS),
    (re.compile(r"called honeypot numbers \d+ times in 30 days"), "called honeypot numbers lately"),
    (re.compile(r"\d+ calls within 10 minutes"), "many calls within a short time"),
    (
        re.compile(r"\d+ other calls within 24 hours ended within 6 seconds"),
        "several calls within a day ended after a few seconds",
    ),
    (re.compile(r"\d+ conversations within 24 hours"), "has had a conversation within a day"),
)
LIKE = ("% of this hub within %", "%honeypot numbers % times in%", "% calls within 10 minutes%", "% within 24 hours%")


def upgrade() -> None:
    op.add_column("caller_rule", sa.Column("sealed_note", sa.LargeBinary(), nullable=True))
    with Session(op.get_bind()) as session:
        _seal_notes(session)
        for key, score in _rows(session, "spam_score", "reasons", ("connector", "carrier_call_id")):
            reasons = score if isinstance(score, list) else json.loads(score)
            _write(session, "spam_score", "reasons", key, json.dumps(_merged(reasons)))
        for key, result in _rows(session, "call_step", "result", ("id",)):
            _write(session, "call_step", "result", key, _neutral(result))
        session.flush()
    with op.batch_alter_table("caller_rule") as batch_op:
        batch_op.drop_column("note")


def downgrade() -> None:
    op.add_column("caller_rule", sa.Column("note", sa.String(200), nullable=True))
    with op.batch_alter_table("caller_rule") as batch_op:
        batch_op.drop_column("sealed_note")


def _seal_notes(session: Session) -> None:
    rows = session.execute(
        sa.text("SELECT id, company_id, pattern, is_prefix, note FROM caller_rule WHERE note IS NOT NULL")
    ).all()
    if not rows:
        return
    vault = _vault(session)
    words = [
        Plaintext(
            vault.holder(session, company, pattern if company and not is_prefix else None, row_id),
            note,
            f"caller_rule/{row_id}/note",
        )
        for row_id, company, pattern, is_prefix, note in rows
    ]
    change = sa.text("UPDATE caller_rule SET sealed_note = :sealed, note = NULL WHERE id = :id")
    sealed = zip(rows, encrypt_many(vault, session, words), strict=True)
    session.connection().execute(change, [{"id": row[0], "sealed": each} for row, each in sealed])


def _rows(session: Session, table: str, column: str, key: tuple[str, ...]) -> Iterator[tuple[dict[str, Any], Any]]:
    """The key and the value of the rows that hold one of the older reasons."""
    like = " OR ".join(f"CAST({column} AS TEXT) LIKE :like{number}" for number in range(len(LIKE)))
    found = sa.text(f"SELECT {', '.join(key)}, {column} FROM {table} WHERE {like}")
    rows = session.execute(found, {f"like{number}": each for number, each in enumerate(LIKE)}).all()
    yield from ((dict(zip(key, row, strict=False)), row[-1]) for row in rows)


def _write(session: Session, table: str, column: str, key: dict[str, Any], value: str) -> None:
    where = " AND ".join(f"{name} = :{name}" for name in key)
    is_json = column == "reasons" and session.get_bind().dialect.name == "postgresql"
    new = "CAST(:value AS JSON)" if is_json else ":value"
    session.execute(sa.text(f"UPDATE {table} SET {column} = {new} WHERE {where}"), {**key, "value": value})


def _merged(reasons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Numbers and companies are one reason now."""
    told: dict[str, dict[str, Any]] = {}
    for each in reasons:
        code = "numbers" if each["code"] == "companies" else each["code"]
        points = each["points"] + told.get(code, {"points": 0})["points"]
        told[code] = {"code": code, "points": points, "text": _neutral(each["text"])}
    return list(told.values())


def _neutral(text: str) -> str:
    for pattern, words in REASONS:
        text = pattern.sub(words, text)
    return text.replace(f"{SEVERAL_NUMBERS}; {SEVERAL_NUMBERS}", SEVERAL_NUMBERS)


def _vault(session: Session) -> Vault:
    made = context.config.attributes.get("vault")
    if made is None:
        raise ConfigError("There are notes in this database that only the hub's key can seal; start the hub with it.")
    vault: Vault = made()
    vault.check(session)
    return vault
