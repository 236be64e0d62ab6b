"""What a connector keeps in the database: its OAuth tokens (encrypted), its notes, its cursors, and whether it is paused."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from hub.errors import RetryLater
from hub.model.syncs import ConnectorNote, ConnectorState, ConnectorToken, Cursor
from hub.store.engine import Store
from hub.store.keyring import Keyring

REFRESH_LEASE = timedelta(seconds=30)


class StoredTokens:
    """A connector's TokenStore in the database."""

    def __init__(self, store: Store, keyring: Keyring, clock: Callable[[], datetime], connector: str) -> None:
        self._store, self._keyring, self._clock, self._connector = store, keyring, clock, connector

    def load(self) -> dict[str, Any] | None:
        """The token as it was saved last, or None."""
        with self._store.reading() as session:
            row = session.get(ConnectorToken, self._connector)
        if row is None or not row.ciphertext:
            return None
        token: dict[str, Any] = json.loads(self._keyring.decrypt(row.ciphertext, _where(self._connector)))
        return token

    def save(self, token: dict[str, Any]) -> None:
        """Keep a token; it survives a restart."""
        sealed = self._keyring.encrypt(json.dumps(token).encode(), _where(self._connector))
        with self._store.writing() as session:
            row = session.get(ConnectorToken, self._connector)
            session.add(_with_token(row, self._connector, sealed, self._keyring.newest, self._clock()))

    @contextmanager
    def refreshing(self) -> Iterator[None]:
        """Held while refreshing: of all threads and processes one refreshes, the others wait up to 30 seconds."""
        given_up = time.monotonic() + REFRESH_LEASE.total_seconds()
        while not self._take_lease():
            if time.monotonic() > given_up:
                raise RetryLater(
                    f"connector {self._connector!r} waited too long for another process to refresh its token."
                )
            time.sleep(0.05)
        try:
            yield
        finally:
            with self._store.writing() as session:
                session.execute(
                    update(ConnectorToken)
                    .where(col(ConnectorToken.connector) == self._connector)
                    .values(refresh_until=None)
                )

    def _take_lease(self) -> bool:
        now = self._clock()
        with self._store.writing() as session:
            if session.get(ConnectorToken, self._connector) is None:
                session.add(_with_token(None, self._connector, b"", "", now))
                session.flush()
            until = col(ConnectorToken.refresh_until)
            taken = session.execute(
                update(ConnectorToken)
                .where(col(ConnectorToken.connector) == self._connector, until.is_(None) | (until < now))
                .values(refresh_until=now + REFRESH_LEASE)
                .execution_options(synchronize_session=False)
            )
            return bool(taken.rowcount)  # type: ignore[attr-defined]


def rotate_tokens(store: Store, keyring: Keyring, clock: Callable[[], datetime]) -> int:
    """Encrypt every stored token anew with the newest key; how many were changed."""
    changed = 0
    with store.writing() as session:
        for row in session.exec(select(ConnectorToken)):
            if row.ciphertext and row.key_id != keyring.newest:
                plain = keyring.decrypt(row.ciphertext, _where(row.connector))
                session.add(
                    _with_token(
                        row, row.connector, keyring.encrypt(plain, _where(row.connector)), keyring.newest, clock()
                    )
                )
                changed += 1
    return changed


class StoredNotes:
    """A connector's Memory in the database."""

    def __init__(self, store: Store, connector: str) -> None:
        self._store, self._connector = store, connector

    def get(self, name: str) -> str | None:
        """A note, or None."""
        with self._store.reading() as session:
            row = session.get(ConnectorNote, (self._connector, name))
            return row.value if row else None

    def put(self, name: str, value: str) -> None:
        """Keep a note, replacing the earlier one."""
        with self._store.writing() as session:
            session.merge(ConnectorNote(connector=self._connector, name=name, value=value))


def read_cursor(session: Session, connector: str, stream: str) -> str | None:
    """How far a stream was read; None where it never was."""
    row = session.get(Cursor, (connector, stream))
    return row.value if row else None


def move_cursor(session: Session, connector: str, stream: str, value: str | None, now: datetime) -> None:
    """Note how far a stream was read, in the transaction that keeps what was read."""
    session.merge(Cursor(connector=connector, stream=stream, value=value, moved_at=now))


def pause(store: Store, connector: str, reason: str, now: datetime) -> None:
    """Pause a connector whose credentials are refused, until a person reconnects it."""
    with store.writing() as session:
        session.merge(ConnectorState(connector=connector, paused_at=now, reason=reason))


def resume(store: Store, connector: str) -> None:
    """Take a paused connector up again."""
    with store.writing() as session:
        session.merge(ConnectorState(connector=connector, paused_at=None, reason=None))


def paused_connectors(session: Session) -> dict[str, str]:
    """Connector → why it is paused."""
    rows = session.exec(select(ConnectorState).where(col(ConnectorState.paused_at).is_not(None)))
    return {row.connector: row.reason or "" for row in rows}


def _where(connector: str) -> str:
    return f"connector_token/{connector}"


def _with_token(
    row: ConnectorToken | None, connector: str, sealed: bytes, key_id: str, now: datetime
) -> ConnectorToken:
    row = row or ConnectorToken(connector=connector, key_id=key_id, ciphertext=sealed, saved_at=now)
    row.key_id, row.ciphertext, row.saved_at = key_id, sealed, now
    return row
