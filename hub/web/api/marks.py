"""Mark a call, text or form: lead, tags, notes, spam, the person's name; and read what is marked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Path, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool, WithJsonSchema
from sqlmodel import Session, select

from hub.access.scope import AccessScope, scope_of
from hub.contracts.leads import LeadStatus
from hub.contracts.values import Money
from hub.errors import NotFound
from hub.marks.leads import DEFAULT_CURRENCY, MAX_AMOUNT, LeadMark, Value, mark_lead
from hub.marks.names import MAX_NAME_CHARACTERS, name_contact
from hub.marks.notes import MAX_NOTE_CHARACTERS, add_note, delete_note
from hub.marks.spam import mark_spam, spam_among
from hub.marks.subjects import company_of, markable
from hub.marks.tag_definitions import MAX_TAG_CHARACTERS
from hub.marks.tags import tag, untag
from hub.model import Company, Lead, Note
from hub.numbers.directory import Directory
from hub.queries.conversions.lead_recipients import lead_recipients
from hub.queries.marks import LeadShown, marks_in_list, marks_of
from hub.web.api.action_schemas import MarksAnswer, SpamAnswer
from hub.web.api.auth import AuthorizedRequest, MayMarks, Present
from hub.web.api.once import Answer, Once, OnlyOnce
from hub.web.api.paging import NOT_BLANK
from hub.web.api.schemas import LeadMarkAnswer, LeadRecipientAnswer, MarkedLead, NoteAnswer, NoteText, TagsAnswer

SubjectId = Annotated[str, Path(description="The id of a call, text or form.", max_length=36)]
PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
"""Not blank, and without control characters."""
AMOUNT_PATTERN = r"^[0-9]{1,10}(\.[0-9]{1,4})?$"
TagName = Annotated[str, Field(max_length=MAX_TAG_CHARACTERS, pattern=PRINTABLE)]
NAMED = {"description": "The person is named; the call or form shows it."}


class Body(BaseModel):
    """The body of a request; an unknown field is an error."""

    model_config = ConfigDict(extra="forbid")


AMOUNT = {"minimum": 0, "exclusiveMaximum": int(MAX_AMOUNT)}
Amount = Annotated[
    Decimal,
    Field(ge=0, lt=MAX_AMOUNT, allow_inf_nan=False),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "multipleOf": 0.0001, **AMOUNT}, {"type": "string", "pattern": AMOUNT_PATTERN}]}
    ),
]


class LeadBody(Body):
    """A lead's status and value. Without `amount` the present value stays; null removes it."""

    status: LeadStatus | None
    amount: Amount | None = None
    currency: str = Field(default=DEFAULT_CURRENCY, pattern="^[A-Z]{3}$")


class TagBody(Body):
    """A tag."""

    name: TagName


class NoteBody(Body):
    """A note."""

    text: str = Field(max_length=MAX_NOTE_CHARACTERS, pattern=NOT_BLANK)


class SpamBody(Body):
    """Whether it is spam: no rule makes a conversion of it, and CallRail's lists leave it out."""

    spam: StrictBool


class NameBody(Body):
    """Who called or sent the form."""

    name: str = Field(max_length=MAX_NAME_CHARACTERS, pattern=PRINTABLE)


Marked = Callable[[Session, AccessScope, datetime], object]
"""What a request does, in its transaction; what is a mapping is answered."""


@dataclass(frozen=True)
class Marking:
    """A request that marks one call, text or form."""

    authorized: AuthorizedRequest
    once: Once
    call_id: str

    def do(self, action: Marked, status: int = 200) -> Answer:
        """Do it once, if the user's account has it; the answer."""
        authorized = self.authorized

        def within(session: Session) -> dict[str, Any]:
            answer = action(session, authorized.scope, authorized.hub.clock())
            return answer if isinstance(answer, dict) else {}

        seen(authorized, self.call_id)
        return self.once.do(authorized, within, status)

    def tags(self) -> TagsAnswer:
        """The tags that it has now."""
        with self.authorized.session() as session:
            marks = marks_in_list(session, self.authorized.scope, [self.call_id])[self.call_id]
        return TagsAnswer(tags=list(marks.tags))


def _marking(authorized: MayMarks, once: OnlyOnce, call_id: SubjectId) -> Marking:
    return Marking(authorized, once, call_id)


OneMarking = Annotated[Marking, Depends(_marking)]


def add_marks(api: FastAPI) -> None:
    """Add the routes for what users mark. The id may also be that of a text or a form."""

    _add_reading(api)
    _add_lead_and_spam(api)
    _add_tags_and_notes(api)


def _add_reading(api: FastAPI) -> None:
    @api.get("/calls/{call_id}/marks", operation_id="getMarks")
    def marks(authorized: MayMarks, call_id: SubjectId) -> MarksAnswer:
        """The lead, tags, notes and spam mark of a call, text or form."""
        with authorized.session() as session:
            found = marks_of(session, authorized.scope, authorized.hub.vault, call_id)
        notes = [NoteText.of(each) for each in found.notes]
        return MarksAnswer(lead=_of_list(found.lead), tags=list(found.tags), notes=notes, spam=found.spam)


