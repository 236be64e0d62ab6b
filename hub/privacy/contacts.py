"""Finds the contacts of one person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from hub.model import Call, FormSubmission, Person, TextMessage
from hub.store.rows import indexless


def contacts_of(session: Session, person: Person) -> tuple[list[str], list[str], list[str]]:
    """Ids of a person's calls, texts and forms: linked to the person, or with their number or address."""
    company_id, number, email = person.company_id, person.known_number, person.known_email

    def of(table: Any, *names: tuple[Any, str | None]) -> list[str]:
        # Beside each name stands the company again: the indexes of texts begin with it.
        named = [and_(table.company_id == company_id, col(column) == name) for column, name in names if name]
        theirs = or_(table.person_id == person.id, *named)
        return list(session.exec(select(table.id).where(indexless(table.company_id) == company_id, theirs)))

    return (
        of(Call, (Call.caller_number, number)),
        of(TextMessage, (TextMessage.person_number, number)),
        of(FormSubmission, (FormSubmission.phone_number, number), (FormSubmission.email, email)),
    )
