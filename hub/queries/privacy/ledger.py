"""The consent ledger, newest record first, with filters; and how far its journal is signed and checked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.model import AuditEntry, ConsentEntry
from hub.model.journal import JournalEnd, JournalEntry
from hub.privacy.journal_check import CHECKED
from hub.store.journal.statements import SIGNED

RECORDS_SEARCHED = 5_000
"""Records of the whole hub that one page looks through, unless it shows one person."""


@dataclass(frozen=True)
class LedgerChoice:
    """Which records are wanted; None: all."""

    state: str | None = None
    use: str | None = None
    channel: str | None = None
    person_id: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is filtered."""
        return self == LedgerChoice()


@dataclass(frozen=True)
class LedgerPage:
    """Some records, newest first; `searched_to` is set if older ones were not looked at yet."""

    records: list[ConsentEntry]
    next: str | None
    searched_all: bool


@dataclass(frozen=True)
class JournalState:
    """One account's chain."""

    entries: int
    signed_to: int
    signed_at: datetime | None
    checked_at: datetime | None
    checked_by: str | None
    result: str | None
    """What the last check found."""


def ledger_page(
    session: Session, companies: Collection[str], choice: LedgerChoice, after: str | None, limit: int
) -> LedgerPage:
    """The records of some companies after the record with the id `after`."""
    key = col(ConsentEntry.id)
    # Without the index on companies: the newest are found by the key, without sorting a company's whole ledger.
    query: Any = select(ConsentEntry).where(func.coalesce(ConsentEntry.company_id, "").in_(companies))
    before = [] if after is None else [key < after]
    last = None
    if choice.person_id is not None:
        query = query.where(ConsentEntry.person_id == choice.person_id)
    else:
        window = select(key).where(*before).order_by(key.desc()).offset(RECORDS_SEARCHED).limit(1)
        last = session.execute(window).scalar()
        before += [key >= last] if last is not None else []
    query = query.where(*before)
    for column, value in ((ConsentEntry.state, choice.state), (ConsentEntry.channel, choice.channel)):
        query = query.where(col(column) == value) if value else query
    if choice.use:
        query = query.where((col(ConsentEntry.use) == choice.use) | col(ConsentEntry.use).startswith(f"{choice.use}."))
    rows = list(session.exec(query.order_by(key.desc()).limit(limit + 1)))
    if len(rows) > limit:
        return LedgerPage(rows[:limit], rows[limit - 1].id, True)
    return LedgerPage(rows, last, last is None)


def journal_state(session: Session, account_id: str) -> JournalState:
    """How far an account's journal is signed, and who checked it last."""
    end = session.get(JournalEnd, account_id)
    signed = select(JournalEntry).where(JournalEntry.kind == SIGNED, JournalEntry.chain == account_id)
    newest = session.exec(signed.order_by(col(JournalEntry.position).desc()).limit(1)).first()
    checks = select(AuditEntry).where(AuditEntry.subject == account_id, AuditEntry.action == CHECKED)
    check = session.exec(checks.order_by(col(AuditEntry.id).desc()).limit(1)).first()
    return JournalState(
        end.position if end else 0,
        newest.position if newest else 0,
        newest.at if newest else None,
        check.at if check else None,
        check.actor if check else None,
        check.detail if check else None,
    )
