"""Subjects: the calls, texts and forms that rows refer to by id, and people's last ones before a moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from hub.flow.case import Subject, time_of
from hub.model import Call, FormSubmission, TextMessage
from hub.privacy.withdrawal import person_lock_keys
from hub.store.rows import read

TIME_COLUMNS: tuple[tuple[Any, Any], ...] = (
    (Call, Call.started_at),
    (TextMessage, TextMessage.at),
    (FormSubmission, FormSubmission.submitted_at),
)
"""Every table of subjects with its time column."""
NUMBER_COLUMNS: dict[Any, str] = {Call: "caller_number", TextMessage: "person_number", FormSubmission: "phone_number"}
"""The column with the number of the person who called, wrote or filled in the form, E.164; None if it is hidden or was not
given."""


_IDS: Any = bindparam("ids", expanding=True)
_SUBJECTS = {table: select(table).where(table.id.in_(_IDS)) for table in NUMBER_COLUMNS}
_CONTACTS = [
    columns(table.id, table.company_id, table.person_id, getattr(table, number)).where(table.id.in_(_IDS))
    for table, number in NUMBER_COLUMNS.items()
]


def read_subjects(session: Session, ids: Iterable[str]) -> list[Subject]:
    """The subjects with these ids, in no order; unknown ids are left out."""
    found: list[Subject] = []
    left = set(ids)
    for table, _ in TIME_COLUMNS:
        if left:
            found += session.exec(_SUBJECTS[table], params={"ids": list(left)})
            left -= {subject.id for subject in found}
    return found


def lock_keys_of_subjects(subjects: Iterable[Subject]) -> set[str]:
    """The locks of all people behind these subjects. A send to or about these people holds them
    (hub.privacy.withdrawal)."""
    return set().union(
        *(
            person_lock_keys(each.company_id or "", each.person_id, getattr(each, NUMBER_COLUMNS[type(each)]))
            for each in subjects
        )
    )


def lock_keys_of_ids(session: Session, ids: Iterable[str]) -> set[str]:
    """The same for the subjects with these ids."""
    keys: set[str] = set()
    left = set(ids)
    for contacts in _CONTACTS:
        if left:
            for subject_id, company_id, person_id, person_number in read(session, contacts, ids=list(left)):
                left.discard(subject_id)
                keys |= person_lock_keys(company_id or "", person_id, person_number)
    return keys


def last_of(session: Session, people: Collection[str], since: datetime, until: datetime) -> Subject | None:
    """The latest call, text or form of any of `people` from `since` to `until`, both included."""
    latest: list[Subject] = []
    for table, at in TIME_COLUMNS if people else ():
        theirs = select(table).where(col(table.person_id).in_(people), at >= since, at <= until)
        latest += session.exec(theirs.order_by(at.desc(), table.id.desc()).limit(1))
    return max(latest, key=time_of, default=None)
