"""Mark a call, text or form: lead, tags, notes, spam, the person's name; and read what is marked."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Path, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, select

from hub.contracts.leads import LeadStatus
from hub.contracts.values import Money
from hub.errors import NotFound
from hub.marks.leads import DEFAULT_CURRENCY, LeadMark, Value, mark_lead
from hub.marks.names import MAX_NAME_CHARACTERS, name_contact
from hub.marks.notes import MAX_NOTE_CHARACTERS, add_note, delete_note
from hub.marks.spam import mark_spam, spam_among
from hub.marks.subjects import markable
from hub.marks.tag_names import MAX_TAG_CHARACTERS
from hub.marks.tags import tag, untag
from hub.model import Note
from hub.queries.marks import LeadShown, marks_in_list, marks_of
from hub.web.api.action_schemas import MarksAnswer, NoteText, SpamAnswer
from hub.web.api.auth import Authenticator, AuthorizedRequest
from hub.web.api.once import Once, once_of
from hub.web.api.schemas import LeadAnswer, MarkedLead, NoteAnswer, TagsAnswer

SubjectId = Annotated[str, Path(description="The id of a call, text or form.", max_length=36)]
NAMED = {"description": "The person is named; the call or form shows it."}


class Body(BaseModel):
    """The body of a request; an unknown field is an error."""

    model_config = ConfigDict(extra="forbid")


class LeadBody(Body):
    """A lead's status and value. Without `amount` the present value stays; null removes it."""

    status: LeadStatus | None
    amount: Decimal | None = None
    currency: str = Field(default=DEFAULT_CURRENCY, pattern="^[A-Z]{3}$")


class TagBody(Body):
    """A tag."""

    name: str = Field(max_length=4 * MAX_TAG_CHARACTERS)


class NoteBody(Body):
    """A note."""

    text: str = Field(max_length=4 * MAX_NOTE_CHARACTERS)


class SpamBody(Body):
    """Whether it is spam: no rule makes a conversion of it, and CallRail's lists leave it out."""

    spam: bool


class NameBody(Body):
    """Who called or sent the form."""

    name: str = Field(max_length=4 * MAX_NAME_CHARACTERS)


def add_marks(api: FastAPI, authenticator: Authenticator) -> None:
    """Add the routes for what users mark. The id may also be that of a text or a form."""
    _add_reading(api, authenticator)
    _add_lead_and_spam(api, authenticator)
    _add_tags_and_notes(api, authenticator)


def _add_reading(api: FastAPI, authenticator: Authenticator) -> None:
    @api.get("/calls/{call_id}/marks")
    def marks(*, authorized: AuthorizedRequest = Depends(authenticator.to("marks")), call_id: SubjectId) -> MarksAnswer:
        with authorized.session() as session:
            found = marks_of(session, authorized.scope, authorized.hub.vault, call_id)
        notes = [NoteText(id=each.id, text=each.text, made_at=each.at, by=each.by) for each in found.notes]
        return MarksAnswer(lead=_of_list(found.lead), tags=list(found.tags), notes=notes, spam=found.spam)


def _add_lead_and_spam(api: FastAPI, authenticator: Authenticator) -> None:
    @api.post("/calls/{call_id}/lead")
    def lead(
        *,
        authorized: AuthorizedRequest = Depends(authenticator.to("marks")),
        once: Once = Depends(once_of),
        call_id: SubjectId,
        body: LeadBody,
    ) -> MarkedLead:
        value: Value = Money(body.amount, body.currency) if body.amount is not None else None
        if "amount" not in body.model_fields_set:
            value = "keep"

        def action(session: Session) -> dict[str, Any]:
            former = mark_lead(session, authorized.scope, call_id, body.status, authorized.hub.clock(), value)
            return {"former": _shown(former).model_dump(mode="json")}

        seen(authorized, call_id)
        done = once.do(authorized, action)
        with authorized.session() as session:
            now = marks_in_list(session, authorized.scope, [call_id])[call_id].lead
        return MarkedLead(lead=_of_list(now), former=LeadAnswer.model_validate(done["former"]))

    @api.post("/calls/{call_id}/spam")
    def spam(
        *,
        authorized: AuthorizedRequest = Depends(authenticator.to("marks")),
        once: Once = Depends(once_of),
        call_id: SubjectId,
        body: SpamBody,
    ) -> SpamAnswer:
        def action(session: Session) -> dict[str, Any]:
            mark_spam(session, authorized.scope, call_id, body.spam, authorized.hub.clock())
            return {}

        seen(authorized, call_id)
        once.do(authorized, action)
        with authorized.session() as session:
            return SpamAnswer(spam=call_id in spam_among(session, [call_id]))

    @api.post("/calls/{call_id}/name", status_code=204, response_class=Response, responses={204: NAMED})
    def name(
        *,
        authorized: AuthorizedRequest = Depends(authenticator.to("marks")),
        once: Once = Depends(once_of),
        call_id: SubjectId,
        body: NameBody,
    ) -> None:
        def action(session: Session) -> dict[str, Any]:
            hub = authorized.hub
            name_contact(session, authorized.scope, hub.vault, call_id, body.name, hub.clock())
            return {}

        seen(authorized, call_id)
        once.do(authorized, action, 204)


