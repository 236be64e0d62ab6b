"""Finds one call, text or form that a user may see."""

from __future__ import annotations

from sqlmodel import Session, col

from hub.access.scope import AccessScope
from hub.errors import NotFound
from hub.flow.case import Subject
from hub.model import Call, FormSubmission, TextMessage


def find_contact(session: Session, calls: AccessScope, texts: AccessScope | None, contact_id: str) -> Subject:
    """The call, incoming text or form with this id; NotFound if the user may not see it. `calls` and `texts` are the
    user's scopes of these actions."""
    found: Subject | None = session.exec(calls.calls().where(Call.id == contact_id)).first()
    if found is None and calls.reach == "account":
        found = session.exec(calls.select(FormSubmission).where(FormSubmission.id == contact_id)).first()
    if found is None and texts is not None and texts.reach == "account":
        incoming = texts.select(TextMessage).where(TextMessage.id == contact_id, TextMessage.direction == "in")
        found = session.exec(incoming.where(col(TextMessage.company_id).is_not(None))).first()
    if found is None:
        raise NotFound("Not found")
    return found
