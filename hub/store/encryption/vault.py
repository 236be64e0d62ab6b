"""Encrypts personal data with one key per person. Destroying the key erases the data everywhere, also in backups."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import bindparam, or_, update
from sqlmodel import Session, col, select

from hub.errors import ConfigError
from hub.model.columns import new_id
from hub.model.keys import OF_BACKUPS, PersonKey
from hub.store.encryption.keyring import NONCE_BYTES, Keyring
from hub.store.engine import Store
from hub.store.rows import write_rows

HOLDERS = "holders"
"""The row with the key that hashes the holders' names; it is made with the first key and never destroyed."""
NOBODYS = "backup|"
"""Prefix of the holder of a backup's own key."""
KEY_SHARDS = 1_024
"""Number of keys per backup for rows without a known person."""
ID_BYTES = 36
KEYS_PER_TRANSACTION = 500
"""Keys that one transaction re-wraps."""


class Vault:
    """Encrypts bytes with the key of their person: AES-256-GCM, a random 256-bit key each, wrapped by the hub's
    keyring.

    The person is the company's caller with that number; if the number is hidden, each call or text (`subject_id`)
    counts as a separate person. Encrypted bytes contain the id of their key and are bound to their place (`where`, such
    as "recording/018f…"): moved elsewhere they cannot be decrypted.
    """

    def __init__(self, keyring: Keyring, clock: Callable[[], datetime]) -> None:
        self.keyring, self._clock = keyring, clock
        self._secret: bytes | None = None

    def seal(
        self,
        session: Session,
        company_id: str | None,
        phone_number: str | None,
        subject_id: str,
        plain: bytes,
        where: str,
    ) -> bytes:
        """`plain` encrypted with the person's key. A missing key is made, so `session` must be a writing one."""
        return self.sealer(session, company_id, phone_number, subject_id)(plain, where)

    def sealer(
        self, session: Session, company_id: str | None, phone_number: str | None, subject_id: str
    ) -> Callable[[bytes, str], bytes]:
        """As `seal`, in two steps: the returned function encrypts (plain, where) after `session` has ended, so that
        other writers do not wait while an hour of audio is encrypted."""
        return partial(_seal, *self._key_of(session, self.holder(session, company_id, phone_number, subject_id)))

    def seal_again(self, session: Session, sealed: bytes, plain: bytes, where: str) -> bytes:
        """`plain` encrypted under the key that `sealed` was encrypted with; the key must not have been destroyed."""
        row = session.get_one(PersonKey, self.key_id(sealed))
        return _seal(row.id, self._unwrap(row), plain, where)

    def open(self, session: Session, sealed: bytes, where: str) -> bytes | None:
        """The plain text; None if its key was destroyed. ConfigError if it was encrypted for another place or the hub's key
        is missing."""
        return self.opener(session, [self.key_id(sealed)])(sealed, where)

    def sealers(
        self, session: Session, holders: Collection[str], *, make: bool = True
    ) -> dict[str, Callable[[bytes, str], bytes]]:
        """As `sealer`, for many holders (`holder`) in one call. With `make`, holders without a key get one, so
        `session` must be a writing one; otherwise they are left out."""
        wanted = list(dict.fromkeys(holders))
        found = self._newest_of(session, wanted)
        missing = [holder for holder in wanted if holder not in found or found[holder].wrapped is None]
        if missing and make:
            # Always in the same order, so that two transactions that make the same keys do not deadlock.
            made = [self._new(each, found[each].generation + 1 if each in found else 0) for each in sorted(missing)]
            write_rows(session, PersonKey, made)
            found |= self._newest_of(session, missing)  # if another process was first, use its key
        return {holder: partial(_seal, row.id, self._unwrap(row)) for holder, row in found.items() if row.wrapped}

    def opener(
        self, session: Session, key_ids: Collection[str], *, lost: bool = False
    ) -> Callable[[bytes, str], bytes | None]:
        """As `open`, for many encrypted bytes whose keys are read in one query; the returned function works after
        `session` has ended. With `lost`, a missing key counts as destroyed."""
        keys = {row.id: row for row in session.exec(_BY_ID, params={"ids": list(set(key_ids))})}

        def open_one(sealed: bytes, where: str) -> bytes | None:
            key_id = self.key_id(sealed)
            row = keys.get(key_id)
            if (row is None and lost) or (row is not None and row.wrapped is None):
                return None
            nonce, ciphertext = sealed[ID_BYTES : ID_BYTES + NONCE_BYTES], sealed[ID_BYTES + NONCE_BYTES :]
            try:
                if row is None:
                    raise InvalidTag
                return AESGCM(self._unwrap(row)).decrypt(nonce, ciphertext, _bound(where, key_id))
            except (InvalidTag, ValueError):
                raise ConfigError(
                    f"What is stored at {where} cannot be decrypted with any key of this database; restore its key backup."
                ) from None

        return open_one

    def hand_over(self, session: Session, company_id: str, old_number: str, new_number: str) -> None:
        """Move a person's key from a wrong number to the right one. A later caller from the old number is another person and
        gets a new key."""
        old, new = (self.holder(session, company_id, number, "") for number in (old_number, new_number))
        key, known = _newest(session, old), _newest(session, new)
        if key is not None and key.wrapped is not None:
            key.holder, key.generation = new, 0 if known is None else known.generation + 1
            session.add(key)
            session.flush()

    def destroy(self, session: Session, company_id: str | None, phone_number: str | None, subject_id: str) -> bool:
        """Destroy the person's key: all data encrypted with it stays unreadable forever. Returns whether there was a
        key."""
        return bool(self.destroy_keys(session, [self.holder(session, company_id, phone_number, subject_id)]))

    def destroy_keys(self, session: Session, holders: Collection[str], key_ids: Collection[str] = ()) -> list[str]:
        """Destroy every key of the holders (`holder`) and the keys with these ids; returns the ids of all destroyed keys."""
        theirs = or_(col(PersonKey.holder).in_(set(holders)), col(PersonKey.id).in_(set(key_ids)))
        live = (theirs, col(PersonKey.wrapped).is_not(None), col(PersonKey.holder) != HOLDERS)
        done = (
            update(PersonKey)
            .where(*live)
            .values(wrapped=None, key_id="", destroyed_at=self._clock())
            .returning(col(PersonKey.id))
            .execution_options(synchronize_session="fetch")
        )
        return sorted(session.scalars(done))

    @staticmethod
    def keys_of_shares(session: Session, row_ids: Collection[str]) -> list[str]:
        """Ids of the backups' own keys with which these rows may have been encrypted (`nobodys_holder`)."""
        shares = {str(_share(row_id)) for row_id in row_ids}
        keys = select(PersonKey.id, PersonKey.holder).where(OF_BACKUPS)
        return [key_id for key_id, holder in session.exec(keys) if holder.rpartition("|")[2] in shares]

    def fingerprint(self, session: Session, company_id: str, phone_number: str) -> str:
        """A keyed hash that recognizes the company's person without naming them, even after their key was destroyed."""
        name = f"known|{company_id}|{phone_number}"
        return hmac.new(self._naming(session), name.encode(), hashlib.sha256).hexdigest()

    def row_mark(self, session: Session, table: str, row_id: str) -> str:
        """A keyed hash for tombstones: it recognizes a row, also in a backup, and reveals nothing about it."""
        return hmac.new(self._naming(session), f"row|{table}|{row_id}".encode(), hashlib.sha256).hexdigest()

    def number_mark(self, session: Session, company_id: str, phone_number: str) -> str:
        """A keyed hash for tombstones: it recognizes the number of a company's person who was erased, and reveals nothing."""
        return self.row_mark(session, "number", f"{company_id}|{phone_number}")

    def word_mark(self, session: Session, company_id: str, word: str) -> bytes:
        """A keyed hash of eight bytes for the search index: the same word of another company has another one."""
        return hmac.digest(self._naming(session), f"word|{company_id}|{word}".encode(), "sha256")[:8]

    def has_names(self, session: Session) -> bool:
        """Whether anybody's name was hashed yet; the first hash makes a key, so it needs a writing session."""
        return self._secret is not None or _newest(session, HOLDERS) is not None

    def check(self, session: Session) -> None:
        """ConfigError if this database was encrypted with a key that the hub does not have."""
        row = _newest(session, HOLDERS)
        if row is not None and row.wrapped is not None:
            self.keyring.decrypt(row.wrapped, _place(row.id))

    @staticmethod
    def key_id(sealed: bytes) -> str:
        """The id of the person's key that encrypted bytes need."""
        return sealed[:ID_BYTES].decode("ascii", "replace")

    def holder(self, session: Session, company_id: str | None, phone_number: str | None, subject_id: str) -> str:
        """The keyed hash that identifies a person in the key table."""
        name = f"person|{company_id or ''}|{phone_number}" if phone_number else f"subject|{subject_id}"
        return hmac.new(self._naming(session), name.encode(), hashlib.sha256).hexdigest()

    def _naming(self, session: Session) -> bytes:
        if self._secret is not None:
            return self._secret
        known = _newest(session, HOLDERS) is not None
        _, secret = self._key_of(session, HOLDERS)
        if known:  # a key that was just made may still be rolled back
            self._secret = secret
        return secret

    def _key_of(self, session: Session, holder: str) -> tuple[str, bytes]:
        row = _newest(session, holder)
        while row is None or row.wrapped is None:
            generation = 0 if row is None else row.generation + 1
            write_rows(session, PersonKey, [self._new(holder, generation)])
            # If another process was first, use its key.
            row = _newest(session, holder)
        return row.id, self._unwrap(row)

    @staticmethod
    def _newest_of(session: Session, holders: Collection[str]) -> dict[str, PersonKey]:
        return {row.holder: row for row in session.exec(_KEYS, params={"holders": list(holders)})}

    def _unwrap(self, row: PersonKey) -> bytes:
        return self.keyring.decrypt(row.wrapped or b"", _place(row.id))

    def _new(self, holder: str, generation: int) -> PersonKey:
        key_id = new_id()
        return PersonKey(
            id=key_id,
            holder=holder,
            generation=generation,
            key_id=self.keyring.newest,
            wrapped=self.keyring.encrypt(os.urandom(32), _place(key_id)),
            made_at=self._clock(),
        )


