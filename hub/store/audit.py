"""The audit log: adds an entry to the journal of the account that it is about. Only this module writes audit
entries."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col, select
from structlog.contextvars import get_contextvars

from hub.model import (
    HUB_CHAIN,
    Account,
    AuditEntry,
    AuthorityDisclosure,
    Call,
    Company,
    ConsentEntry,
    Delivery,
    FormSubmission,
    LegalHold,
    OptOut,
    Person,
    PolicyAcceptance,
    PolicyVersion,
    PortOrderRow,
    PrivacyRequest,
    Recording,
    SourceRule,
    TextMessage,
    Tracker,
    TrackingNumber,
    User,
)
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


def account_of(session: Session, row_id: str) -> str | None:
    """The account of the row with this id, searched in the audited tables; None if none of them has it."""
    for query in _QUERIES:
        found = session.exec(query, params={"wanted": row_id}).first()
        if found is not None:
            return str(found)
    return None


def _queries() -> list[Any]:
    wanted: Any = bindparam("wanted")
    own: list[tuple[Any, Any]] = [(Account, Account.id), (Company, Company.account_id), (User, User.account_id)]
    own += [(table, table.account_id) for table in (PolicyVersion, PolicyAcceptance, ConsentEntry)]
    through: list[Any] = [Call, TextMessage, FormSubmission, Person, PrivacyRequest, SourceRule, Delivery]
    through += [LegalHold, OptOut, AuthorityDisclosure]
    queries = [select(account).where(table.id == wanted) for table, account in own]
    for table in through:
        queries.append(select(Company.account_id).join(table, table.company_id == Company.id).where(table.id == wanted))
    recording: Any = Recording
    queries.append(
        select(Company.account_id)
        .join(Call, col(Call.company_id) == Company.id)
        .join(recording, recording.call_id == Call.id)
        .where(recording.id == wanted)
    )
    queries.append(
        select(Company.account_id)
        .join(Tracker, col(Tracker.company_id) == Company.id)
        .join(TrackingNumber, col(TrackingNumber.tracker_id) == Tracker.id)
        .where(TrackingNumber.number == wanted)
    )
    port: Any = PortOrderRow
    queries.append(select(port.account_id).where((port.id == wanted) | (port.order_id == wanted)))
    return queries


_QUERIES = _queries()
