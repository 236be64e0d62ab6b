"""Compare the rows of all tables with the journal entries that record them."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import Session, select

from hub.model import ConsentDetail, ConsentNotice
from hub.model.journal import HUB_CHAIN, JournalEntry, JournalWaiting
from hub.store.audit import account_of
from hub.store.journal.chain import Finding
from hub.store.journal.deferred import is_genuine
from hub.store.journal.entries import content_of
from hub.store.journal.evidence import EVIDENCE, MOVED, digest_of
from hub.store.journal.keys import JournalKeys
from hub.store.rows import read

CHUNK = 500
_notice, _detail = ConsentNotice.__table__.c, ConsentDetail.__table__.c
_NOTICES = select_columns(_notice.hash, _notice.text).where(_notice.hash.in_(bindparam("hashes", expanding=True)))
_DETAILS = select_columns(_detail.id, _detail.sealed).where(_detail.id.in_(bindparam("ids", expanding=True)))
Named = Mapping[str, tuple[JournalEntry, str]]
"""Row → the entry that records it, and its hash there."""


class Sums:
    """The set of rows seen in each table, as sums of keyed hashes, which nobody can forge: equal for equal sets, in
    little memory."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._sums: dict[str, int] = defaultdict(int)

    def add(self, kind: str, row_id: str) -> None:
        """Add a row."""
        digest = hashlib.blake2b(row_id.encode(), key=self._key, digest_size=24).digest()
        self._sums[kind] += int.from_bytes(digest, "big")

    def of(self, kind: str) -> int:
        """The sum of a table."""
        return self._sums[kind]


