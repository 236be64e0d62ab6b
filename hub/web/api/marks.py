"""Mark a call, text or form as a lead, tag it, write a note on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Annotated

from fastapi import Depends, FastAPI, Path
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from hub.contracts.leads import LeadStatus
from hub.contracts.values import Money
from hub.marks.leads import DEFAULT_CURRENCY, LeadMark, Value, mark_lead
from hub.marks.notes import MAX_NOTE_CHARACTERS, add_note
from hub.marks.subjects import markable
from hub.marks.tag_names import MAX_TAG_CHARACTERS
from hub.marks.tags import tag
from hub.queries.marks import marks_in_list
from hub.web.api.auth import Authenticator, AuthorizedRequest
from hub.web.api.schemas import LeadAnswer, MarkedLead, NoteAnswer, TagsAnswer

SubjectId = Annotated[str, Path(description="The id of a call, text or form.", max_length=36)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LeadBody(_Body):
    """A lead's status and value. Without `amount` the present value stays; null removes it."""

    status: LeadStatus | None
    amount: Decimal | None = None
    currency: str = Field(default=DEFAULT_CURRENCY, pattern="^[A-Z]{3}$")


class TagBody(_Body):
    """A tag."""

    name: str = Field(max_length=4 * MAX_TAG_CHARACTERS)


class NoteBody(_Body):
    """A note."""

    text: str = Field(max_length=4 * MAX_NOTE_CHARACTERS)


def add_marks(api: FastAPI, authenticator: Authenticator) -> None:
    """Add the routes for lead, tags and notes. The id may also be that of a text or a form."""

    @api.post("/calls/{call_id}/lead")
    def lead(
        *, authorized: AuthorizedRequest = Depends(authenticator.to("marks")), call_id: SubjectId, body: LeadBody
    ) -> MarkedLead:
        value: Value = Money(body.amount, body.currency) if body.amount is not None else None
        if "amount" not in body.model_fields_set:
            value = "keep"
        with _marking(authorized, call_id) as session:
            former = mark_lead(session, authorized.scope, call_id, body.status, authorized.hub.clock(), value)
            session.flush()
            now = marks_in_list(session, authorized.scope, [call_id])[call_id].lead
        after = LeadMark(LeadStatus(now.status), now.value) if now else None
        return MarkedLead(lead=_shown(after), former=_shown(former))

    @api.post("/calls/{call_id}/tags")
    def tags(
        *, authorized: AuthorizedRequest = Depends(authenticator.to("marks")), call_id: SubjectId, body: TagBody
    ) -> TagsAnswer:
        with _marking(authorized, call_id) as session:
            tag(session, authorized.scope, call_id, body.name, authorized.hub.clock())
            return TagsAnswer(tags=list(marks_in_list(session, authorized.scope, [call_id])[call_id].tags))

    @api.post("/calls/{call_id}/notes")
    def notes(
        *, authorized: AuthorizedRequest = Depends(authenticator.to("marks")), call_id: SubjectId, body: NoteBody
    ) -> NoteAnswer:
        with _marking(authorized, call_id) as session:
            hub = authorized.hub
            return NoteAnswer.model_validate(
                add_note(session, authorized.scope, hub.vault, call_id, body.text, hub.clock())
            )


@contextmanager
def _marking(authorized: AuthorizedRequest, subject_id: str) -> Iterator[Session]:
    """A writing session, after the database itself has shown the subject to the user's account."""
    with authorized.session() as session:
        markable(session, authorized.scope, [subject_id])
    with authorized.hub.store.writing() as session:
        yield session


def _shown(mark: LeadMark | None) -> LeadAnswer:
    if mark is None:
        return LeadAnswer()
    value = mark.value
    return LeadAnswer(
        status=mark.status, amount=value.amount if value else None, currency=value.currency if value else None
    )
