"""Periodic work on privacy requests: reminders at 50, 80 and 100 % of the time, unconfirmed opt-ins, old files and
proofs.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete
from sqlmodel import Session, col, select

from hub.errors import RetryLater
from hub.model import IdentityProof, PrivacyRequest, RequestStep
from hub.model.states import CLOSED_REQUEST_STATES
from hub.privacy_requests.access_file import drop_file
from hub.privacy_requests.steps import refuse, take_step
from hub.privacy_requests.tasks import SEND_REMINDER, want
from hub.runtime import Hub
from hub.store.journal import touch

log = structlog.get_logger(__name__)
REMINDER_PERCENTAGES = (100, 80, 50)
REMINDED = "reminded"
ROWS_PER_TRANSACTION = 100
CONFIRM_WITHIN = timedelta(days=7)
"""An opt-in that the person has not proven and confirmed by then is closed; the person stays opted out."""
PROOF_LIFETIME = timedelta(days=2)
"""Long enough to count how many proofs one number or address was sent."""


def remind(hub: Hub) -> list[tuple[str, int]]:
    """Note each open request that has passed a share of its time, one time per share, and queue a reminder email to
    its officers. Returns (request id, percent).
    """
    now = hub.clock()
    with hub.store.reading() as session:
        due = [(each.id, percentage) for each in open_requests(session) if (percentage := _share(session, each, now))]
    for request_id, percentage in due:
        with hub.store.writing() as session:
            request = session.get_one(PrivacyRequest, request_id)
            take_step(session, request, "hub", REMINDED, f"{percentage} %", now)
            if hub.config.mail is not None:
                want(session, request_id, SEND_REMINDER, now)
        level = log.error if percentage == 100 else log.warning
        level(
            "a privacy request is waiting", request=request_id, passed=f"{percentage} %", see="hub privacy request list"
        )
    return due


def open_requests(session: Session) -> list[PrivacyRequest]:
    """Open requests, most urgent first."""
    still = select(PrivacyRequest).where(col(PrivacyRequest.state).not_in(CLOSED_REQUEST_STATES))
    return sorted(session.exec(still), key=lambda each: (each.deadline, each.id))


def overdue(session: Session, now: datetime) -> list[PrivacyRequest]:
    """Open requests whose deadline has passed."""
    return [each for each in open_requests(session) if each.deadline < now]


def _share(session: Session, request: PrivacyRequest, now: datetime) -> int | None:
    whole = (request.deadline - request.received_at).total_seconds()
    passed = 100 * (now - request.received_at).total_seconds() / max(1.0, whole)
    percentage = next((each for each in REMINDER_PERCENTAGES if passed >= each), None)
    if percentage is None:
        return None
    noted = select(RequestStep.id).where(
        RequestStep.request_id == request.id, RequestStep.action == REMINDED, RequestStep.result == f"{percentage} %"
    )
    return None if session.exec(noted).first() else percentage


def close_unconfirmed(hub: Hub) -> None:
    """Close old opt-ins. Nobody has to answer an opt-in if the person does not return for its second step."""
    waiting = (
        PrivacyRequest.kind == "opt_in",
        col(PrivacyRequest.state).not_in(CLOSED_REQUEST_STATES),
        col(PrivacyRequest.evidence).is_(None),
        col(PrivacyRequest.received_at) <= hub.clock() - CONFIRM_WITHIN,
    )
    with hub.store.reading() as session:
        late = [each.id for each in session.exec(select(PrivacyRequest).where(*waiting).limit(ROWS_PER_TRANSACTION))]
    for request_id in late:
        with hub.store.writing() as session:
            request = session.get_one(PrivacyRequest, request_id)
            if request.state not in CLOSED_REQUEST_STATES and "confirmed_at" not in request.outcome:
                refuse(session, request, "hub", "The person did not confirm the opt-in in time.", hub.clock())


def drop_old_proofs(hub: Hub) -> None:
    """Delete expired proofs of identity."""
    over = col(IdentityProof.made_at) <= hub.clock() - PROOF_LIFETIME
    with hub.store.reading() as session:
        if session.exec(select(IdentityProof.id).where(over).limit(1)).first() is None:
            return
    with hub.store.writing() as session:
        touch(session, IdentityProof, over)
        session.execute(delete(IdentityProof).where(over))


def drop_old_files(hub: Hub) -> None:
    """Delete expired answer files."""
    now = hub.clock()
    with hub.store.reading() as session:
        over = select(PrivacyRequest.id).where(col(PrivacyRequest.file_ends_at) <= now).limit(ROWS_PER_TRANSACTION)
        ids = list(session.exec(over))
    for request_id in ids:
        try:
            with hub.store.writing() as session:
                drop_file(session, hub, session.get_one(PrivacyRequest, request_id))
        except RetryLater as error:
            log.warning("a person's file is not deleted yet", request=request_id, reason=str(error))
