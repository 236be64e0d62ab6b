"""The days whose reports an erasure changes; they are recalculated without the person."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, col, select

from hub.model import Call, FormSubmission, TextMessage
from hub.privacy.erasure.reach import PersonData
from hub.reports.dirty_days import Change


def days_changed(session: Session, reach: PersonData) -> list[Change]:
    """The days of the person's calls, texts and forms for `hub.reports.dirty_days.mark_dirty`. Read them before the rows are
    emptied.
    """
    kinds: tuple[tuple[Any, Any, frozenset[str]], ...] = (
        (Call, Call.started_at, reach.calls),
        (TextMessage, TextMessage.at, reach.texts),
        (FormSubmission, FormSubmission.submitted_at, reach.forms),
    )
    return [
        Change(company_id, at)
        for table, moment, ids in kinds
        for company_id, at in session.exec(select(table.company_id, moment).where(col(table.id).in_(ids)))
        if company_id is not None
    ]
