"""Verify the whole journal: each chain, every row that an entry records, and that no row lacks an entry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, col, select

from hub.model import Account
from hub.model.journal import HUB_CHAIN, JournalEnd, JournalEntry
from hub.store.encryption.keyring import Keyring
from hub.store.engine import Store
from hub.store.journal.chain import Finding, walk
from hub.store.journal.ends_file import read_ends
from hub.store.journal.entries import GENESIS, UNSEALED
from hub.store.journal.evidence import EVIDENCE
from hub.store.journal.keys import JournalKeys, journal_keys
from hub.store.journal.named_rows import Naming
from hub.store.journal.signing import SIGNING_INTERVAL
from hub.store.journal.statements import ENDED, ROTATED, SIGNED, UNDONE

UNSIGNED_FOR = 2 * SIGNING_INTERVAL
"""How long entries may be added before an end is signed; the worker signs once a day."""
Noted = Mapping[str, Sequence[tuple[int, str]]]
"""Chain → positions with their hashes that were written down outside of the database."""


@dataclass(frozen=True)
class Report:
    """One chain: how many entries are valid, up to which it is signed, and the finding."""

    chain: str
    entries: int
    """Entries that were checked before the finding."""
    head: str
    """The hash of the last of them. Keep it outside the database and pass it to the next check."""
    signed_to: int
    finding: Finding | None
    rows: int = 0
    """Rows that the entries record and that exist unchanged."""
    ended: int = 0
    """Rows that were deleted after their retention period."""

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return self.finding is None


def verify(store: Store, keyring: Keyring, now: datetime, noted: Noted | None = None) -> dict[str, Report]:
    """Chain → its report, from one snapshot of the database.

    If the whole database was replaced, only the file of ends and `noted` can show it.
    """
    with store.snapshot() as session:
        return verify_within(session, keyring, now, noted or {}, store.ends_file)


def verify_within(
    session: Session, keyring: Keyring, now: datetime, noted: Noted, ends_file: Path | None = None
) -> dict[str, Report]:
    """The same as `verify`, in the snapshot of `session`."""
    try:
        return _reports(session, keyring, now, noted, ends_file)
    except (TypeError, ValueError):  # bytes, NULL or no time where the hub's columns cannot have them
        reason = "A row of the database holds a value of a type that the hub does not write there."
        return {HUB_CHAIN: Report(HUB_CHAIN, 0, GENESIS, 0, Finding(0, "changed", reason))}


def _reports(
    session: Session, keyring: Keyring, now: datetime, noted: Noted, ends_file: Path | None
) -> dict[str, Report]:
    keys = journal_keys(session, keyring)
    outside, forged = read_ends(ends_file, keys)
    for chain, ends in noted.items():
        outside[chain] = {**outside.get(chain, {}), **dict(ends)}
    check = _Check(session, keys, now)
    reports = {chain: check.chain(chain, outside.get(chain, {})) for chain in check.chains(outside)}
    if forged is not None:
        reason = f"Line {forged} of {ends_file} was not written by this hub."
        reports[HUB_CHAIN] = replace(
            reports[HUB_CHAIN], finding=reports[HUB_CHAIN].finding or Finding(0, "changed", reason)
        )
    if all(report.sound for report in reports.values()):  # otherwise entries after the first finding were not checked
        for chain, finding in check.naming.unnamed():
            reports[chain] = replace(reports[chain], finding=reports[chain].finding or finding)
    return reports


class _Check:
    """One verification, with the content of the signed entries of all chains."""

    def __init__(self, session: Session, keys: JournalKeys, now: datetime) -> None:
        self._session, self._keys, self._now = session, keys, now
        self.naming = Naming(session, keys)
        self._ended = 0
        self._ends: dict[str, dict[int, str]] = defaultdict(dict)
        """Chain → the ends that it has signed itself."""
        self._anchors: dict[str, dict[int, str]] = defaultdict(dict)
        """Chain → the ends of it that the hub's own chain has signed."""
        self._over: dict[str, datetime] = {}
        self._undone: set[str] = set()
        kind = col(JournalEntry.kind)
        stated = kind.in_((SIGNED, ROTATED)) | kind.startswith(ENDED) | kind.startswith(UNDONE)
        for entry in session.exec(select(JournalEntry).where(stated)):
            self._learn(entry)

    def chains(self, noted: Collection[str]) -> list[str]:
        """All chains that exist or should exist; the hub's own is last."""
        found = {
            *self._session.exec(select(JournalEnd.chain)),
            *self._session.exec(select(JournalEntry.chain).distinct()),
        }
        found |= {*self._session.exec(select(Account.id)), *self._anchors, *noted}
        return [*sorted(found - {HUB_CHAIN}), HUB_CHAIN]

    def chain(self, chain: str, noted: Mapping[int, str]) -> Report:
        """Check one chain. Hashes noted outside the database take precedence because they are harder to forge."""
        before, self._ended = self.naming.rows, 0
        trusted = {**self._ends[chain], **self._anchors[chain], **noted}
        walked = walk(self._session, self._keys, chain, trusted, self._wrong_content)
        signed_to = max(self._ends[chain], default=0)
        finding = walked.finding or self._unsigned(chain, signed_to)
        finding = _first(self.naming.compare_folded(self._has_ended)) if finding is None else finding
        rows = self.naming.rows - before
        return Report(chain, walked.entries, walked.head, signed_to, finding, rows, self._ended)

    def _learn(self, entry: JournalEntry) -> None:
        content = self._keys.stated(entry)
        if content is None:
            return
        if entry.kind == SIGNED:
            self._ends[entry.chain][content["position"]] = content["hash"]
        if entry.kind in (SIGNED, ROTATED) and entry.chain == HUB_CHAIN:
            for chain, (position, digest) in content.get("ends", {}).items():
                self._anchors[chain][position] = digest
        if entry.kind.startswith(ENDED) and entry.chain == HUB_CHAIN:
            table = entry.kind.removeprefix(ENDED)
            self._over[table] = max(entry.since, self._over.get(table, entry.since))
        if entry.kind.startswith(UNDONE):
            self._undone.update(content["rows"])

    def _wrong_content(self, entries: Sequence[JournalEntry]) -> Finding | None:
        def wrong() -> Iterator[Finding]:
            for entry in entries:
                if entry.kind not in EVIDENCE:
                    yield from self._wrong_statement(entry)
            for found in self.naming.compare(entries):
                if isinstance(found, Finding):
                    yield found
                elif not self._has_ended(found[0].kind, found[0].since, found[1]):
                    entry, row_id = found
                    reason = f"Row {row_id} of {entry.kind} is gone before its retention period is over."
                    yield Finding(entry.position, "dropped", reason)

        return _first(wrong())

    def _wrong_statement(self, entry: JournalEntry) -> Iterator[Finding]:
        if entry.kind == UNSEALED:
            reason = (
                f"The end of the chain was changed before entry {entry.position} was written: others may be missing."
            )
            yield Finding(entry.position, "cut off", reason)
        elif self._keys.stated(entry) is None:
            reason = f"No key of this hub signed entry {entry.position}; is an older key missing?"
            yield Finding(entry.position, "changed", reason)

    def _has_ended(self, kind: str, since: datetime, row_id: str) -> bool:
        """Whether a row may be missing: its retention period has ended, or its event did not happen."""
        over = self._over.get(kind)
        if EVIDENCE[kind].ends and over is not None and since <= over:
            self._ended += 1
            return True
        return row_id in self._undone

    def _unsigned(self, chain: str, signed_to: int) -> Finding | None:
        """Finds entries that are unsigned for longer than the worker allows: signed ends may have been removed."""
        behind = select(JournalEntry.at).where(JournalEntry.chain == chain, col(JournalEntry.position) > signed_to + 1)
        first = self._session.exec(behind.order_by(col(JournalEntry.position)).limit(1)).first()
        if first is None or not self._keys:
            return None
        last = self._session.exec(behind.order_by(col(JournalEntry.position).desc()).limit(1)).one()
        until, allowed = (last, UNSIGNED_FOR) if signed_to else (self._now, SIGNING_INTERVAL)
        if until - first <= allowed:
            return None
        since = f"since entry {signed_to}" if signed_to else "at all"
        reason = (
            f"No end is signed {since}, which the worker does once a day; is it running, or were signed ends removed?"
        )
        return Finding(signed_to + 1, "unsigned", reason)


def _first(findings: Iterator[Finding]) -> Finding | None:
    return min(findings, key=lambda each: each.position, default=None)
