"""Verify a company's chain of consent: every record, the notices and sealed details it names, and the signed ends."""

from __future__ import annotations

import hashlib

from sqlmodel import Session

from hub.model import ConsentDetail, ConsentEntry, ConsentNotice
from hub.privacy.ledger.chain import BOOK
from hub.store.chain import Finding, Report, walk
from hub.store.keyring import Keyring


def verify(
    session: Session, keyring: Keyring, company_id: str, known_heads: tuple[tuple[int, str], ...] = ()
) -> Report:
    """Check every record, notice and sealed detail of a company, and the ends that were signed.

    `known_heads` are positions with their hashes that were written down outside of the database. Where the whole database
    was replaced, only these tell.
    """
    return walk(session, BOOK, keyring, company_id, known_heads, _wrong_content)


def _wrong_content(session: Session, row: ConsentEntry) -> Finding | None:
    """What a record names by its hash: the notice, which stays, and the sealed detail, which may be gone in its time."""
    if row.notice_hash is not None:
        notice = session.get(ConsentNotice, row.notice_hash)
        if notice is None:
            return Finding(row.position, "dropped", f"The notice of record {row.position} is missing.")
        if hashlib.sha256(notice.text.encode()).hexdigest() != row.notice_hash:
            return Finding(row.position, "changed", f"The notice of record {row.position} has other words now.")
    if row.detail_hash is not None:
        detail = session.get(ConsentDetail, row.id)
        sealed = detail.sealed if detail is not None else None
        if sealed is not None and hashlib.sha256(sealed).hexdigest() != row.detail_hash:
            return Finding(row.position, "changed", f"The sealed detail of record {row.position} is another one.")
    return None