def _add_lead_and_spam(api: FastAPI) -> None:
    @api.post("/calls/{call_id}/lead", operation_id="setLead")
    def lead(marking: OneMarking, directory: Present, body: LeadBody) -> MarkedLead:
        """Mark a call, text or form as a lead, or take the mark back with the status null. The answer says which connectors
        hear of it."""
        value: Value = Money(body.amount, body.currency) if body.amount is not None else None
        if "amount" not in body.model_fields_set:
            value = "keep"

        def action(session: Session, scope: AccessScope, now: datetime) -> dict[str, Any]:
            former = mark_lead(session, scope, marking.call_id, body.status, now, value)
            return {"former": _shown(former).model_dump(mode="json")}

        done = marking.do(action)
        with marking.authorized.session() as session:
            now = marks_in_list(session, marking.authorized.scope, [marking.call_id])[marking.call_id].lead
        goes, reason = _goes(marking, directory) if body.status else ([], "It is not marked.")
        former = LeadMarkAnswer.model_validate(done["former"])
        return MarkedLead(lead=_of_list(now), former=former, goes_to=goes, goes_nowhere=reason or None)

    @api.post("/calls/{call_id}/spam", operation_id="setSpam")
    def spam(marking: OneMarking, body: SpamBody) -> SpamAnswer:
        """Mark a call, text or form as spam, or take the mark back. Conversions that were sent of it are retracted where the
        network can."""
        marking.do(lambda session, scope, now: mark_spam(session, scope, marking.call_id, body.spam, now))
        with marking.authorized.session() as session:
            return SpamAnswer(spam=marking.call_id in spam_among(session, [marking.call_id]))

    @api.post(
        "/calls/{call_id}/name",
        operation_id="setName",
        status_code=204,
        response_class=Response,
        responses={204: NAMED},
    )
    def name(marking: OneMarking, body: NameBody) -> None:
        """Name the person of a call or form."""
        vault = marking.authorized.hub.vault
        marking.do(
            lambda session, scope, now: name_contact(session, scope, vault, marking.call_id, body.name, now), 204
        )


def _add_tags_and_notes(api: FastAPI) -> None:
    @api.post("/calls/{call_id}/tags", operation_id="addTag")
    def tags(marking: OneMarking, body: TagBody) -> TagsAnswer:
        """Put a tag on a call, text or form. A tag that nobody defined may be put on it, too."""
        marking.do(lambda session, scope, now: tag(session, scope, marking.call_id, body.name, now))
        return marking.tags()

    @api.delete("/calls/{call_id}/tags/{tag}", operation_id="removeTag")
    def remove_tag(
        marking: OneMarking,
        tag: Annotated[str, Path(description="The tag's name.", max_length=MAX_TAG_CHARACTERS)],
    ) -> TagsAnswer:
        """Take a tag from a call, text or form; nothing happens if it does not have it."""
        marking.do(lambda session, scope, now: untag(session, scope, marking.call_id, tag, now))
        return marking.tags()

    @api.post("/calls/{call_id}/notes", operation_id="createNote")
    def notes(marking: OneMarking, body: NoteBody) -> NoteAnswer:
        """Write a note about a call, text or form."""

        def action(session: Session, scope: AccessScope, now: datetime) -> dict[str, Any]:
            note = add_note(session, scope, marking.authorized.hub.vault, marking.call_id, body.text, now)
            return NoteAnswer.model_validate(note).model_dump(mode="json")

        return NoteAnswer.model_validate(marking.do(action))

    @api.delete("/calls/{call_id}/notes/{note_id}", operation_id="deleteNote", status_code=204, response_class=Response)
    def remove_note(marking: OneMarking, note_id: Annotated[str, Path(max_length=36)]) -> None:
        """Delete a note."""

        def action(session: Session, scope: AccessScope, now: datetime) -> None:
            wanted = select(Note.id).where(Note.id == note_id, Note.subject_id == marking.call_id)
            if session.exec(wanted).first() is None:
                raise NotFound("Not found")
            delete_note(session, scope, note_id, now)

        marking.do(action, 204)


def seen(authorized: AuthorizedRequest, subject_id: str) -> None:
    """Insist that the database itself shows the call, text or form to the user's account."""
    with authorized.session() as session:
        markable(session, authorized.scope, [subject_id])


def _goes(marking: Marking, directory: Directory) -> tuple[list[LeadRecipientAnswer], str]:
    """Who hears of the lead, and why nobody does. Who may not see deliveries reads no reasons of consent and of networks."""
    authorized = marking.authorized
    with authorized.session() as session:
        (subject,) = markable(session, authorized.scope, [marking.call_id])
        company = session.get_one(Company, company_of(subject))
        lead, may_why = session.get(Lead, subject.id), scope_of(session, authorized.user, "deliveries") is not None
    found = lead_recipients(authorized.hub, directory, subject.id, company.name, lead)
    answers = [
        LeadRecipientAnswer(
            connector=each.connector, name=each.name, rule=each.rule, state=each.state,
            reason=each.reason if may_why else "", with_click=each.with_click,
            amount=f"{each.value.amount:f}" if each.value else None, currency=each.value.currency if each.value else None,
        )
        for each in found.recipients
    ]  # fmt: skip
    return answers, found.reason


def _of_list(lead: LeadShown | None) -> LeadMarkAnswer:
    return _shown(LeadMark(LeadStatus(lead.status), lead.value) if lead and lead.status else None)


def _shown(mark: LeadMark | None) -> LeadMarkAnswer:
    if mark is None:
        return LeadMarkAnswer()
    value = mark.value
    return LeadMarkAnswer(
        status=mark.status, amount=value.amount if value else None, currency=value.currency if value else None
    )
