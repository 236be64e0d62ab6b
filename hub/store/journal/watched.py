"""Record legal holds, privacy requests and their proofs, restrictions and recording notices whenever a session writes them.

These rows change during their life. Rows that a session adds, changes or deletes as objects are noticed at its flush; before a
statement that changes many rows at the same time, call `touch`. Their hashes are computed right before the commit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, delete, event
from sqlalchemy import select as select_columns
from sqlalchemy.orm import Session as AnySession
from sqlmodel import Session, col

from hub.model import Company, JournalWaiting, PrivacyRequest
from hub.store.journal.evidence import EVIDENCE, Evidence, digest_of

TOUCHED = "journal touched"
"""Key in a session's `info`: kind → row → the company or request that the row belongs to."""
WATCHED: dict[Any, str] = {evidence.table: kind for kind, evidence in EVIDENCE.items() if evidence.watched}
ROWS_PER_QUERY = 500


def touch(session: Session, table: type[Any], *where: ColumnElement[bool]) -> None:
    """Record the rows of `table` with these conditions before the commit of `session`, as they are then; nothing if the table
    is not watched. Call it before a statement that changes or deletes them."""
    kind = WATCHED.get(table)
    if kind is not None:
        belongs_to = getattr(table, EVIDENCE[kind].watched or "")
        rows = session.execute(select_columns(table.id, belongs_to).where(*where))
        _touched(session)[kind].update(dict(rows.all()))


def take_touched(session: AnySession) -> list[tuple[str, str, dict[str, str | None], list[Any]]]:
    """Chain, kind, hashes by row (None for a deleted one) and the times at which the rows began, of all that was touched."""
    taken = []
    for kind, rows in session.info.pop(TOUCHED, {}).items():
        evidence = EVIDENCE[kind]
        found = _rows(session, evidence, list(rows))
        by_chain: dict[str, dict[str, str | None]] = defaultdict(dict)
        chains = chains_of(session, evidence, set(rows.values()))
        for row_id, belongs_to in rows.items():
            if belongs_to in chains:
                by_chain[chains[belongs_to]][row_id] = digest_of(kind, found[row_id]) if row_id in found else None
        # Its entry is written now, with what the row is now.
        session.execute(delete(JournalWaiting).where(col(JournalWaiting.row_id).in_(list(rows))))
        for chain, digests in by_chain.items():
            began = [found[row_id][evidence.began] for row_id in digests if row_id in found]
            taken.append((chain, kind, digests, began))
    return taken


def chain_of_company(session: AnySession, company_id: str) -> str:
    """The chain of a company: its account, which does not change before the transaction ends."""
    query = select_columns(col(Company.account_id)).where(col(Company.id) == company_id)
    return str(session.execute(query.with_for_update(read=True)).scalar_one())


def _touched(session: AnySession) -> dict[str, dict[str, str]]:
    touched: dict[str, dict[str, str]] = session.info.setdefault(TOUCHED, defaultdict(dict))
    return touched


def _rows(session: AnySession, evidence: Evidence, ids: list[str]) -> dict[str, Mapping[Any, Any]]:
    table: Any = evidence.table.__table__
    found: dict[str, Mapping[Any, Any]] = {}
    for start in range(0, len(ids), ROWS_PER_QUERY):
        query = select_columns(table).where(table.c.id.in_(ids[start : start + ROWS_PER_QUERY]))
        found |= {row["id"]: row for row in session.execute(query).mappings()}
    return found


def chains_of(session: AnySession, evidence: Evidence, ids: set[str]) -> dict[str, str]:
    """Company or request → the account of its company, which is its chain."""
    account, of_request = col(Company.account_id), col(PrivacyRequest.company_id) == col(Company.id)
    if evidence.watched == "request_id":
        query = select_columns(col(PrivacyRequest.id), account).join(Company, of_request)
        query = query.where(col(PrivacyRequest.id).in_(ids))
    else:
        query = select_columns(col(Company.id), account).where(col(Company.id).in_(ids))
    # The lock makes a company that is moving to another account settle first.
    return dict(session.execute(query.with_for_update(read=True, of=Company)).all())


@event.listens_for(AnySession, "after_flush")
def _after_flush(session: AnySession, _context: object) -> None:
    for row in (*session.new, *session.dirty, *session.deleted):
        kind = WATCHED.get(type(row))
        if kind is not None:
            _touched(session)[kind][row.id] = getattr(row, EVIDENCE[kind].watched or "")
