"""What users added to a call, text or form: changes of its lead, tags, notes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlmodel import Session, col, select

from hub.access.users import names_of
from hub.model import LeadChange, Note, SignalRow, Tag
from hub.model.marks import NOT_SPAM, READ, SPAM
from hub.platform.id_words import words_of
from hub.queries.masking import Mask
from hub.queries.timeline.entries import Entry
from hub.queries.timeline.receipts import worth
from hub.store.encryption.encrypted_fields import notes_of
from hub.store.encryption.vault import Vault

if TYPE_CHECKING:
    from hub.flow.case import Subject


def mark_entries(session: Session, subject: Subject, mask: Mask, vault: Vault) -> Iterator[Entry]:
    """One entry for each change of the lead, each signal, each tag and each note. Tags and notes are masked: anybody can write
    a name into them."""
    changes = session.exec(
        select(LeadChange)
        .where(LeadChange.subject_id == subject.id, LeadChange.status != READ)
        .order_by(col(LeadChange.id))
    )
    marks = changes.all()
    tags = session.exec(select(Tag).where(Tag.subject_id == subject.id).order_by(col(Tag.id))).all()
    notes = session.exec(select(Note).where(Note.subject_id == subject.id).order_by(col(Note.id))).all()
    users = {row.marked_by for row in marks} | {row.made_by for row in tags} | {row.made_by for row in notes}
    names = {each: each for each in users} | names_of(session, users)
    texts = notes_of(vault, session, notes) if mask.off else {}
    for each in marks:
        status = words_of(each.status) or "no mark"
        data: dict[str, object] = {"lead": each.status or None, "amount": each.amount, "currency": each.currency}
        text = f"lead: {status}{worth(each.amount, each.currency)}"
        if each.status in (SPAM, NOT_SPAM):
            data, text = {"spam": each.status == SPAM}, status
        yield Entry(each.marked_at, "mark", text, (f"by {names[each.marked_by]}",), None, data)
    for read in session.exec(select(SignalRow).where(SignalRow.subject_id == subject.id).order_by(col(SignalRow.id))):
        text = f"read: {words_of(read.name)}{worth(read.amount, read.currency)}"
        data = {"signal": read.name, "confidence": read.confidence, "amount": read.amount, "currency": read.currency}
        yield Entry(read.read_at, "mark", text, (f"by {read.connector}, {read.confidence:.0%} sure",), None, data)
    for tag in tags:
        name = mask.text(tag.name)
        yield Entry(tag.made_at, "mark", f"tag: {name}", (f"by {names[tag.made_by]}",), None, {"tag": name})
    for note in notes:
        reported = texts.get(note.id) if mask.off else mask.text("a note")
        data = {"note": note.id, "text": reported}
        yield Entry(note.made_at, "mark", f"note: {reported or 'erased'}", (f"by {names[note.made_by]}",), None, data)
