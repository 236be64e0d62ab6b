"""What is known about the person of a contact, and what followed it: texts and calls back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from hub.flow.case import Subject
from hub.model import Call, FactRow, OutgoingCall, TextMessage
from hub.model.people import FAILED_SOURCE
from hub.platform.fields import from_fields
from hub.store.encryption.encrypted_fields import values_of
from hub.store.encryption.vault import Vault

OF_NO_USE = (FAILED_SOURCE, "valid")
"""Facts that are of no use to a reader."""
FOLLOW_UP = timedelta(days=1)
"""Texts with the person count as following a contact until so long after it."""
MAX_FACTS, MAX_FOLLOW_UPS = 60, 20


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One fact about the person, with the connector that reported it, and until when it is kept."""

    name: str
    value: str
    source: str
    category: str
    confidence: float
    learned_at: datetime
    expires_at: datetime


def facts_of_caller(session: Session, vault: Vault, subject_id: str) -> list[Fact]:
    """The facts that enrichment found for a contact, by name."""
    query = (
        select(FactRow)
        .where(FactRow.subject_id == subject_id, col(FactRow.name).not_in(OF_NO_USE))
        .order_by(FactRow.name)
    )
    rows = session.exec(query.limit(MAX_FACTS)).all()
    values = values_of(vault, session, rows)
    return [from_fields(Fact, row, value=values[row.id]) for row in rows if row.id in values]


def follow_ups(
    session: Session, subject: Subject, *, with_texts: bool
) -> tuple[Sequence[TextMessage], Sequence[OutgoingCall]]:
    """The texts with the person within a day, and the calls back. A number that was typed into a form leads to no texts,
    because anybody can type it."""
    placed = select(OutgoingCall).where(OutgoingCall.subject_id == subject.id).order_by(col(OutgoingCall.made_at))
    calls = session.exec(placed.limit(MAX_FOLLOW_UPS)).all()
    number, at = None, None
    if isinstance(subject, Call):
        number, at = subject.caller_number, subject.started_at
    elif isinstance(subject, TextMessage):
        number, at = subject.person_number, subject.at
    if not with_texts or number is None or at is None:
        return (), calls
    query = select(TextMessage).where(
        TextMessage.company_id == subject.company_id,
        TextMessage.person_number == number,
        TextMessage.at > at,
        TextMessage.at <= at + FOLLOW_UP,
    )
    return session.exec(query.order_by(col(TextMessage.at)).limit(MAX_FOLLOW_UPS)).all(), calls
