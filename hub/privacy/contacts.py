"""Finds the contacts of one person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_
from sqlmodel import Session, col, select

from hub.model import Call, FormSubmission, Person, TextMessage
from hub.store.rows import indexless


def contacts_of(session: Session, person: Person) -> tuple[list[str], list[str], list[str]]:
    """Ids of a person's calls, texts and forms: linked to the person, or with their number or address."""
    company_id, number, email = person.company_id, person.known_number, person.known_email

    def of(table: Any, *named: ColumnElement[bool]) -> list[str]:
        of_company = indexless(table.company_id) == company_id
        return list(session.exec(select(table.id).where(of_company, or_(table.person_id == person.id, *named))))

    def named(column: Any, name: str | None) -> ColumnElement[bool]:
        return col(column) == name if name else false()

    return (
        of(Call, named(Call.caller_number, number)),
        # The index of texts by number begins with the company.
        of(TextMessage, and_(col(TextMessage.company_id) == company_id, named(TextMessage.person_number, number))),
        of(FormSubmission, named(FormSubmission.phone_number, number), named(FormSubmission.email, email)),
    )