_PERSON_KEYS = select(PersonKey).execution_options(populate_existing=True)
_KEYS = _PERSON_KEYS.where(col(PersonKey.holder).in_(bindparam("holders", expanding=True))).order_by(
    col(PersonKey.generation)
)
_NEWEST = _PERSON_KEYS.where(PersonKey.holder == bindparam("of")).order_by(col(PersonKey.generation).desc()).limit(1)
_BY_ID = select(PersonKey).where(col(PersonKey.id).in_(bindparam("ids", expanding=True)))


def nobodys_holder(backup_id: str, row_id: str) -> str:
    """The holder whose key encrypts a backup's row without a known person. If the person becomes known later, their
    erasure destroys the key of the row's share (`Vault.keys_of_shares`), and with it a thousandth of such rows in
    that backup."""
    return f"{NOBODYS}{backup_id}|{_share(row_id)}"


def _share(row_id: str) -> int:
    return int.from_bytes(hashlib.sha256(row_id.encode()).digest()[:4], "big") % KEY_SHARDS


def rotate_person_keys(store: Store, keyring: Keyring) -> int:
    """Re-wrap every person's key with the hub's newest key; returns how many were changed. The encrypted data stays as it is.

    It can be interrupted and run again.
    """
    older = col(PersonKey.key_id) != keyring.newest
    chosen = (
        select(PersonKey.id, PersonKey.wrapped)
        .where(col(PersonKey.wrapped).is_not(None), older)
        .limit(KEYS_PER_TRANSACTION)
    )
    changed = 0
    while True:
        with store.writing() as session:
            rows = session.exec(chosen).all()
            for key_id, wrapped in rows:
                if wrapped is None:
                    continue
                anew = keyring.encrypt(keyring.decrypt(wrapped, _place(key_id)), _place(key_id))
                # A key that is being destroyed must not come back.
                still = (col(PersonKey.id) == key_id, col(PersonKey.wrapped).is_not(None))
                session.execute(update(PersonKey).where(*still).values(wrapped=anew, key_id=keyring.newest))
        changed += len(rows)
        if len(rows) < KEYS_PER_TRANSACTION:
            return changed


def _seal(key_id: str, key: bytes, plain: bytes, where: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return key_id.encode() + nonce + AESGCM(key).encrypt(nonce, plain, _bound(where, key_id))


def _newest(session: Session, holder: str) -> PersonKey | None:
    return session.exec(_NEWEST, params={"of": holder}).first()


def _place(key_id: str) -> str:
    return f"person_key/{key_id}"


def _bound(where: str, key_id: str) -> bytes:
    return f"{where}|{key_id}".encode()
