"""The calls, texts and forms that a user may mark."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlmodel import Session, col

from hub.access.scope import AccessScope
from hub.errors import CannotDo, NotFound
from hub.flow.case import Subject
from hub.model import Call, FormSubmission, TextMessage
from hub.model.states import SubjectState
from hub.store import audit

MAX_SUBJECTS = 500
"""Limit of one deed, which is one transaction."""


def visible_subjects(session: Session, scope: AccessScope, ids: Collection[str]) -> list[Subject]:
    """The calls, texts and forms of these ids that the user may see, by id; ids of others are left out. A user with the
    reach `own` sees only calls that they answered.
    """
    wanted = set(ids)
    if scope.reach == "own":
        found = session.exec(scope.calls().where(col(Call.id).in_(wanted))).all() if wanted else []
        return sorted(found, key=lambda subject: subject.id)
    subjects: list[Subject] = []
    for table in (Call, TextMessage, FormSubmission):
        if left := wanted - {subject.id for subject in subjects}:
            rows = session.exec(scope.having(col(table.id), left))
            subjects += [row for row in rows if row.company_id is not None]
    return sorted(subjects, key=lambda subject: subject.id)


def markable(session: Session, scope: AccessScope, ids: Collection[str]) -> list[Subject]:
    """As `visible_subjects`, to write something to them: NotFound if the user does not see one of them, CannotDo if
    there are too many or the personal data of one has ended.
    """
    if len(set(ids)) > MAX_SUBJECTS:
        raise CannotDo(f"At most {MAX_SUBJECTS} can be changed in one step; choose fewer.")
    subjects = visible_subjects(session, scope, ids)
    if not subjects or len(subjects) < len(set(ids)):
        raise NotFound("Not found")
    over = sum(subject.state == SubjectState.ERASED or subject.expires_at is None for subject in subjects)
    if over:
        raise CannotDo(
            "The person was erased, or the retention period is over; nothing can be added any more."
            if len(subjects) == 1
            else f"{over} of these were erased, or their retention period is over; leave them out."
        )
    return subjects


def company_of(subject: Subject) -> str:
    """The id of the subject's company; scopes show only subjects that have one."""
    assert subject.company_id is not None
    return subject.company_id


def note_action(
    session: Session, scope: AccessScope, action: str, subjects: Sequence[Subject], now: datetime, detail: str = ""
) -> None:
    """The audit entry of a deed: about the subject, or, for several, one entry for each company with their number."""
    if len(subjects) == 1:
        audit.note(session, now, scope.user.id, action, subjects[0].id, detail)
        return
    for company_id in sorted({company_of(subject) for subject in subjects}):
        count = sum(subject.company_id == company_id for subject in subjects)
        reported = f"{detail}, {count} items" if detail else f"{count} items"
        audit.note(session, now, scope.user.id, action, company_id, reported)
