"""Notes on calls, texts and forms, encrypted with their person's key."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from hub.access.scope import AccessScope
from hub.errors import CannotDo, NotFound
from hub.marks.subjects import company_of, markable, visible_subjects
from hub.model import Note
from hub.store import audit
from hub.store.encryption.encrypted_fields import seal_note
from hub.store.encryption.vault import Vault
from hub.store.writers.webhook_events import note_changes, note_changes_of

MAX_NOTE_CHARACTERS = 5_000


def add_note(session: Session, scope: AccessScope, vault: Vault, subject_id: str, text: str, now: datetime) -> Note:
    """Write a note on one call, text or form. NotFound if the user does not see it, CannotDo if the text is empty or too
    long."""
    words = text.replace("\0", "").replace("\r\n", "\n").strip()
    if not words:
        raise CannotDo("Write something into the note.", param="text")
    if len(words) > MAX_NOTE_CHARACTERS:
        raise CannotDo(f"A note has at most {MAX_NOTE_CHARACTERS:,} characters.", param="text")
    (subject,) = markable(session, scope, [subject_id])
    assert subject.expires_at is not None
    note = Note(
        company_id=company_of(subject),
        subject_id=subject.id,
        made_at=now,
        made_by=scope.user.id,
        expires_at=subject.expires_at,
    )
    seal_note(vault, session, subject, note, words)
    session.add(note)
    session.flush()
    note_changes(session, [subject], ("note",), now)
    audit.note(session, now, scope.user.id, "note.add", subject.id, note.id)
    return note


def delete_note(session: Session, scope: AccessScope, note_id: str, now: datetime) -> None:
    """Delete a note. NotFound if the user does not see its call, text or form; CannotDo if somebody else wrote it, unless
    the user is an owner."""
    note = session.get(Note, note_id)
    if note is None or not visible_subjects(session, scope, [note.subject_id]):
        raise NotFound("Not found")
    if note.made_by != scope.user.id and scope.user.role != "owner":
        raise CannotDo("Only the user who wrote a note, or an owner, can delete it.")
    session.delete(note)
    session.flush()
    note_changes_of(session, note.subject_id, ("note",), now)
    audit.note(session, now, scope.user.id, "note.delete", note.subject_id, note.id)
