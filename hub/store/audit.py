"""The audit log: adds an entry to the journal of the account that it is about. Only this module writes audit
entries."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import String, bindparam
from sqlmodel import Session, col, select
from structlog.contextvars import get_contextvars

from hub import model
from hub.model import HUB_CHAIN, AuditEntry, Call, Company
from hub.store.journal import record
from hub.store.rows import write_rows


def note(session: Session, at: datetime, actor: str, action: str, subject: str, detail: str = "") -> None:
    """Add an entry within `session`, a writing one. `subject` and `detail` must not contain personal data.

    `subject` is a row's id, or a tracking number, if the entry is about one; the entry then belongs to the journal of that
    row's account. The API's request that it is done for is the one of the log's lines (hub.web.request_ids).
    """
    chain = account_of(session, subject) or HUB_CHAIN
    request_id = str(get_contextvars().get("request_id", ""))
    row = AuditEntry.columns(
        chain=chain, at=at, actor=actor, action=action, subject=subject, detail=detail, request_id=request_id
    )
    write_rows(session, AuditEntry, [row])
    record(session, chain, AuditEntry, [row])


def note_once(
    session: Session, at: datetime, actor: str, action: str, subjects: Collection[str], since: datetime
) -> None:
    """`note` for those of `subjects` of which the same actor's action is not noted after `since`: a page that is shown again
    each minute is read one time."""
    same = select(AuditEntry.subject).where(
        col(AuditEntry.subject).in_(subjects), AuditEntry.actor == actor, AuditEntry.action == action
    )
    noted = set(session.exec(same.where(AuditEntry.at > since)).all())
    for subject in sorted(set(subjects) - noted):
        note(session, at, actor, action, subject)


WITH_ACCOUNT = ("Company", "User", "PolicyVersion", "PolicyAcceptance", "ConsentEntry", "PortOrderRow")
"""Tables whose rows name their account."""
WITH_COMPANY = (
    "TextMessage", "FormSubmission", "Person", "PrivacyRequest", "SourceRule", "Delivery", "LegalHold", "OptOut",
    "AuthorityDisclosure",
)  # fmt: skip
"""Tables whose rows name their company."""
AUDITED = ("Call", "Account", *WITH_ACCOUNT, *WITH_COMPANY, "Recording", "TrackingNumber")
"""The tables that an entry can be about, the most frequent one first. Each is loaded when it is first looked in."""


def account_of(session: Session, row_id: str) -> str | None:
    """The account of the row with this id, searched in the audited tables; None if none of them has it."""
    for name in AUDITED:
        found = session.exec(_account_by(name), params={"wanted": row_id}).first()
        if found is not None:
            return str(found)
    return None


@cache
def _account_by(name: str) -> Any:
    table, wanted = getattr(model, name), bindparam("wanted", type_=String())
    found = (table.number if name == "TrackingNumber" else table.id) == wanted
    if name == "PortOrderRow":
        found |= table.order_id == wanted
    if name == "Account" or name in WITH_ACCOUNT:
        return select(table.id if name == "Account" else table.account_id).where(found)
    query = select(Company.account_id)
    if name == "Recording":
        query = query.join(Call, col(Call.company_id) == Company.id).join(table, table.call_id == Call.id)
    elif name == "TrackingNumber":
        tracker = model.Tracker
        query = query.join(tracker, col(tracker.company_id) == Company.id).join(table, table.tracker_id == tracker.id)
    else:
        query = query.join(table, table.company_id == Company.id)
    return query.where(found)
