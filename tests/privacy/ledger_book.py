"""A consent ledger with some records, and what somebody with the database's rights could do to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select
from stage import CALLER, Stage

from hub.contracts.consent import State
from hub.model import ConsentEntry, Person
from hub.privacy.ledger import Report, Word, append, keep_notice, sign_heads, verify
from hub.store.append_only import TABLES

RECORDS = 9
WORDS: tuple[State, ...] = ("given", "refused", "withdrawn", "objected")


def fill(stage: Stage, records: int = RECORDS, signed: int = 0) -> str:
    """Records of one person at Lakeside, the end signed after `signed` of them; the company's id."""
    stage.call_in()
    person = stage.one(Person, phone_number=CALLER, phone_learnt="carrier")
    for number in range(1, records + 1):
        with stage.hub.store.writing() as session:
            notice = keep_notice(session, f"May we call you? Version {number % 2}.", "en", stage.clock())
            word = Word(
                company_id=person.company_id,
                person_id=person.id,
                state=WORDS[number % len(WORDS)],
                use="marketing",
                channel="agent",
                detail=f"ticket {number}",
                notice_hash=notice,
                language="en",
                spoken_at=stage.clock() + timedelta(minutes=number),
            )
            append(session, [word], stage.clock(), stage.hub.vault)
            if number == signed:
                sign_heads(session, stage.hub.keyring, stage.clock())
    return person.company_id


def walk(stage: Stage, company_id: str, session: Session | None = None, *heads: tuple[int, str]) -> Report:
    """Verify one company's chain."""
    if session is not None:
        return verify(session, stage.hub.keyring, company_id, heads)
    with stage.hub.store.reading() as fresh:
        return verify(fresh, stage.hub.keyring, company_id, heads)


def take_guards_down(session: Session) -> None:
    """As the database's owner can."""
    postgres = session.connection().dialect.name == "postgresql"
    for table in TABLES:
        if postgres:
            session.execute(text(f"DROP TRIGGER {table}_append_only ON {table}"))
        else:
            for verb in ("update", "delete"):
                session.execute(text(f"DROP TRIGGER {table}_no_{verb}"))


def rows_of(session: Session) -> dict[int, dict[str, Any]]:
    """Every record by its position, as plain columns."""
    entries = session.exec(select(ConsentEntry).order_by(col(ConsentEntry.position)))
    return {entry.position: entry.model_dump() for entry in entries}


def rewrite(session: Session, rows: list[dict[str, Any]]) -> None:
    """Put these records in place of all."""
    session.execute(text("DELETE FROM consent_record"))
    session.expunge_all()
    session.add_all([ConsentEntry(**row) for row in rows])
    session.flush()
    session.expunge_all()
