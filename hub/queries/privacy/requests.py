"""People's requests about their data: the open ones, the most urgent first; one with its steps and what it waits for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.access.users import names_of
from hub.model import Company, PrivacyRequest, RequestStep, RequestTask
from hub.model.states import CLOSED_REQUEST_STATES, RequestState, TaskState
from hub.privacy_requests.deadlines import row_of
from hub.privacy_requests.steps import steps_of
from hub.privacy_requests.tasks import ANSWER
from hub.queries.lists.keyset import Page, Part, newest_first, page_of

MAX_CLOSED = 200
"""Closed requests that a list shows."""


@dataclass(frozen=True, kw_only=True)
class RequestFilter:
    """Selects requests; None leaves a condition out. The period is of their receipt."""

    kind: str | None = None
    state: str | None = None
    begins: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True)
class Waiting:
    """A provider that has not answered yet."""

    connector: str
    since: datetime
    tries: int
    reason: str | None


@dataclass(frozen=True, kw_only=True)
class RequestShown:
    """One request in a list."""

    request: PrivacyRequest
    company: str
    """The company's title."""
    waiting: Sequence[Waiting]
    queued: bool
    """Whether it was confirmed and a worker has not begun with it."""
    problem: str | None
    """Why a worker could not carry it out."""

    @property
    def is_open(self) -> bool:
        """Whether it is still to be answered."""
        return self.request.state not in CLOSED_REQUEST_STATES

    def deadline(self, now: datetime) -> datetime:
        """What to keep next: the product's promise, or the law's last day after that."""
        promised, law = self.request.promised_at, self.request.deadline
        return promised if now <= promised < law else law

    def is_promise(self, now: datetime) -> bool:
        """Whether `deadline` is the product's promise, not the law."""
        return self.deadline(now) < self.request.deadline

    def used(self, now: datetime) -> float:
        """The part of the time until `deadline` that is over, between 0 and 1."""
        whole = (self.deadline(now) - self.request.received_at).total_seconds()
        return min(1.0, max(0.0, (now - self.request.received_at).total_seconds() / max(1.0, whole)))

    @property
    def law(self) -> str:
        """The law's time, such as 45 days."""
        row = row_of(self.request.rule)
        return row.length if row else ""

    @property
    def cite(self) -> str:
        """The law, as one cites it."""
        row = row_of(self.request.rule)
        return row.cite if row else self.request.rule


@dataclass(frozen=True)
class RequestDetails:
    """One request with everything that was done about it."""

    shown: RequestShown
    steps: Sequence[RequestStep]
    tasks: Sequence[RequestTask]
    names: Mapping[str, str]
    """User id → name, of those who did something."""


def page_of_requests(
    session: Session,
    scope: AccessScope,
    companies: Collection[str],
    wanted: RequestFilter,
    after: str | None,
    limit: int,
) -> Page[PrivacyRequest]:
    """At most `limit` requests of some companies, the newest first. `after` is the `next` of the page before."""
    row: Any = PrivacyRequest
    query = scope.select(PrivacyRequest).where(row.company_id.in_(companies))
    query = query.where(row.kind == wanted.kind) if wanted.kind else query
    query = query.where(row.state == wanted.state) if wanted.state else query
    query = query.where(row.received_at >= wanted.begins) if wanted.begins else query
    query = query.where(row.received_at < wanted.ends) if wanted.ends else query
    return page_of(session, [Part(query, newest_first(row.id))], after, limit)


def open_requests(
    session: Session, companies: Collection[str], now: datetime, limit: int | None = None
) -> list[RequestShown]:
    """The open requests of some companies, the most urgent first."""
    still = _of(companies).where(col(PrivacyRequest.state).not_in(CLOSED_REQUEST_STATES))
    found = _shown(session, session.execute(still.limit(limit)).all())
    return sorted(found, key=lambda each: (each.deadline(now), each.request.id))


def closed_requests(session: Session, companies: Collection[str]) -> list[RequestShown]:
    """The latest closed requests, newest first."""
    closed = _of(companies).where(col(PrivacyRequest.state).in_(CLOSED_REQUEST_STATES))
    newest = closed.order_by(col(PrivacyRequest.closed_at).desc(), col(PrivacyRequest.id).desc()).limit(MAX_CLOSED)
    return _shown(session, session.execute(newest).all())


def count_requests(session: Session, companies: Collection[str], *, closed: bool) -> int:
    """How many requests are open, or closed."""
    state = col(PrivacyRequest.state)
    wanted = state.in_(CLOSED_REQUEST_STATES) if closed else state.not_in(CLOSED_REQUEST_STATES)
    counted = select(func.count()).select_from(PrivacyRequest).where(col(PrivacyRequest.company_id).in_(companies))
    return int(session.execute(counted.where(wanted)).scalar_one())


def one_request(session: Session, scope: AccessScope, request_id: str) -> RequestDetails:
    """One request; NotFound if the user does not see it."""
    request: PrivacyRequest = scope.one(session, PrivacyRequest, request_id)
    company = session.get_one(Company, request.company_id)
    (shown,) = _shown(session, [(request, company.title)])
    steps = steps_of(session, request)
    tasks = select(RequestTask).where(RequestTask.request_id == request.id, RequestTask.connector != "")
    found = session.exec(tasks.order_by(col(RequestTask.connector), col(RequestTask.hook))).all()
    return RequestDetails(shown, steps, found, names_of(session, {step.actor for step in steps}))


def _of(companies: Collection[str]) -> Any:
    query = select(PrivacyRequest, Company.title).join(Company, col(Company.id) == col(PrivacyRequest.company_id))
    return query.where(col(PrivacyRequest.company_id).in_(companies))


def _shown(session: Session, rows: Sequence[Any]) -> list[RequestShown]:
    ids = [request.id for request, _ in rows]
    tasks = session.exec(select(RequestTask).where(col(RequestTask.request_id).in_(ids))).all() if ids else []
    return [
        RequestShown(
            request=request,
            company=title,
            waiting=[
                Waiting(task.connector, request.verified_at or request.received_at, task.attempts, task.reason)
                for task in tasks
                if task.request_id == request.id and task.connector and task.state in UNANSWERED
            ],
            queued=any(_is_answer(task, request) and task.state in UNANSWERED for task in tasks),
            problem=next((task.reason for task in tasks if _is_answer(task, request) and _failed(task, request)), None),
        )
        for request, title in rows
    ]


UNANSWERED = (TaskState.READY, TaskState.LEASED)
BEGUN = (RequestState.RUNNING, RequestState.WAITING_PLUGIN)


def _is_answer(task: RequestTask, request: PrivacyRequest) -> bool:
    return task.request_id == request.id and task.hook == ANSWER


def _failed(task: RequestTask, request: PrivacyRequest) -> bool:
    """Whether a worker tried to carry it out and could not."""
    return bool(task.reason) and request.state not in (*CLOSED_REQUEST_STATES, *BEGUN)
