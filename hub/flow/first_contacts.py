"""Moves `first_time` to a late call that turns out to be the person's first, away from later calls and forms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session

from hub.flow.case import Case
from hub.model import Call, FormSubmission
from hub.model.states import SubjectState
from hub.reports.dirty_days import lock_people


def correct_firsts(session: Session, cases: Sequence[Case], now: datetime) -> None:
    """Remove the first-contact mark from contacts that have an earlier one; such a call goes through the flow again.

    Call this after the batch's own calls, texts and forms are written, before their days are marked.
    """
    new = {case.person.id for case in cases if case.person and case.is_new_person}
    people = {case.person.id for case in cases if case.person} - new
    alike = set().union(*(case.alike for case in cases)) - new
    lock_people(session, people)
    call: Any = Call
    form: Any = FormSubmission
    again = {
        "first_time_caller": False,
        "state": SubjectState.READY,
        "due_at": now,
        "lease_token": None,
        "lease_until": None,
    }
    if people and (late_calls := _late_calls(session, people, min(case.at for case in cases))):
        session.execute(update(call).where(call.id.in_(late_calls)).values(again))
    if alike and (late_forms := _late_forms(session, cases, alike)):
        session.execute(update(form).where(form.id.in_(late_forms)).values(first_time_contact=False))


def _late_calls(session: Session, people: set[str], since: datetime) -> list[str]:
    """Ids of the people's calls that are marked as first and are not. The batch changes nothing for calls before `since`.

    A call that another transaction has locked is left out: that transaction waits for these people, or processes the
    call again.
    """
    call: Any = Call
    other = aliased(call)
    earlier = select(other.id).where(other.person_id == call.person_id, other.started_at < call.started_at).exists()
    wrong = select(call.id).where(
        call.person_id.in_(people), call.started_at >= since, call.first_time_caller.is_(True), earlier
    )
    return list(session.scalars(_unheld(session, wrong, call)))


def _late_forms(session: Session, cases: Sequence[Case], alike: set[str]) -> list[str]:
    """Ids of the forms of these people that are marked as the first contact with their number or address although the batch
    has an earlier one."""
    form: Any = FormSubmission
    firsts = select(form.id, form.person_id, form.submitted_at).where(
        form.person_id.in_(alike), form.first_time_contact.is_(True)
    )
    return [
        form_id
        for form_id, person_id, at in session.execute(_unheld(session, firsts, form)).all()
        if any(person_id in case.alike and (case.at, case.subject.id) < (at, form_id) for case in cases)
    ]


def _unheld(session: Session, query: Any, table: Any) -> Any:
    return query.with_for_update(of=table, skip_locked=True)
