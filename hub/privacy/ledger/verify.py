"""Walk a company's chain and name the first position at which somebody changed, dropped, swapped, inserted or cut something."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sqlmodel import Session, col, select

from hub.model import ConsentChain, ConsentDetail, ConsentEntry, ConsentNotice, LedgerHead
from hub.privacy.ledger.chain import GENESIS, reckon
from hub.privacy.ledger.heads import is_signed
from hub.store.keyring import Keyring

Kind = Literal["changed", "dropped", "swapped", "inserted", "cut off"]
PAGE = 1_000


@dataclass(frozen=True)
class Finding:
    """What is wrong, and the first position of the chain from which it shows."""

    position: int
    kind: Kind
    reason: str


@dataclass(frozen=True)
class Report:
    """One company's chain: how far it is sound, up to where it is signed, and what was found."""

    company_id: str
    records: int
    """Records that were walked before anything was found."""
    head: str
    """The hash of the last of them; keep it elsewhere, and later tell it to `verify`."""
    signed_to: int
    finding: Finding | None

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return self.finding is None


def verify(
    session: Session, keyring: Keyring, company_id: str, known_heads: tuple[tuple[int, str], ...] = ()
) -> Report:
    """Check every record, notice and sealed detail of a company, and the ends that were signed.

    `known_heads` are positions with their hashes that were written down outside of the database. Where the whole database
    was replaced, only these tell.
    """
    ends = _signed_ends(session, keyring, company_id)
    if isinstance(ends, Finding):
        return Report(company_id, 0, GENESIS, 0, ends)
    trusted = ends | dict(known_heads)  # what was noted outside of the database is the harder to forge
    previous, walked, trusted_to = GENESIS, 0, 0
    signed_to = max(ends, default=0)
    for row in _rows(session, company_id):
        finding = _wrong_link(session, row, walked + 1, previous) or _wrong_content(session, row)
        if finding is None and trusted.get(row.position, row.hash) != row.hash:
            finding = _wrong_sign(session, row, trusted[row.position], trusted_to)
        if finding is not None:
            return Report(company_id, finding.position - 1, previous, signed_to, finding)
        walked, previous = row.position, row.hash
        trusted_to = walked if walked in trusted else trusted_to
    return Report(company_id, walked, previous, signed_to, _wrong_end(session, company_id, walked, previous, trusted))


def _rows(session: Session, company_id: str) -> Iterator[ConsentEntry]:
    """A company's records by position, some at a time. After an attack two may have one position."""
    last = (-(2**31), "")
    while True:
        behind = (col(ConsentEntry.position) > last[0]) | (
            (col(ConsentEntry.position) == last[0]) & (col(ConsentEntry.id) > last[1])
        )
        page = session.exec(
            select(ConsentEntry)
            .where(ConsentEntry.company_id == company_id, behind)
            .order_by(col(ConsentEntry.position), col(ConsentEntry.id))
            .limit(PAGE)
        ).all()
        yield from page
        if len(page) < PAGE:
            return
        last = (page[-1].position, page[-1].id)


def _wrong_link(session: Session, row: ConsentEntry, wanted: int, previous: str) -> Finding | None:
    fields = row.model_dump()
    if row.position == wanted and row.previous_hash == previous and reckon(fields, previous) == row.hash:
        return None
    if row.position > wanted:
        return Finding(wanted, "dropped", f"There is no record {wanted}; the next one is {row.position}.")
    if row.position < wanted:
        return Finding(row.position, "inserted", f"There are two records {row.position}.")
    genuine = _place_of(session, row)
    if genuine is None:
        return Finding(wanted, "changed", f"Record {wanted} is not what it was when it was written.")
    if genuine == wanted:
        # The record is whole; what it was chained to is not there any more.
        return Finding(
            max(1, wanted - 1), "changed", f"Record {wanted} was written behind another record than this one."
        )
    other = _at(session, row.company_id, genuine)
    if other is not None and _place_of(session, other) == wanted:
        return Finding(wanted, "swapped", f"Records {wanted} and {genuine} stand in each other's place.")
    if genuine > wanted:
        return Finding(wanted, "dropped", f"What stands as record {wanted} was record {genuine}: others are missing.")
    return Finding(
        genuine, "inserted", f"What stands as record {wanted} was record {genuine}: others were put before it."
    )


def _wrong_sign(session: Session, row: ConsentEntry, signed: str, trusted_to: int) -> Finding:
    """The chain is one, and not the signed one. Where the signed record is still there behind the same one, this was put
    before it; else anything since the signed end before this may be new."""
    there = (ConsentEntry.company_id == row.company_id, ConsentEntry.hash == signed)
    moved = session.exec(select(ConsentEntry.previous_hash).where(*there)).first()
    if moved == row.previous_hash:
        return Finding(row.position, "inserted", f"Record {row.position} stands where another one was signed.")
    reason = f"Up to record {row.position} the chain is not the one that was signed."
    return Finding(trusted_to + 1, "changed", reason)


def _place_of(session: Session, row: ConsentEntry) -> int | None:
    """The position at which a record was written, if all else of it is as it was: its hash tells."""
    fields: dict[str, Any] = row.model_dump()
    written = select(ConsentEntry.position).where(
        ConsentEntry.company_id == row.company_id, ConsentEntry.hash == row.previous_hash
    )
    behind = [found + 1 for found in session.exec(written)]
    near = range(max(1, row.position - 8), row.position + 9)
    position: int
    for position in (row.position, *behind, *near):
        if reckon(fields | {"position": position}, row.previous_hash) == row.hash:
            return position
    return None


def _at(session: Session, company_id: str, position: int) -> ConsentEntry | None:
    wanted = (ConsentEntry.company_id == company_id, ConsentEntry.position == position)
    return session.exec(select(ConsentEntry).where(*wanted)).first()


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


def _signed_ends(session: Session, keyring: Keyring, company_id: str) -> dict[int, str] | Finding:
    ends = {}
    heads = select(LedgerHead).where(LedgerHead.company_id == company_id).order_by(col(LedgerHead.position))
    for head in session.exec(heads):
        if not is_signed(keyring, head):
            reason = f"No key of this hub signed the end at record {head.position}; is an older key missing?"
            return Finding(head.position, "changed", reason)
        ends[head.position] = head.hash
    return ends


def _wrong_end(session: Session, company_id: str, walked: int, last: str, trusted: dict[int, str]) -> Finding | None:
    chain = session.get(ConsentChain, company_id)
    reached = max([chain.position if chain else 0, *trusted])
    if reached > walked:
        return Finding(walked + 1, "cut off", f"The chain went on to record {reached}; it ends at {walked} now.")
    if walked and (chain is None or chain.position < walked):
        return Finding((chain.position if chain else 0) + 1, "inserted", "Nobody counted the records from here on.")
    if chain is not None and walked and chain.hash != last:
        return Finding(walked, "changed", f"Record {walked} is not the one that was written last.")
    return None
