"""The keys that made the journal: those of the hub's keyring, and retired keys up to where each chain ended when they were
retired."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from hub.model.journal import HUB_CHAIN, JournalEnd, JournalEntry
from hub.store.encryption.keyring import JOURNAL, PUBLIC_PURPOSES, Keyring, is_signed_by
from hub.store.journal.entries import content_of, reckon, seal_of
from hub.store.journal.statements import ROTATED, statement, successor_message, wrapped_place


@dataclass(frozen=True)
class RetiredKey:
    """What remains of a secret key after it was replaced."""

    public_keys: Mapping[str, str]
    """Purpose → the public key."""
    mac_key: bytes
    """The key of the hashes of entries."""
    limits: Mapping[str, int]
    """Chain → the last position for which the key counts."""
    retired_at: datetime


class JournalKeys:
    """Checks hashes and signatures. A retired key counts only up to the position at which it was retired, so that it proves
    nothing for anyone who has it afterwards."""

    def __init__(self, keyring: Keyring) -> None:
        self.keyring = keyring
        self._mac_keys = {key_id: keyring.derived_key(JOURNAL, key_id) for key_id in keyring.key_ids}
        self._public = {
            key_id: {purpose: keyring.public_key(purpose, key_id) for purpose in PUBLIC_PURPOSES}
            for key_id in keyring.key_ids
        }
        self.retired: dict[str, RetiredKey] = {}

    def __bool__(self) -> bool:
        return bool(self.keyring)

    def fits(self, row: JournalEntry, previous: str, position: int | None = None) -> bool:
        """Whether the hub wrote this entry after the entry with the hash `previous`, at its own or at another position."""
        place = row.position if position is None else position
        return any(
            self._counts(key_id, row.chain, place) and reckon(row, previous, place, key) == row.hash
            for key_id, key in self._mac_keys.items()
        )

    def fits_end(self, end: JournalEnd) -> bool:
        """Whether the hub wrote that the chain ends there."""
        key = self._mac_keys.get(end.key_id)
        counts = key is not None and self._counts(end.key_id, end.chain, end.position)
        return counts and seal_of(key or b"", end.chain, end.position, end.hash) == end.seal

    def stated(self, entry: JournalEntry) -> dict[str, Any] | None:
        """The content of a signed entry; None if no key of this hub signed it for this chain and position."""
        content = content_of(entry)
        signature, public_key = str(content.pop("signature", "")), str(content.pop("public_key", ""))
        message = statement(entry.chain, entry.kind, entry.since, content)
        signers = [key_id for key_id in self._public if self._counts(key_id, entry.chain, entry.position)]
        known = public_key in (self._public[key_id][JOURNAL] for key_id in signers)
        return content if known and is_signed_by(public_key, message, signature) else None

    def signed(self, purpose: str, message: bytes, public_key: str, signature: str, at: datetime | None = None) -> bool:
        """Whether a key of this hub signed `message`. With `at`, the time that the message gives, a retired key must not have
        been retired by then."""
        for key_id, public in self._public.items():
            if public[purpose] == public_key:
                retired = self.retired.get(key_id)
                in_time = retired is None or at is None or at <= retired.retired_at
                return in_time and is_signed_by(public_key, message, signature)
        return False

    def retire(self, key_id: str, record: Mapping[str, Any]) -> None:
        """Take over a retired key from a rotation's entry, which must be genuine; nothing if its key was wrapped by a key that
        the hub no longer has, because a later rotation wrapped it again."""
        wrapped, public = base64.b64decode(record["mac_key"]), record["public_keys"]
        if key_id in self.retired or key_id == self.keyring.newest or not self.keyring.knows(wrapped):
            return
        if not is_signed_by(public[JOURNAL], successor_message(record["successor"]), record["signature"]):
            return
        self.retired[key_id] = RetiredKey(
            public,
            self.keyring.decrypt(wrapped, wrapped_place(key_id)),
            record["limits"],
            datetime.fromisoformat(record["retired_at"]),
        )
        self._mac_keys[key_id], self._public[key_id] = self.retired[key_id].mac_key, dict(public)

    def _counts(self, key_id: str, chain: str, position: int) -> bool:
        retired = self.retired.get(key_id)
        return retired is None or position <= retired.limits.get(chain, 0)


def journal_keys(session: Session, keyring: Keyring) -> JournalKeys:
    """The keys of the keyring, and every retired key that a genuine rotation names.

    The rotations that the newest key signed are read first: what they say about an older key that is still in the keyring
    counts before anything that this older key signed.
    """
    keys = JournalKeys(keyring)
    query = select(JournalEntry).where(JournalEntry.chain == HUB_CHAIN, JournalEntry.kind == ROTATED)
    entries = session.exec(query.order_by(col(JournalEntry.position).desc())).all()
    newest = keyring.public_key(JOURNAL, keyring.newest) if entries and keyring else ""
    for entry in sorted(entries, key=lambda each: content_of(each).get("public_key") != newest):
        content = keys.stated(entry)
        for key_id, record in (content or {}).get("retired", {}).items():
            keys.retire(key_id, record)
    return keys
