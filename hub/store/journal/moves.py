"""Move a company's changeable evidence from the chain of one account to that of another."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from hub.model import JournalWaiting, PrivacyRequest
from hub.store.journal.entries import append
from hub.store.journal.evidence import EVIDENCE, MOVED, digest_of

ROWS_PER_ENTRY = 500


def move_evidence(session: Session, company_id: str, old: str, new: str, now: datetime) -> None:
    """Record in chain `old` that the company's changeable rows moved, and in chain `new` what they are now.

    Call it in the transaction that changes the company's account, after that change was flushed. Evidence that never changes
    stays where it was recorded: its entry proves it in any chain.
    """
    for kind, evidence in EVIDENCE.items():
        table: Table = evidence.table.__table__
        if "company_id" in table.c:
            mine: Any = table.c.company_id == company_id
        elif "request_id" in table.c:
            mine = table.c.request_id.in_(select(PrivacyRequest.id).where(PrivacyRequest.company_id == company_id))
        else:
            continue
        if not evidence.folded:
            continue
        by_day: dict[Any, dict[str, tuple[datetime, str]]] = defaultdict(dict)
        for row in session.execute(select_columns(table).where(mine)).mappings().all():
            began = row[evidence.began]
            by_day[began.date()][evidence.key_of(row)] = began, digest_of(kind, row)
        for _, rows in sorted(by_day.items()):
            ids = list(rows)
            for start in range(0, len(ids), ROWS_PER_ENTRY):
                some = ids[start : start + ROWS_PER_ENTRY]
                since = min(rows[each][0] for each in some)
                session.execute(delete(JournalWaiting).where(col(JournalWaiting.row_id).in_(some)))
                append(session, old, kind, dict.fromkeys(some, MOVED), since=since, at=now, apart=True)
                append(session, new, kind, {each: rows[each][1] for each in some}, since=since, at=now, apart=True)
