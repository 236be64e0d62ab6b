"""Mark calls, texts and forms as spam: they stay on the pages, CallRail's lists leave them out, and they convert nothing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.marks.subjects import company_of, markable, note_deed
from hub.model import LeadChange, SpamMark
from hub.model.marks import NOT_SPAM, SPAM
from hub.store.rows import write_rows
from hub.store.writers.webhook_events import note_changes


def mark_spam(session: Session, scope: AccessScope, subject_id: str, spam: bool, now: datetime) -> bool:
    """Call one call, text or form spam, or take that back, within `session`; returns whether that changed something.

    Conversions of it are retracted, or made, by the worker. NotFound if the user does not see it.
    """
    (subject,) = markable(session, scope, [subject_id])
    mark = session.get(SpamMark, subject.id)
    if (mark is not None) == spam:
        return False
    if mark is not None:
        session.delete(mark)
    else:
        made = SpamMark(subject_id=subject.id, company_id=company_of(subject), marked_at=now, marked_by=scope.user.id)
        write_rows(session, SpamMark, [made])
    change = LeadChange(
        subject_id=subject.id,
        company_id=company_of(subject),
        status=SPAM if spam else NOT_SPAM,
        marked_at=now,
        marked_by=scope.user.id,
        due_at=now,
    )
    write_rows(session, LeadChange, [change])
    session.flush()
    note_changes(session, [subject], ("spam",), now)
    note_deed(session, scope, "spam.mark" if spam else "spam.remove", [subject], now)
    return True


def is_spam(subject_id: Any) -> Any:
    """The condition that the call, text or form of an id column is marked as spam."""
    return select(SpamMark.subject_id).where(col(SpamMark.subject_id) == subject_id).exists()


def spam_among(session: Session, subject_ids: Collection[str]) -> frozenset[str]:
    """Those of the ids that are marked as spam."""
    if not subject_ids:
        return frozenset()
    return frozenset(session.exec(select(SpamMark.subject_id).where(col(SpamMark.subject_id).in_(set(subject_ids)))))
