"""The consent ledger, newest record first, with filters; and how far its journal is signed and checked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from hub.model import AuditEntry, ConsentEntry
from hub.model.journal import JournalEnd, JournalEntry
from hub.privacy.journal_check import CHECKED
from hub.queries.lists.keyset import Cursor, Page, newest_first, page_of
from hub.queries.lists.plan import by_company
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
) -> tuple[Page[ConsentEntry], bool]:
    """The records of some companies, newest first, and whether all older ones were searched: of those that filters leave
    out, only so many are looked through, and the next page begins after them."""
    key, order = col(ConsentEntry.id), newest_first(ConsentEntry.id)
    query: Any = select(ConsentEntry)
    last = None
    if choice.person_id is not None:
        query = query.where(ConsentEntry.person_id == choice.person_id)
    else:
        cursor = order.cursor(after)
        before = [] if cursor is None else [order.after(cursor.place)]
        window = select(key).where(*before).order_by(key.desc()).offset(RECORDS_SEARCHED).limit(1)
        last = session.execute(window).scalar()
        query = query.where(key >= last) if last is not None else query
    for column, value in ((ConsentEntry.state, choice.state), (ConsentEntry.channel, choice.channel)):
        query = query.where(col(column) == value) if value else query
    if choice.use:
        query = query.where((col(ConsentEntry.use) == choice.use) | col(ConsentEntry.use).startswith(f"{choice.use}."))
    page = page_of(session, by_company(query, col(ConsentEntry.company_id), companies, order), after, limit)
    if page.next is None and last is not None:
        return Page(page.items, str(Cursor((last,)))), False
    return page, True


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
