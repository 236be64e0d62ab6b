"""Agents who sign out of the queues of their company, and in again."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from hub.model import QueueAgent, User
from hub.store import audit
from hub.store.locks import TransactionLock, lock_transaction


def sign_agent(session: Session, user: User, company_id: str, phone: str, signed_in: bool, now: datetime) -> None:
    """Let an agent take calls again, or no more, with an audit entry. A conversation under way goes on."""
    lock_transaction(session, TransactionLock.QUEUES)
    known = select(QueueAgent).where(QueueAgent.company_id == company_id, QueueAgent.phone == phone)
    row = session.exec(known).first() or QueueAgent(company_id=company_id, phone=phone)
    row.signed_out_at = None if signed_in else now
    session.add(row)
    audit.note(session, now, user.id, "queue.sign_in" if signed_in else "queue.sign_out", company_id, phone[-4:])
