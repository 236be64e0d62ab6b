"""What users added: lead, tags, notes and their history, of one call, text or form, or of a list; and merged people."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, or_, select

from hub.access.scope import AccessScope
from hub.access.users import names_of as names_of_users
from hub.contracts.values import Money
from hub.errors import NotFound
from hub.marks.spam import spam_among
from hub.marks.subjects import visible_subjects
from hub.model import Lead, LeadChange, Note, Person, PersonMerge, Tag
from hub.model.marks import READ
from hub.store.encryption.encrypted_fields import notes_of
from hub.store.encryption.vault import Vault


@dataclass(frozen=True)
class LeadShown:
    """A lead's status and value since `at`; the status is empty if the mark was removed then."""

    status: str
    value: Money | None
    at: datetime
    by: str
    """The user's name."""


@dataclass(frozen=True)
class NoteShown:
    """A note; `text` is None if its person's key was destroyed."""

    id: str
    text: str | None
    at: datetime
    by: str
    """The user's name."""
    may_delete: bool


@dataclass(frozen=True)
class Marks:
    """What users added to one call, text or form."""

    lead: LeadShown | None = None
    tags: tuple[str, ...] = ()
    """By name."""
    notes: tuple[NoteShown, ...] = ()
    """The oldest first."""
    history: tuple[LeadShown, ...] = ()
    """Every change of the lead, the oldest first."""
    spam: bool = False


@dataclass(frozen=True)
class MarksInList:
    """What a row of a list shows of them."""

    lead: LeadShown | None = None
    tags: tuple[str, ...] = ()
    notes: int = 0


@dataclass(frozen=True)
class MergeShown:
    """One merge of two people by a user."""

    id: str
    people: tuple[str, str]
    """The ids of the two."""
    reason: str | None
    at: datetime
    by: str
    """The user's name."""


@dataclass(frozen=True)
class MergedPeople:
    """Everybody whom users have merged with one person, directly or through others, and the merges that say so."""

    people: tuple[str, ...] = ()
    """Ids, without the person's own."""
    merges: tuple[MergeShown, ...] = field(default=())


def marks_of(session: Session, scope: AccessScope, vault: Vault, subject_id: str) -> Marks:
    """Everything that users added to one call, text or form; NotFound if the user does not see it."""
    if not visible_subjects(session, scope, [subject_id]):
        raise NotFound("Not found")
    changes = session.exec(
        select(LeadChange)
        .where(LeadChange.subject_id == subject_id, LeadChange.status != READ)
        .order_by(col(LeadChange.id))
    )
    history = changes.all()
    lead = session.get(Lead, subject_id)
    users = _users(session, [each.marked_by for each in history])
    tags = session.exec(select(Tag.name).where(Tag.subject_id == subject_id)).all()
    return Marks(
        lead=_lead(lead, users) if lead is not None else None,
        tags=tuple(sorted(tags, key=str.casefold)),
        notes=tuple(notes_on(session, scope, vault, [subject_id]).get(subject_id, ())),
        history=tuple(_lead(change, users) for change in history),
        spam=subject_id in spam_among(session, [subject_id]),
    )


def notes_on(
    session: Session, scope: AccessScope, vault: Vault, subject_ids: Collection[str]
) -> dict[str, list[NoteShown]]:
    """Call, text or form → its notes, the oldest first. The caller must be permitted to see what the ids are of."""
    notes = session.exec(select(Note).where(col(Note.subject_id).in_(subject_ids)).order_by(col(Note.id))).all()
    texts, users = notes_of(vault, session, notes), _users(session, [each.made_by for each in notes])
    found: dict[str, list[NoteShown]] = {}
    for note in notes:
        may_delete = scope.user.role == "owner" or note.made_by == scope.user.id
        shown = NoteShown(
            id=note.id, text=texts.get(note.id), at=note.made_at, by=users[note.made_by], may_delete=may_delete
        )
        found.setdefault(note.subject_id, []).append(shown)
    return found


def marks_in_list(session: Session, scope: AccessScope, subject_ids: Collection[str]) -> Mapping[str, MarksInList]:
    """Lead, tags and number of notes of each call, text or form of a list, by id; every id has an entry."""
    ids = set(subject_ids)
    leads = {row.subject_id: row for row in session.exec(scope.having(col(Lead.subject_id), ids))}
    users = _users(session, [lead.marked_by for lead in leads.values()])
    tags: dict[str, list[str]] = {}
    for tag in session.exec(scope.having(col(Tag.subject_id), ids)):
        tags.setdefault(tag.subject_id, []).append(tag.name)
    notes: dict[str, int] = {}
    noted = scope.having(col(Note.subject_id), ids).with_only_columns(Note.subject_id)
    for subject_id in session.exec(noted):
        notes[subject_id] = notes.get(subject_id, 0) + 1
    return {
        each: MarksInList(
            lead=_lead(leads[each], users) if each in leads else None,
            tags=tuple(sorted(tags.get(each, ()), key=str.casefold)),
            notes=notes.get(each, 0),
        )
        for each in ids
    }


def merged_people(session: Session, scope: AccessScope, person_id: str) -> MergedPeople:
    """The people whom users have merged with a person; NotFound if the user does not see the person."""
    if scope.reach != "account":
        raise NotFound("Not found")
    scope.one(session, Person, person_id)
    known, new, merges = {person_id}, {person_id}, dict[str, PersonMerge]()
    while new:
        touching = or_(col(PersonMerge.person_id).in_(new), col(PersonMerge.other_id).in_(new))
        found = session.exec(scope.select(PersonMerge).where(touching, col(PersonMerge.undone_at).is_(None))).all()
        merges |= {row.id: row for row in found}
        new = {each for row in found for each in (row.person_id, row.other_id)} - known
        known |= new
    users = _users(session, [row.made_by for row in merges.values()])
    shown = [
        MergeShown(row.id, (row.person_id, row.other_id), row.reason, row.made_at, users[row.made_by])
        for _, row in sorted(merges.items())
    ]
    return MergedPeople(tuple(sorted(known - {person_id})), tuple(shown))


def _users(session: Session, ids: Collection[str]) -> dict[str, str]:
    """User id → name. An actor at the command line is known by the name of the operating system account alone."""
    return {each: each for each in ids} | names_of_users(session, set(ids))


def _lead(row: Any, users: Mapping[str, str]) -> LeadShown:
    amount: Decimal | None = row.amount
    value = Money(amount, row.currency) if amount is not None and row.currency else None
    return LeadShown(row.status, value, row.marked_at, users[row.marked_by])
