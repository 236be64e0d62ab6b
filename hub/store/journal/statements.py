"""Entries that state something about a chain, signed with Ed25519 by the hub's newest key: where it ends, what has
expired, what never happened, which keys are retired."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from hub.store.encryption.keyring import JOURNAL, Keyring
from hub.store.journal.entries import append
from hub.store.journal.evidence import CANONICAL, spelled

SIGNED, ENDED, UNDONE, ROTATED = "signed", "ended ", "undone ", "rotated"
"""Kinds of statements. `ended ` and `undone ` are followed by a table's name. `rotated` stands in the hub's chain and retires
keys. `sealed` ends the part of a chain that was written before entries had keyed hashes."""


def state(
    session: Session, keyring: Keyring, chain: str, kind: str, values: dict[str, object], since: datetime, now: datetime
) -> None:
    """Append a signed statement before `session` commits. ConfigError if the hub has no key."""
    append(session, chain, kind, signed_content(keyring, chain, kind, since, values), since=since, at=now)


def signed_content(
    keyring: Keyring, chain: str, kind: str, since: datetime, values: Mapping[str, object]
) -> dict[str, object]:
    """The content of a statement: its values, the public key and the signature."""
    public_key, signature = keyring.sign_publicly(JOURNAL, statement(chain, kind, since, values))
    return {**values, "public_key": public_key, "signature": signature}


def statement(chain: str, kind: str, since: datetime, values: Mapping[str, object]) -> bytes:
    """The signed bytes of a statement."""
    return CANONICAL.encode([chain, kind, spelled(since), values]).encode()


def successor_message(public_keys: Mapping[str, str]) -> bytes:
    """What a key signs when it is retired: the public keys of its successor, by purpose."""
    return CANONICAL.encode(["successor", public_keys]).encode()


def wrapped_place(key_id: str) -> str:
    """The place that the wrapped key of a retired key's hashes is bound to."""
    return f"journal_key/{key_id}"
