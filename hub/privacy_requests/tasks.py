"""Automatic tasks of a request: its answer, the code or link to the person, a reminder to the officers who must answer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from hub.model import RequestStep, RequestTask
from hub.model.states import TaskState
from hub.store.rows import write_rows

SEND_CODE, SEND_LINK, SEND_REMINDER, ANSWER = "send_code", "send_link", "send_reminder", "answer"
CONFIRMED = "confirmed"
"""The step with which an officer has a worker carry out a request."""


def want(session: Session, request_id: str, task: str, now: datetime) -> None:
    """Queue a task to run now, again if it was done before."""
    again = update(RequestTask).where(col(RequestTask.request_id) == request_id, col(RequestTask.hook) == task)
    write_rows(session, RequestTask, [RequestTask(request_id=request_id, hook=task, due_at=now)])
    again = again.values(state=TaskState.READY, due_at=now, attempts=0)
    session.execute(again.execution_options(synchronize_session=False))


def confirmed_by(session: Session, request_id: str) -> str | None:
    """Who said last that the request is to be carried out; None if nobody had to."""
    said = select(RequestStep.actor).where(RequestStep.request_id == request_id, RequestStep.action == CONFIRMED)
    return session.exec(said.order_by(col(RequestStep.at).desc(), col(RequestStep.id).desc())).first()
