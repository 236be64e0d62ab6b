"""Text the person of a call, a text or a form, call them back, record that they refuse contact, and put texts aside."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import FastAPI, Path
from pydantic import Field, StrictBool
from sqlmodel import Session, col

from hub.delivery.answer_text import answer_text
from hub.delivery.queue_call_back import TOO_LATE, queue_call_back, record_call_back, take_back_call_back
from hub.errors import CannotDo
from hub.marks.subjects import markable
from hub.model import OutgoingCall, TextMessage
from hub.model.columns import new_id
from hub.queries.texts.no_contact import contact_person, refusals_of
from hub.queries.texts.recipients import due_time, recipient_in
from hub.texts.no_contact import MAX_DETAIL, refuse_contact
from hub.texts.queue import MAX_BODY_CHARACTERS
from hub.texts.threads import archive_thread
from hub.web.api.action_schemas import CallBackAnswer, CallBacks, CalledBackAnswer, ContactRefusalsAnswer, QueuedText
from hub.web.api.auth import MayContact, Present
from hub.web.api.marks import Body, SubjectId, seen
from hub.web.api.once import OnlyOnce
from hub.web.api.paging import NOT_BLANK
from hub.web.api.schemas import shaped


class TextBody(Body):
    """A text. With `later` it waits until the law's hours and the person's consent allow it; otherwise it is refused."""

    text: str = Field(min_length=1, max_length=MAX_BODY_CHARACTERS, pattern=NOT_BLANK)
    later: StrictBool = False


class CallBackBody(Body):
    """`phone` is yours, in E.164, and rings first; without it, that of the key's user."""

    phone: str | None = Field(default=None, max_length=32)


class CalledBackBody(Body):
    """`undo`: the id of a call back that you recorded so in the last ten minutes, to take it back."""

    undo: str | None = Field(default=None, max_length=36)


class RefusalBody(Body):
    """What the person does not want: texts, calls or both. `said` is what they said; it is kept as the proof, encrypted."""

    refused: Literal["texts", "calls", "both"]
    said: str | None = Field(default=None, max_length=MAX_DETAIL)


class ArchiveBody(Body):
    """Whether the thread is put aside; a new text brings it back."""

    archived: StrictBool


def add_contact(api: FastAPI) -> None:
    """Add the routes for texts and calls to people."""
    _add_texts(api)
    _add_call_backs(api)
    _add_refusals(api)


def _add_texts(api: FastAPI) -> None:
    @api.post("/calls/{call_id}/texts", operation_id="sendText")
    def text(
        authorized: MayContact, once: OnlyOnce, directory: Present, call_id: SubjectId, body: TextBody
    ) -> QueuedText:
        """Queue a text to the person of a call, text or form. Consent, the suppression list and quiet hours are checked as
        for a text from the pages."""
        hub, scope = authorized.hub, authorized.scope
        # The text recognizes the key too, so a request whose process died may be repeated.
        token = f"{authorized.key_id}/{once.key}" if once.key else new_id()

        def action() -> dict[str, Any]:
            with authorized.session() as session:
                recipient = recipient_in(session, scope, call_id)
            row = answer_text(hub, directory, scope, recipient, body.text, token, later=body.later)
            return {"id": row.id}

        seen(authorized, call_id)
        done = once.do_alone(authorized, action, harmless=True)
        with hub.store.reading() as session:
            row = session.get_one(TextMessage, done["id"])
            return QueuedText(id=row.id, status=row.status, not_before=due_time(session, row))

    @api.post("/texts/{text_id}/archive", operation_id="archiveText")
    def archive(
        authorized: MayContact, once: OnlyOnce, text_id: Annotated[str, Path(max_length=36)], body: ArchiveBody
    ) -> ArchiveBody:
        """Put the thread of a text aside, or take it back."""

        def action(session: Session) -> dict[str, Any]:
            archive_thread(session, authorized.scope, text_id, authorized.hub.clock(), archived=body.archived)
            return {"archived": body.archived}

        with authorized.session() as session:
            authorized.scope.one(session, TextMessage, text_id)
        return ArchiveBody.model_validate(once.do(authorized, action))


def _add_call_backs(api: FastAPI) -> None:
    @api.post("/calls/{call_id}/call_backs", operation_id="createCallBack")
    def call_back(
        authorized: MayContact, once: OnlyOnce, directory: Present, call_id: SubjectId, body: CallBackBody
    ) -> CallBackAnswer:
        """Call the person back: the hub rings your phone first and then connects them."""
        hub, scope = authorized.hub, authorized.scope

        def action(session: Session) -> dict[str, Any]:
            (subject,) = markable(session, scope, [call_id])
            return {"id": queue_call_back(session, scope, hub, directory, subject, body.phone, scope.user.id).id}

        seen(authorized, call_id)
        done = once.do(authorized, action)
        with hub.store.reading() as session:
            return CallBackAnswer.model_validate(session.get_one(OutgoingCall, done["id"]))

    @api.post("/calls/{call_id}/called_back", operation_id="setCalledBack")
    def called_back(
        authorized: MayContact, once: OnlyOnce, call_id: SubjectId, body: CalledBackBody
    ) -> CalledBackAnswer:
        """Record that you called the person back on your own phone, or take that back within ten minutes."""
        scope, now = authorized.scope, authorized.hub.clock()

        def action(session: Session) -> dict[str, Any]:
            call = scope.call(session, call_id)
            if body.undo is None:
                return {"id": record_call_back(session, scope, call, now).id, "waits": False}
            if not take_back_call_back(session, scope, body.undo, now):
                raise CannotDo(TOO_LATE)
            return {"id": body.undo, "waits": True}

        seen(authorized, call_id)
        return CalledBackAnswer.model_validate(once.do(authorized, action))

    @api.get("/calls/{call_id}/call_backs", operation_id="listCallBacks")
    def call_backs(authorized: MayContact, call_id: SubjectId) -> CallBacks:
        """The calls back that answered a call, text or form, the newest first."""
        with authorized.session() as session:
            markable(session, authorized.scope, [call_id])
            rows = authorized.scope.select(OutgoingCall).where(OutgoingCall.subject_id == call_id)
            newest = session.exec(rows.order_by(col(OutgoingCall.id).desc()))
            return CallBacks(call_backs=shaped(CallBackAnswer, newest))


def _add_refusals(api: FastAPI) -> None:
    @api.post("/calls/{call_id}/refusals", operation_id="createRefusal")
    def refuse(authorized: MayContact, once: OnlyOnce, call_id: SubjectId, body: RefusalBody) -> ContactRefusalsAnswer:
        """Record that the person does not want texts, calls or both. It counts at once, and the answer says what they have
        refused by now."""
        hub, scope = authorized.hub, authorized.scope
        with authorized.session() as session:
            person = contact_person(session, scope, call_id)

        def action() -> dict[str, Any]:
            new = refuse_contact(
                hub,
                person.company_id,
                person.all_numbers,
                body.refused,
                channel=person.channel,
                actor=scope.user.id,
                subject_id=person.subject_id,
                detail=body.said,
                learned=person.learned,
            )
            return {"new": new}

        once.do_alone(authorized, action, harmless=True)
        return ContactRefusalsAnswer.model_validate(refusals_of(hub, person))

    @api.get("/calls/{call_id}/refusals", operation_id="getRefusals")
    def refusals(authorized: MayContact, call_id: SubjectId) -> ContactRefusalsAnswer:
        """What the person of a call, text or form has refused, and since when."""
        with authorized.session() as session:
            person = contact_person(session, authorized.scope, call_id)
        return ContactRefusalsAnswer.model_validate(refusals_of(authorized.hub, person))
