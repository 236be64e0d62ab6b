"""Secrets that were entered in the browser, encrypted; config.yaml names them as `${secret:NAME}`."""

from __future__ import annotations

from collections.abc import Callable, Container
from datetime import datetime
from itertools import count

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, select

from hub.config.models import HubSection
from hub.errors import CannotDo
from hub.model import StoredSecret, User
from hub.store.encryption.keyfile import keyring_of
from hub.store.encryption.keyring import Keyring
from hub.store.engine import Store

MAX_NAME = 100


def save_secret(session: Session, keyring: Keyring, name: str, value: str, user: User, now: datetime) -> None:
    """Store a secret within `session`, a writing one; an earlier value of the same account is replaced."""
    row = session.get(StoredSecret, name) or StoredSecret(
        name=name, account_id=user.account_id, key_id="", ciphertext=b"", saved_at=now, saved_by=user.id
    )
    if row.account_id != user.account_id:
        raise CannotDo("Another account of this hub has a connector with this name; choose another name.")
    row.key_id, row.ciphertext = keyring.newest, keyring.encrypt(value.encode(), place_of_secret(name))
    row.saved_at, row.saved_by = now, user.id
    session.add(row)


def read_secret(session: Session, keyring: Keyring, name: str) -> str | None:
    """A stored secret; None if there is none."""
    row = session.get(StoredSecret, name)
    return keyring.decrypt(row.ciphertext, place_of_secret(name)).decode() if row else None


def free_name(session: Session, wanted: str, taken: Container[str] = ()) -> str:
    """A name that no stored secret has: a value that an earlier version of config.yaml names is never replaced."""
    for number in count(1):
        name = wanted if number == 1 else f"{wanted[: MAX_NAME - 6]}.{number}"
        if name not in taken and session.get(StoredSecret, name) is None:
            return name
    raise AssertionError


def secrets_of(hub: HubSection) -> Callable[[str], str | None]:
    """Reads the secrets of the hub that a config.yaml describes, while the file is read: the database opens at the first
    secret. A database that cannot be read has no secrets."""
    found: dict[str, str | None] = {}
    away = False

    def look_up(name: str) -> str | None:
        nonlocal away
        if name not in found:
            if away:  # a server that does not answer must not be waited for again with each secret
                return None
            store = Store(hub.database)
            try:
                with store.reading() as session:
                    found[name] = read_secret(session, keyring_of(hub), name)
            except SQLAlchemyError:
                found[name], away = None, True
            finally:
                store.close()
        return found[name]

    return look_up


def rotate_secrets(session: Session, keyring: Keyring) -> int:
    """Re-encrypt every stored secret with the newest key, within `session`; returns how many were changed."""
    changed = 0
    for row in session.exec(select(StoredSecret)):
        if row.key_id != keyring.newest:
            plain = keyring.decrypt(row.ciphertext, place_of_secret(row.name))
            row.ciphertext, row.key_id = keyring.encrypt(plain, place_of_secret(row.name)), keyring.newest
            session.add(row)
            changed += 1
    return changed


def place_of_secret(name: str) -> str:
    """The place that a secret is bound to."""
    return f"stored_secret/{name}"