def _add_tags_and_notes(api: FastAPI, authenticator: Authenticator) -> None:
    @api.post("/calls/{call_id}/tags")
    def tags(
        *,
        authorized: AuthorizedRequest = Depends(authenticator.to("marks")),
        once: Once = Depends(once_of),
        call_id: SubjectId,
        body: TagBody,
    ) -> TagsAnswer:
        def action(session: Session) -> dict[str, Any]:
            tag(session, authorized.scope, call_id, body.name, authorized.hub.clock())
            return {}

        seen(authorized, call_id)
        once.do(authorized, action)
        return _tags(authorized, call_id)

    @api.delete("/calls/{call_id}/tags/{tag}")
    def remove_tag(
        *,
        authorized: AuthorizedRequest = Depends(authenticator.to("marks")),
        once: Once = Depends(once_of),
        call_id: SubjectId,
        tag: Annotated[str, Path(description="The tag's name.", max_length=4 * MAX_TAG_CHARACTERS)],
    ) -> TagsAnswer:
        def action(session: Session) -> dict[str, Any]:
            untag(session, authorized.scope, call_id, tag, authorized.hub.clock())
            return {}

        seen(authorized, call_id)
        once.do(authorized, action)
        return _tags(authorized, call_id)

    @api.post("/calls/{call_id}/notes")
    def notes(
        *,
        authorized: AuthorizedRequest = Depends(authenticator.to("marks")),
        once: Once = Depends(once_of),
        call_id: SubjectId,
        body: NoteBody,
    ) -> NoteAnswer:
        def action(session: Session) -> dict[str, Any]:
            hub = authorized.hub
            note = add_note(session, authorized.scope, hub.vault, call_id, body.text, hub.clock())
            return NoteAnswer.model_validate(note).model_dump(mode="json")

        seen(authorized, call_id)
        return NoteAnswer.model_validate(once.do(authorized, action))

    @api.delete("/calls/{call_id}/notes/{note_id}", status_code=204, response_class=Response)
    def remove_note(
        *,
        authorized: AuthorizedRequest = Depends(authenticator.to("marks")),
        once: Once = Depends(once_of),
        call_id: SubjectId,
        note_id: Annotated[str, Path(max_length=36)],
    ) -> None:
        def action(session: Session) -> dict[str, Any]:
            wanted = select(Note.id).where(Note.id == note_id, Note.subject_id == call_id)
            if session.exec(wanted).first() is None:
                raise NotFound("Not found")
            delete_note(session, authorized.scope, note_id, authorized.hub.clock())
            return {}

        seen(authorized, call_id)
        once.do(authorized, action, 204)


def seen(authorized: AuthorizedRequest, subject_id: str) -> None:
    """Insist that the database itself shows the call, text or form to the user's account."""
    with authorized.session() as session:
        markable(session, authorized.scope, [subject_id])


def _tags(authorized: AuthorizedRequest, subject_id: str) -> TagsAnswer:
    with authorized.session() as session:
        return TagsAnswer(tags=list(marks_in_list(session, authorized.scope, [subject_id])[subject_id].tags))


def _of_list(lead: LeadShown | None) -> LeadAnswer:
    return _shown(LeadMark(LeadStatus(lead.status), lead.value) if lead and lead.status else None)


def _shown(mark: LeadMark | None) -> LeadAnswer:
    if mark is None:
        return LeadAnswer()
    value = mark.value
    return LeadAnswer(
        status=mark.status, amount=value.amount if value else None, currency=value.currency if value else None
    )
