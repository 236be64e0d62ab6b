"""Tag and untag calls, texts and forms."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, func, select

from hub.access.scope import AccessScope
from hub.errors import CannotDo
from hub.marks.subjects import company_of, markable, note_action
from hub.marks.tag_definitions import definitions_of, tag_name
from hub.model import Tag
from hub.store.writers.webhook_events import note_changes

MAX_TAGS = 50
"""Limit of tags on one call, text or form."""


def tag(session: Session, scope: AccessScope, subject_id: str, name: str, now: datetime) -> bool:
    """Put a tag on one call, text or form. Returns whether it is new there.

    NotFound if the user does not see it, CannotDo if the name is empty or too long.
    """
    return subject_id in tag_all(session, scope, [subject_id], name, now)


def tag_all(
    session: Session, scope: AccessScope, subject_ids: Collection[str], name: str, now: datetime
) -> frozenset[str]:
    """The same for up to 500 at once; returns the ids of those that did not have the tag, for an undo. A name that the
    company uses already in other capitals is written as it is there.
    """
    wanted = tag_name(name)
    subjects = markable(session, scope, subject_ids)
    ids = [subject.id for subject in subjects]
    companies = {company_of(subject) for subject in subjects}
    spelled = _spelled(session, companies, wanted)
    for company_id, definition in definitions_of(session, companies, wanted).items():
        if not definition.enabled:
            raise CannotDo(f"The tag {definition.name} is disabled; enable it, or choose another one.")
        spelled[company_id] = definition.name
    counts: dict[str, int] = {}
    there = set()
    for subject_id, known in session.exec(select(Tag.subject_id, Tag.name).where(col(Tag.subject_id).in_(ids))):
        counts[subject_id] = counts.get(subject_id, 0) + 1
        if known.casefold() == wanted.casefold():
            there.add(subject_id)
    new = [subject for subject in subjects if subject.id not in there]
    if any(counts.get(subject.id, 0) >= MAX_TAGS for subject in new):
        raise CannotDo(f"One call, text or form has at most {MAX_TAGS} tags; remove one first.")
    for subject in new:
        assert subject.expires_at is not None
        session.add(
            Tag(
                company_id=company_of(subject),
                subject_id=subject.id,
                name=spelled.get(company_of(subject), wanted),
                made_at=now,
                made_by=scope.user.id,
                expires_at=subject.expires_at,
            )
        )
    session.flush()
    note_changes(session, new, ("tags",), now)
    note_action(session, scope, "tag.add", new, now)
    return frozenset(subject.id for subject in new)


def untag(session: Session, scope: AccessScope, subject_id: str, name: str, now: datetime) -> bool:
    """Remove a tag from one call, text or form. Returns whether it was there."""
    return subject_id in untag_all(session, scope, [subject_id], name, now)


def untag_all(
    session: Session, scope: AccessScope, subject_ids: Collection[str], name: str, now: datetime
) -> frozenset[str]:
    """The same for up to 500 at once; returns the ids of those that had the tag, for an undo."""
    wanted = tag_name(name).casefold()
    subjects = markable(session, scope, subject_ids)
    tags = session.exec(select(Tag).where(col(Tag.subject_id).in_([subject.id for subject in subjects])))
    rows = [row for row in tags if row.name.casefold() == wanted]
    for row in rows:
        session.delete(row)
    session.flush()
    had = frozenset(row.subject_id for row in rows)
    untagged = [subject for subject in subjects if subject.id in had]
    note_changes(session, untagged, ("tags",), now)
    note_action(session, scope, "tag.remove", untagged, now)
    return had


def _spelled(session: Session, companies: set[str], wanted: str) -> dict[str, str]:
    """Company → the tag's name as it is written there already."""
    used = select(Tag.company_id, Tag.name).where(col(Tag.company_id).in_(companies))
    used = used.where(func.lower(Tag.name) == wanted.lower()).order_by(col(Tag.id).desc())
    return dict(session.exec(used).all())