class Naming:
    """Checks the rows that entries record, page by page, and then finds rows without an entry."""

    def __init__(self, session: Session, keys: JournalKeys) -> None:
        self._session, self._keys, self._key = session, keys, os.urandom(32)
        self._named = Sums(self._key)
        self._folded: dict[tuple[str, str], tuple[int, datetime, str | None]] = {}
        self.rows = 0
        """Rows that exist unchanged."""

    def compare(self, entries: Sequence[JournalEntry]) -> Iterator[tuple[JournalEntry, str] | Finding]:
        """Findings about the rows that these entries name. A missing row is returned with its entry, because its retention
        period may have ended."""
        by_kind: dict[str, dict[str, tuple[JournalEntry, str]]] = defaultdict(dict)
        for entry in entries:
            for row_id, digest in content_of(entry).items() if entry.kind in EVIDENCE else ():
                if EVIDENCE[entry.kind].folded:
                    self._folded[entry.kind, row_id] = (entry.position, entry.since, digest)
                elif row_id in by_kind[entry.kind]:
                    yield Finding(entry.position, "inserted", f"Row {row_id} of {entry.kind} is named once more.")
                else:
                    by_kind[entry.kind][row_id] = (entry, digest)
        for kind, named in by_kind.items():
            ids = list(named)
            for start in range(0, len(ids), CHUNK):
                yield from self._compare(kind, {row_id: named[row_id] for row_id in ids[start : start + CHUNK]})

    def compare_folded(self, may_be_missing: Callable[[str, datetime, str], bool]) -> Iterator[Finding]:
        """Changeable rows that differ from the last entries of this chain; call it at the end of the chain. `may_be_missing`
        says whether the retention period of a row is over: of its kind, the time of its entry, and its id."""
        folded, self._folded = self._folded, {}
        by_kind: dict[str, list[str]] = defaultdict(list)
        for (kind, key), (_, _, digest) in folded.items():
            if digest != MOVED:
                by_kind[kind].append(key)
        for kind, keys in by_kind.items():
            for start in range(0, len(keys), CHUNK):
                some = keys[start : start + CHUNK]
                found = self._found(kind, some)
                for key in some:
                    yield from self._compare_last(kind, key, *folded[kind, key], found.get(key), may_be_missing)

    def _compare_last(
        self,
        kind: str,
        key: str,
        position: int,
        since: datetime,
        digest: str | None,
        fields: Mapping[Any, Any] | None,
        may_be_missing: Callable[[str, datetime, str], bool],
    ) -> Iterator[Finding]:
        if fields is None and digest is not None:
            if not may_be_missing(kind, since, key):
                yield Finding(position, "dropped", f"A row of {kind} that entry {position} names is gone.")
        elif fields is not None and digest is None:
            yield Finding(position, "inserted", f"Entry {position} took a row of {kind} away; it is there.")
        elif fields is not None and digest_of(kind, fields) != digest:
            yield Finding(position, "changed", f"A row of {kind} is not what entry {position} says.")
        elif fields is not None:
            self._met(kind, key)

    def unnamed(self) -> Iterator[tuple[str, Finding]]:
        """The first row of each table without an entry, with its chain, or the fact that a row is there twice; call it after
        all chains were compared."""
        for waiting in self._session.exec(select(JournalWaiting)):
            fields = self._found(waiting.kind, [waiting.row_id]).get(waiting.row_id)
            genuine = is_genuine(self._keys.keyring, waiting)
            if fields is not None and genuine and digest_of(waiting.kind, fields) == waiting.digest:
                self._named.add(waiting.kind, waiting.row_id)
            else:
                reason = f"Row {waiting.row_id} of {waiting.kind}, which waits for its entry, is not what it was."
                yield waiting.chain, Finding(0, "changed", reason)
        there = Sums(self._key)
        for kind, evidence in EVIDENCE.items():
            for key in self._session.execute(select_columns(*evidence.key).execution_options(yield_per=1_000)):
                there.add(kind, _joined(key))
            if there.of(kind) != self._named.of(kind):
                yield from self._unknown_rows(kind)

    def _compare(self, kind: str, named: Named) -> Iterator[tuple[JournalEntry, str] | Finding]:
        found = self._found(kind, list(named))
        for row_id, (entry, digest) in named.items():
            if row_id not in found:
                yield entry, row_id
            elif digest_of(kind, found[row_id]) != digest:
                yield Finding(
                    entry.position, "changed", f"Row {row_id} of {kind} is not what entry {entry.position} says."
                )
            else:
                self._met(kind, row_id)
        if kind == "consent_record":
            yield from self._wrong_words(found, named)

    def _met(self, kind: str, row_id: str) -> None:
        self.rows += 1
        self._named.add(kind, row_id)

    def _wrong_words(self, records: Mapping[str, Mapping[object, object]], named: Named) -> Iterator[Finding]:
        """Checks what a record refers to by hash: the notice, which stays, and the encrypted detail, which may have
        been deleted."""
        hashes = {row["notice_hash"] for row in records.values()} - {None}
        kept = read(self._session, _NOTICES, hashes=list(hashes))
        notices = {digest: hashlib.sha256(text.encode()).hexdigest() for digest, text in kept}
        details = dict[Any, Any](read(self._session, _DETAILS, ids=list(records)))
        for row_id, row in records.items():
            position, notice, detail = named[row_id][0].position, row["notice_hash"], details.get(row_id)
            if notice is not None and notice not in notices:
                yield Finding(position, "dropped", f"The notice of record {row_id} is missing.")
            elif notice is not None and notices[notice] != notice:
                yield Finding(position, "changed", f"The notice of record {row_id} has other words now.")
            if detail is not None and hashlib.sha256(detail).hexdigest() != row["detail_hash"]:
                yield Finding(position, "changed", f"The sealed detail of record {row_id} is another one.")

    def _found(self, kind: str, keys: Sequence[str]) -> dict[str, Mapping[Any, Any]]:
        """The existing rows with these identifiers."""
        evidence = EVIDENCE[kind]
        wanted = keys if len(evidence.key) == 1 else [tuple(each.split("/")) for each in keys]
        rows = read(self._session, _rows_of(kind), keys=wanted)
        return {evidence.key_of(row._mapping): row._mapping for row in rows}

    def _unknown_rows(self, kind: str) -> Iterator[tuple[str, Finding]]:
        """Why a table and the entries differ: a row with no entry, or with two. Slow, but it runs only after a
        mismatch."""
        named: set[str] = set(self._session.exec(select(JournalWaiting.row_id).where(JournalWaiting.kind == kind)))
        for entry in self._session.exec(select(JournalEntry).where(JournalEntry.kind == kind)):
            ids = content_of(entry).keys()
            twice = next((each for each in ids if each in named and not EVIDENCE[kind].folded), None)
            if twice is not None:
                yield entry.chain, Finding(entry.position, "inserted", f"Row {twice} of {kind} is named once more.")
                return
            named |= ids
        for key in self._session.execute(select_columns(*EVIDENCE[kind].key)):
            row_id = _joined(key)
            if row_id not in named:
                reason = f"No entry of the journal names row {row_id} of {kind}."
                yield self._chain_of(kind, row_id), Finding(0, "inserted", reason)
                return
            named.remove(row_id)
        yield HUB_CHAIN, Finding(0, "inserted", f"A row of {kind} is there more than once.")

    def _chain_of(self, kind: str, row_id: str) -> str:
        fields = self._found(kind, [row_id]).get(row_id, {})
        about = [fields[name] for name in ("chain", "company_id", "subject_id", "request_id") if name in fields]
        chain = account_of(self._session, about[0]) if about else None
        return chain or HUB_CHAIN


@cache
def _rows_of(kind: str) -> Any:
    """The query for the rows of a table that have these keys."""
    key = EVIDENCE[kind].key
    of = key[0] if len(key) == 1 else tuple_(*key)
    return select_columns(EVIDENCE[kind].table.__table__).where(of.in_(bindparam("keys", expanding=True)))


def _joined(key: Sequence[object]) -> str:
    """The identifier of a row in the journal, of the values of its primary key, which can be NULL
    or bytes once the constraint was dropped."""
    return "/".join(map(str, key))
