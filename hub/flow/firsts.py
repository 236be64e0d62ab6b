"""Firsts: a call that turns up late takes the name of the first from the person's calls and forms that came after it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session

from hub.flow.subjects import TIMES
from hub.model import Call, FormSubmission
from hub.reports.marks import lock_people


def correct_firsts(session: Session, people: Collection[str], now: datetime) -> None:
    """Call no contact of these people the first that has an earlier one; such a call goes through the flow once more.

    To be asked after the batch's own calls, texts and forms are written, before their days are marked.
    """
    if not people:
        return
    lock_people(session, people)
    call: Any = Call
    form: Any = FormSubmission
    late_calls = _not_first(session, call, call.started_at, call.first_time_caller, [(Call, Call.started_at)], people)
    again = {"first_time_caller": False, "state": "ready", "due_at": now, "lease_token": None, "lease_until": None}
    if late_calls:
        session.execute(update(call).where(call.id.in_(late_calls)).values(again))
    late_forms = _not_first(session, form, form.submitted_at, form.first_time_contact, TIMES, people)
    if late_forms:
        session.execute(update(form).where(form.id.in_(late_forms)).values(first_time_contact=False))


def _not_first(
    session: Session, table: Any, at: Any, first: Any, contacts: Sequence[tuple[Any, Any]], people: Collection[str]
) -> list[str]:
    """Ids of the people's rows that say they are the first, and are not.

    One that another transaction holds is left out: that one waits for these people, or lets the call be looked at again.
    """
    others = [(aliased(other), moment.key) for other, moment in contacts]
    earlier = [
        select(other.id).where(other.person_id == table.person_id, getattr(other, moment) < at).exists()
        for other, moment in others
    ]
    wrong = select(table.id).where(table.person_id.in_(people), first.is_(True), or_(*earlier))
    if session.get_bind().dialect.name == "postgresql":
        wrong = wrong.with_for_update(of=table, skip_locked=True)
    return list(session.scalars(wrong))
