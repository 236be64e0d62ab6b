"""Sign where each company's chain ends, so that a tail that was cut off is missed: Ed25519, by a key of the hub's keyring."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.model import ConsentChain, LedgerHead
from hub.model.columns import new_id
from hub.store.keyring import Keyring
from hub.store.rows import write_rows

PURPOSE = "consent-ledger"


def sign_heads(
    session: Session, keyring: Keyring, now: datetime, companies: Collection[str] | None = None
) -> list[LedgerHead]:
    """Sign the ends that grew since they were signed last, of all companies or of `companies` (ids); what was signed.

    `session` must be a writing one. ConfigError where the hub has no key.
    """
    ends = select(LedgerHead.company_id, func.max(LedgerHead.position)).group_by(col(LedgerHead.company_id))
    signed = dict(session.exec(ends).all())
    chains = session.exec(select(ConsentChain).order_by(col(ConsentChain.company_id))).all()
    heads = [
        _sign(keyring, chain.company_id, chain.position, chain.hash, now)
        for chain in chains
        if chain.position > signed.get(chain.company_id, 0) and (companies is None or chain.company_id in companies)
    ]
    write_rows(session, LedgerHead, heads)
    return heads


def is_signed(keyring: Keyring, head: LedgerHead) -> bool:
    """Whether one of the hub's keys signed exactly this end of a chain."""
    told = _message(head.company_id, head.position, head.hash, head.signed_at)
    return keyring.signed_publicly(PURPOSE, told, head.signature)


def _sign(keyring: Keyring, company_id: str, position: int, digest: str, now: datetime) -> LedgerHead:
    public, signature = keyring.sign_publicly(PURPOSE, _message(company_id, position, digest, now))
    return LedgerHead(
        id=new_id(),
        company_id=company_id,
        position=position,
        hash=digest,
        signed_at=now,
        public_key=public,
        signature=signature,
    )


def _message(company_id: str, position: int, digest: str, at: datetime) -> bytes:
    return f"{company_id}|{position}|{digest}|{at.isoformat(timespec='microseconds')}".encode()
