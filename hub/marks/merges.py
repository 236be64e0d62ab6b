"""Merge two people by hand, and split them again. Pages show merged people together; nothing else depends on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.errors import CannotDo, NotFound
from hub.model import Person, PersonMerge
from hub.model.columns import CALL_RETENTION, storable
from hub.store import audit

MAX_REASON_CHARACTERS = 200


def merge_people(
    session: Session, scope: AccessScope, person_id: str, other_id: str, reason: str, now: datetime
) -> PersonMerge:
    """Say that two people of one company are one. NotFound if the user does not see one of them, CannotDo if they are the
    same, of two companies, or merged already."""
    words = merge_reason(reason)
    person, other = (_person(session, scope, each) for each in (person_id, other_id))
    if person.id == other.id:
        raise CannotDo("A person cannot be merged with themselves; choose another one.")
    if person.company_id != other.company_id:
        raise CannotDo("The two belong to different companies, so they cannot be merged.")
    pair = [person.id, other.id]
    known = select(PersonMerge.id).where(
        col(PersonMerge.person_id).in_(pair), col(PersonMerge.other_id).in_(pair), col(PersonMerge.undone_at).is_(None)
    )
    if session.exec(known).first() is not None:
        raise CannotDo("The two are merged already.")
    merge = PersonMerge(
        company_id=person.company_id,
        person_id=person.id,
        other_id=other.id,
        reason=words,
        made_at=now,
        made_by=scope.user.id,
        expires_at=now + CALL_RETENTION,
    )
    session.add(merge)
    session.flush()
    audit.note(session, now, scope.user.id, "people.merge", person.id, other.id)
    return merge


def split_people(session: Session, scope: AccessScope, merge_id: str, now: datetime) -> None:
    """Undo a merge. NotFound if the user does not see it, CannotDo if it is undone already."""
    merge: PersonMerge | None = None
    if scope.reach == "account":
        merge = session.exec(scope.select(PersonMerge).where(PersonMerge.id == merge_id)).first()
    if merge is None:
        raise NotFound("Not found")
    if merge.undone_at is not None:
        raise CannotDo("The two are split already.")
    merge.undone_at, merge.undone_by = now, scope.user.id
    session.add(merge)
    session.flush()
    audit.note(session, now, scope.user.id, "people.split", merge.person_id, merge.other_id)


def merge_reason(text: str) -> str:
    """The reason of a merge in one line; CannotDo if it is empty or too long."""
    words = " ".join(storable(text).split())
    if not words:
        raise CannotDo("Say why the two are one person.")
    if len(words) > MAX_REASON_CHARACTERS:
        raise CannotDo(f"The reason has at most {MAX_REASON_CHARACTERS} characters.")
    return words


def _person(session: Session, scope: AccessScope, person_id: str) -> Person:
    if scope.reach != "account":
        raise NotFound("Not found")
    person: Person = scope.one(session, Person, person_id)
    return person


def decide_conflict(
    session: Session, scope: AccessScope, people: Sequence[str], reason: str, now: datetime, *, one: bool
) -> None:
    """Say of people who share a number or an address that they are one person, or that they are not; the first one with
    each of the others. NotFound if the user does not see one of them.
    """
    words = merge_reason(reason)
    first, *others = (_person(session, scope, each) for each in people)
    for other in others:
        pair = [first.id, other.id]
        among = (col(PersonMerge.person_id).in_(pair), col(PersonMerge.other_id).in_(pair))
        known = session.exec(select(PersonMerge).where(*among, col(PersonMerge.undone_at).is_(None))).all()
        if one and not known:
            merge_people(session, scope, first.id, other.id, words, now)
        for merge in known if not one else ():
            split_people(session, scope, merge.id, now)
        if not one and not known:
            _keep_apart(session, scope, first, other.id, words, now)


def _keep_apart(
    session: Session, scope: AccessScope, person: Person, other_id: str, reason: str, now: datetime
) -> None:
    """Record that two people are not one: a merge that is undone as it is made."""
    apart = PersonMerge(
        company_id=person.company_id,
        person_id=person.id,
        other_id=other_id,
        reason=reason,
        made_at=now,
        made_by=scope.user.id,
        undone_at=now,
        undone_by=scope.user.id,
        expires_at=now + CALL_RETENTION,
    )
    session.add(apart)
    session.flush()
    audit.note(session, now, scope.user.id, "people.apart", person.id, other_id)
