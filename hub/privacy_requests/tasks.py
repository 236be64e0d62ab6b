"""Automatic tasks of a request: its answer, the link to the person, a reminder to the officers who must answer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col

from hub.model import RequestTask
from hub.model.states import TaskState
from hub.store.rows import write_rows

SEND_LINK, SEND_REMINDER, ANSWER = "send_link", "send_reminder", "answer"


def want(session: Session, request_id: str, task: str, now: datetime) -> None:
    """Queue a task to run now, again if it was done before."""
    again = update(RequestTask).where(col(RequestTask.request_id) == request_id, col(RequestTask.hook) == task)
    write_rows(session, RequestTask, [RequestTask(request_id=request_id, hook=task, due_at=now)])
    again = again.values(state=TaskState.READY, due_at=now, attempts=0)
    session.execute(again.execution_options(synchronize_session=False))
