"""What a client writes about a call, a form or a thread: note, tags, lead status, value, name, spam, as the pages do."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from hub.access.scope import AccessScope
from hub.callrail.people import GOOD_LEAD, NOT_A_LEAD, NOT_SCORED, STATUSES
from hub.contracts.leads import LeadStatus
from hub.contracts.values import Money
from hub.errors import CannotDo
from hub.marks.leads import Value, mark_lead, parse_value
from hub.marks.names import name_contact
from hub.marks.notes import add_note, delete_note
from hub.marks.spam import mark_spam
from hub.marks.subjects import markable
from hub.marks.tag_definitions import tag_name
from hub.marks.tags import tag, untag
from hub.model import Lead, Tag
from hub.queries.marks import marks_of
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.writing.members import choice_in, flag_in, list_in, text_in

LEAD_STATUSES = (GOOD_LEAD, NOT_A_LEAD, NOT_SCORED)


def write_marks(request: CallRailRequest, subject_id: str, *, status_name: str = "lead_status") -> None:
    """Write what the body says, in one transaction; what it does not name stays. NotFound if the user does not see the
    call, text or form; CannotDo says what is wrong, and then nothing is written."""
    with request.session() as session:
        markable(session, request.scope, [subject_id])

    def action(session: Session) -> dict[str, str]:
        now, scope = request.hub.clock(), request.scope
        _lead(session, request, subject_id, now, status_name)
        _tags(session, request, subject_id, now)
        note = text_in(request.body, "note", "notes")
        if note is not None:
            _note(session, request, subject_id, note, now)
        name = text_in(request.body, "customer_name")
        if name:
            name_contact(session, scope, request.hub.vault, subject_id, name, now)
        spam = flag_in(request.body, "spam")
        if spam is not None:
            mark_spam(session, scope, subject_id, spam, now)
        return {"id": subject_id}

    request.once.do(request.authorized, action)


def _lead(session: Session, request: CallRailRequest, subject_id: str, now: datetime, status_name: str) -> None:
    sent, written = choice_in(request.body, status_name, LEAD_STATUSES), text_in(request.body, "value")
    if sent is None and written is None:
        return
    row = session.get(Lead, subject_id)
    before = row.status if row and row.status else None
    status: str | None
    if sent == NOT_SCORED:
        status = None
    elif sent is None or before in STATUSES[sent]:
        # A value alone needs a lead; a booked lead is a good one already.
        status = before or LeadStatus.NEW
    else:
        status = STATUSES[sent][0]
    value = _value(written, row)
    if status is None and isinstance(value, Money):
        raise CannotDo("A value belongs to a lead; send lead_status good_lead with it.")
    mark_lead(session, request.scope, subject_id, status, now, value)


def _value(written: str | None, row: Lead | None) -> Value:
    if written is None:
        return "keep"
    plain = written.replace("$", "").replace(",", "").strip()
    return parse_value(plain, row.currency if row else None) if plain and plain != "--" else None


def _tags(session: Session, request: CallRailRequest, subject_id: str, now: datetime) -> None:
    """Put the tags on, and take the others off unless `append_tags` is true."""
    names = list_in(request.body, "tags", "tag_list")
    if names is None:
        return
    wanted = {tag_name(each).casefold(): each for each in names}
    if not flag_in(request.body, "append_tags"):
        for each in session.exec(select(Tag.name).where(Tag.subject_id == subject_id)).all():
            if each.casefold() not in wanted:
                untag(session, request.scope, subject_id, each, now)
    for each in wanted.values():
        tag(session, request.scope, subject_id, each, now)


def _note(session: Session, request: CallRailRequest, subject_id: str, note: str, now: datetime) -> None:
    """CallRail has one note where Ringfence has several: what a client adds at its end becomes a note; other changes
    replace the notes that the user may delete."""
    scope: AccessScope = request.scope
    notes = marks_of(session, scope, request.hub.vault, subject_id).notes
    before = "\n".join(each.text for each in notes if each.text)
    if note == before:
        return
    if before and note.startswith(f"{before}\n"):
        note = note[len(before) :]
    else:
        for each in notes:
            if each.may_delete:
                delete_note(session, scope, each.id, now)
    if note.strip():
        add_note(session, scope, request.hub.vault, subject_id, note, now)
