"""Retire the hub's older keys without losing what they prove."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from hub.model.journal import HUB_CHAIN, JournalEnd, JournalEntry
from hub.store.encryption.keyring import JOURNAL, PUBLIC_PURPOSES, Keyring
from hub.store.engine import Store
from hub.store.journal.deferred import take_waiting
from hub.store.journal.ends_file import note_ends
from hub.store.journal.entries import UNSEALED, append, hold_ends, seal_of, write_pending
from hub.store.journal.keys import JournalKeys, journal_keys
from hub.store.journal.statements import ROTATED, state, successor_message, wrapped_place


def retire_older_keys(store: Store, keyring: Keyring, now: datetime) -> list[str]:
    """Retire every key of the keyring but the newest: from here on the newest key makes the hashes, and the older ones count
    only for what is written already. Returns the ids of the keys that were retired.

    An entry of the hub's chain names where every chain ends, and keeps of each retired key the public keys, signed by their
    owner's successor and naming it, and the key of its hashes, wrapped by the newest key. So the older secret keys can be
    removed. The same stands in the file of ends.
    """
    while take_waiting(store):
        pass
    with store.writing() as session:
        ends = hold_ends(session, sorted({HUB_CHAIN, *session.exec(select(JournalEnd.chain))}))
        keys = journal_keys(session, keyring)
        older = [key_id for key_id in keyring.key_ids[1:] if key_id not in keys.retired]
        if not older:
            return []
        retired = _kept_records(session, keys, keyring) | {
            key_id: _record(keyring, key_id, {end.chain: end.position for end in ends}, now) for key_id in older
        }
        named = {end.chain: [end.position, end.hash] for end in ends}
        state(session, keyring, HUB_CHAIN, ROTATED, {"ends": named, "retired": retired}, now, now)
        for end in ends:
            _hand_over(session, keys, keyring, end, now)
        entries = write_pending(session)
    public = {key_id: {**record, "mac_key": None} for key_id, record in retired.items()}
    note_ends(
        store.ends_file, keyring, now, {each.chain: (each.position, each.hash) for each in entries}, retired=public
    )
    return older


def _record(keyring: Keyring, key_id: str, limits: Mapping[str, int], now: datetime) -> dict[str, Any]:
    successor = {purpose: keyring.public_key(purpose, keyring.newest) for purpose in PUBLIC_PURPOSES}
    return {
        "public_keys": {purpose: keyring.public_key(purpose, key_id) for purpose in PUBLIC_PURPOSES},
        "mac_key": _wrapped(keyring, key_id, keyring.derived_key(JOURNAL, key_id)),
        "limits": limits,
        "retired_at": now.isoformat(),
        "successor": successor,
        "signature": keyring.sign_publicly(JOURNAL, successor_message(successor), key_id)[1],
    }


def _kept_records(session: Session, keys: JournalKeys, keyring: Keyring) -> dict[str, dict[str, object]]:
    """The records of keys that were retired earlier, with their keys wrapped by the newest key."""
    query = select(JournalEntry).where(JournalEntry.chain == HUB_CHAIN, JournalEntry.kind == ROTATED)
    records: dict[str, dict[str, object]] = {}
    for entry in session.exec(query.order_by(col(JournalEntry.position))):
        if (content := keys.stated(entry)) is not None:
            records |= {key_id: each for key_id, each in content["retired"].items() if key_id in keys.retired}
    return {
        key_id: {**record, "mac_key": _wrapped(keyring, key_id, keys.retired[key_id].mac_key)}
        for key_id, record in records.items()
    }


def _wrapped(keyring: Keyring, key_id: str, mac_key: bytes) -> str:
    return base64.b64encode(keyring.encrypt(mac_key, wrapped_place(key_id))).decode()


def _hand_over(session: Session, keys: JournalKeys, keyring: Keyring, end: Any, now: datetime) -> None:
    """Seal the end of a chain with the newest key. If the hub had not sealed it, that is recorded first."""
    if not keys.fits_end(end):
        append(session, end.chain, UNSEALED, {}, since=now, at=now)
    seal = seal_of(keyring.derived_key(JOURNAL, keyring.newest), end.chain, end.position, end.hash)
    handed_over = update(JournalEnd).where(col(JournalEnd.chain) == end.chain)
    session.execute(handed_over.values(key_id=keyring.newest, seal=seal))
