"""What can be heard or read of a contact, and why something cannot."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from hub.flow.case import Subject
from hub.model import Call, FormSubmission, TextMessage
from hub.model.imports import was_imported
from hub.model.states import SubjectState
from hub.queries.contact.recordings import Heard, recordings_of
from hub.store.encryption.encrypted_fields import fields_of
from hub.texts.bodies import open_body
from hub.web.pages.call.why import Answer
from hub.web.pages.request import PageRequest

NOT_FOR_ROLE = "Your role does not include {what}. Ask the account's owner if you need them."
ERASED = "The person was erased; what they said and wrote was deleted with them."


@dataclass(frozen=True)
class Content:
    """The body of a text, or the fields of a form; `why_not` says why it is not shown."""

    text: str | None = None
    fields: tuple[tuple[str, str], ...] = ()
    why_not: str | None = None


def recordings_for(page: PageRequest, session: Session, call: Call) -> list[Heard]:
    """The recordings of a call that the user may hear."""
    return recordings_of(page.hub, session, call, page.user)


def why_no_recording(page: PageRequest, call: Call, heard: list[Heard], answer: Answer) -> str | None:
    """Why there is nothing to hear; None if there is, or if each recording says it itself."""
    if heard:
        return None
    if not page.may("voicemail"):
        return NOT_FOR_ROLE.format(what="recordings and transcripts")
    if call.answered and not page.may("recordings"):
        return NOT_FOR_ROLE.format(what="recordings of conversations")
    if call.state == SubjectState.ERASED:
        return ERASED
    if answer.word == "Not recorded" and not call.over:
        return f"The conversation is not recorded. {answer.reason}"
    if not call.over:
        return "The call has not ended. A recording shows here soon after its end."
    if not call.answered:
        return "Nobody answered, and the caller left no message, so there is nothing to hear."
    if was_imported(call):
        return "Its recording was not imported."
    if answer.word in ("Not allowed", "Needs a yes", "Not recorded"):
        return f"The call was not recorded. {answer.reason}"
    if answer.word == "Allowed":
        return "The call could be recorded, but the phone carrier has reported no recording."
    return "Recording is not enabled in the call flow of this number."


def content_of(page: PageRequest, session: Session, subject: Subject) -> Content | None:
    """What was written in a text or a form; None for a call."""
    match subject:
        case Call():
            return None
        case _ if not page.may("bodies"):
            return Content(why_not=NOT_FOR_ROLE.format(what="what people write"))
        case _ if subject.state == SubjectState.ERASED:
            return Content(why_not=ERASED)
        case TextMessage():
            body = open_body(page.hub.vault, session, subject) if subject.body else None
            return Content(text=body, why_not=None if body else "The text was deleted when its retention period ended.")
        case FormSubmission():
            fields = fields_of(page.hub.vault, session, [subject]).get(subject.id, {})
            return Content(fields=tuple(fields.items()), why_not=None if fields else "The form had no fields.")
