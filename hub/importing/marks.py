"""Lead status, value, tags and notes of imported contacts. A lead that a user here has marked since stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col, select

from hub.contracts.leads import LeadStatus
from hub.contracts.untrusted import JsonObject
from hub.importing.places import imported_id
from hub.importing.records import Marks
from hub.importing.steps import Tally
from hub.marks.notes import MAX_NOTE_CHARACTERS
from hub.marks.tag_definitions import MAX_TAG_CHARACTERS
from hub.marks.tags import MAX_TAGS
from hub.model import Lead, LeadChange, Note, Tag
from hub.model.columns import CALL_RETENTION, storable
from hub.model.states import WorkState
from hub.store.encryption.encrypted_fields import Plaintext, encrypt_many, note_place, notes_of
from hub.store.encryption.search_words import Searchable, index_words
from hub.store.encryption.vault import Vault
from hub.store.rows import write_rows

CUT_TAG = f"a tag is longer than {MAX_TAG_CHARACTERS} characters and was cut"
MANY_TAGS = f"of more than {MAX_TAGS} tags the first {MAX_TAGS} were kept"


@dataclass(frozen=True)
class Marked:
    """The marks of one contact. `holder` is whose key encrypts its note."""

    subject_id: str
    company_id: str
    external_id: str
    at: datetime
    holder: str
    marks: Marks


def write_marks(
    session: Session, vault: Vault, marked: Sequence[Marked], service: str, now: datetime, tally: Tally
) -> set[str]:
    """Write what is new of the marks, as made by the `service` with this title; returns the ids of the contacts of which
    something changed.

    A change of a lead is written as done, so no conversion rule looks at it.
    """
    reported = [each for each in marked if each.marks != Marks()]
    if not reported:
        return set()
    ids = [each.subject_id for each in reported]
    changed = _write_leads(session, reported, _leads(session, ids), service, now)
    changed |= _write_tags(session, reported, service, tally)
    changed |= _write_notes(session, vault, reported, service)
    return changed


def _leads(session: Session, ids: Sequence[str]) -> dict[str, Lead]:
    return {lead.subject_id: lead for lead in session.exec(select(Lead).where(col(Lead.subject_id).in_(ids)))}


def _write_leads(
    session: Session, reported: Sequence[Marked], known: Mapping[str, Lead], service: str, now: datetime
) -> set[str]:
    leads, changes, replaced = [], [], []
    for each in reported:
        marks, before = each.marks, known.get(each.subject_id)
        if marks.status is None and marks.value is None:
            continue
        status = (marks.status or LeadStatus.NEW).value
        amount, currency = (marks.value.amount, marks.value.currency) if marks.value else (None, None)
        if before is not None:
            if before.marked_by != service or (before.status, before.amount, before.currency) == (
                status, amount, currency,
            ):  # fmt: skip
                continue
            replaced.append(each.subject_id)
        row: dict[str, object] = {
            "subject_id": each.subject_id,
            "company_id": each.company_id,
            "status": status,
            "amount": amount,
        }
        row |= {"currency": currency, "marked_at": now if before else each.at, "marked_by": service}
        leads.append(Lead.columns(**row))
        changes.append(LeadChange.columns(**row, state=WorkState.DONE, due_at=now))
    if replaced:
        session.execute(delete(Lead).where(col(Lead.subject_id).in_(replaced)))
    write_rows(session, Lead, leads)
    write_rows(session, LeadChange, changes)
    return {row["subject_id"] for row in leads}


def _write_tags(session: Session, reported: Sequence[Marked], service: str, tally: Tally) -> set[str]:
    tagged = [each for each in reported if each.marks.tags]
    if not tagged:
        return set()
    known: dict[str, set[str]] = {}
    there = select(Tag.subject_id, Tag.name).where(col(Tag.subject_id).in_([each.subject_id for each in tagged]))
    for subject_id, name in session.exec(there):
        known.setdefault(subject_id, set()).add(name.casefold())
    rows: list[JsonObject] = []
    for each in tagged:
        mine = known.setdefault(each.subject_id, set())
        for written in each.marks.tags:
            name = _name_of(written)
            if len(name) > MAX_TAG_CHARACTERS:
                tally.note(CUT_TAG, each.external_id)
                name = name[:MAX_TAG_CHARACTERS].rstrip()
            if not name or name.casefold() in mine:
                continue
            if len(mine) >= MAX_TAGS:
                tally.note(MANY_TAGS, each.external_id)
                break
            mine.add(name.casefold())
            rows.append(
                Tag.columns(
                    id=tag_id(each.subject_id, each.at, name),
                    company_id=each.company_id,
                    subject_id=each.subject_id,
                    name=name,
                    made_at=each.at,
                    made_by=service,
                    expires_at=each.at + CALL_RETENTION,
                )
            )
    write_rows(session, Tag, rows)
    return {row["subject_id"] for row in rows}


def _write_notes(session: Session, vault: Vault, reported: Sequence[Marked], service: str) -> set[str]:
    noted = {note_id(each.subject_id, each.at): each for each in reported if each.marks.note}
    if not noted:
        return set()
    there = session.exec(select(Note).where(col(Note.id).in_(noted))).all()
    words = notes_of(vault, session, there)
    same = {note_id for note_id, text in words.items() if text == _words(noted[note_id])}
    old = [note.id for note in there if note.id not in same]
    if old:
        session.execute(delete(Note).where(col(Note.id).in_(old)))
    new = {note_id: each for note_id, each in noted.items() if note_id not in same}
    plain = [Plaintext(each.holder, _words(each), note_place(note_id)) for note_id, each in new.items()]
    rows = [
        Note.columns(
            id=note_id,
            company_id=each.company_id,
            subject_id=each.subject_id,
            sealed=sealed,
            made_at=each.at,
            made_by=service,
            expires_at=each.at + CALL_RETENTION,
        )
        for (note_id, each), sealed in zip(new.items(), encrypt_many(vault, session, plain), strict=True)
    ]
    write_rows(session, Note, rows)
    index_words(vault, session, [Searchable(made, each.company_id, _words(each)) for made, each in new.items()])
    return {row["subject_id"] for row in rows}


def note_id(subject_id: str, at: datetime) -> str:
    """The id here of the note on a contact of `at`."""
    return imported_id(at, f"note/{subject_id}")


def tag_id(subject_id: str, at: datetime, written: str) -> str:
    """The id here of a tag on a contact of `at`."""
    name = _name_of(written)[:MAX_TAG_CHARACTERS].rstrip()
    return imported_id(at, f"tag/{subject_id}/{name.casefold()}")


def _name_of(written: str) -> str:
    return " ".join(storable(written).split())


def _words(each: Marked) -> str:
    return (each.marks.note or "").replace("\0", "")[:MAX_NOTE_CHARACTERS]
