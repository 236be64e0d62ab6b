"""Mark calls, texts and forms as spam: they stay on the pages, CallRail's lists leave them out, and they convert nothing.

A user's word outlasts every score: what a user called no spam is not marked again, and its caller is not scored again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.errors import CannotDo
from hub.flow.case import time_of
from hub.marks.subjects import company_of, markable, note_action
from hub.model import Call, CallerRule, Company, LeadChange, SpamMark, SpamScore
from hub.model.columns import CALL_RETENTION
from hub.model.marks import NOT_SPAM, SPAM
from hub.model.spam import ALLOW, BLOCK
from hub.reports.dirty_days import Change, mark_dirty
from hub.spam.callers import add_rule, drop_verdicts
from hub.store.rows import write_rows
from hub.store.writers.webhook_events import note_changes


def mark_spam(session: Session, scope: AccessScope, subject_id: str, spam: bool, now: datetime) -> bool:
    """Call one call, text or form spam, or take that back, within `session`; returns whether that changed something.

    Conversions of it are retracted, or made, by the worker. The caller of a call that is not spam goes on the company's
    allow list. NotFound if the user does not see it.
    """
    (subject,) = markable(session, scope, [subject_id])
    mark = session.get(SpamMark, subject.id)
    if (mark is not None) == spam:
        return False
    if isinstance(subject, Call):
        _judge(session, scope, subject, spam, now)
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
    note_action(session, scope, "spam.mark" if spam else "spam.remove", [subject], now)
    mark_dirty(session, [Change(company_of(subject), time_of(subject))], now)
    return True


def block_caller(session: Session, scope: AccessScope, call_id: str, now: datetime) -> CallerRule:
    """Put a call's caller on its company's block list, and mark the call as spam. NotFound if the user does not see it,
    CannotDo if the caller hides the number."""
    (subject,) = markable(session, scope, [call_id])
    if not isinstance(subject, Call) or subject.caller_number is None:
        raise CannotDo("The caller hides the number, so it cannot be blocked.")
    company = session.get_one(Company, company_of(subject))
    mark_spam(session, scope, call_id, True, now)
    return add_rule(session, company.account_id, company.id, BLOCK, subject.caller_number, now, scope.user.id)


def _judge(session: Session, scope: AccessScope, call: Call, spam: bool, now: datetime) -> None:
    """A user's word on a call: its score is overruled for good, or that word is taken back."""
    call.spam = spam
    session.add(call)
    row = session.get(SpamScore, (call.connector, call.carrier_call_id))
    company = session.get_one(Company, company_of(call))
    if row is None:
        row = SpamScore(
            connector=call.connector,
            carrier_call_id=call.carrier_call_id,
            company_id=company.id,
            score=0,
            decided_at=now,
            expires_at=call.expires_at or now + CALL_RETENTION,
        )
    row.overruled_at, row.overruled_by = now, scope.user.id
    session.add(row)
    if call.caller_number is None:
        return
    if spam:
        drop_verdicts(session, company.id, [call.caller_number])
    else:
        add_rule(
            session, company.account_id, company.id, ALLOW, call.caller_number, now, scope.user.id, by_verdict=True
        )


def is_spam(subject_id: object) -> Any:
    """The condition that the call, text or form of an id column is marked as spam."""
    return select(SpamMark.subject_id).where(col(SpamMark.subject_id) == subject_id).exists()


def spam_among(session: Session, subject_ids: Collection[str]) -> frozenset[str]:
    """Those of the ids that are marked as spam."""
    if not subject_ids:
        return frozenset()
    return frozenset(session.exec(select(SpamMark.subject_id).where(col(SpamMark.subject_id).in_(set(subject_ids)))))
