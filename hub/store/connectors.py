"""A connector's data in the database: its OAuth tokens (encrypted), notes, cursors, and whether it is paused."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Update, func, update
from sqlmodel import Session, col, select

from hub.errors import AuthError, PluginFailure, RetryLater, RingfenceError
from hub.model.columns import Row
from hub.model.syncs import ConnectorNote, ConnectorState, ConnectorToken, Cursor, SyncSlot
from hub.store.dialects import upsert
from hub.store.encryption.keyring import Keyring
from hub.store.engine import Store
from hub.store.rows import count_changed, write_rows

SANDBOX_KEYRING = Keyring([base64.b64encode(b"the tokens of a stand-in open nothing"[:32]).decode()])
"""For connectors in sandboxes, so that they need no key; a real connector's tokens never use it."""
REFRESH_LEASE = timedelta(seconds=30)
MAX_NOTE_CHARACTERS, MAX_NOTES, MAX_NOTES_CHARACTERS, MAX_NOTE_NAME = 200_000, 100, 2_000_000, 64
"""Of a connector's notes: each, how many, all together, and a name."""
NOTE_RULE = (
    "a connector keeps at most 100 notes of 200,000 characters each, 2 million together, with names of up to 64."
)
MAX_TOKEN_BYTES = 50_000
UPDATE_WAITS = "The new version of its plugin asks for more"
"""How the reason of a connector begins that is held for an update."""
PAUSED_BY_HAND = "Somebody paused it in the web interface."
PROBE_WAITS = tuple(timedelta(minutes=each) for each in (1, 5, 30, 180, 720))
"""Before the hub asks a provider again that refused the sign-in: five requests in 16 hours. None that we know locks an account
for that."""


class StoredTokens:
    """A connector's TokenStore in the database."""

    def __init__(self, store: Store, keyring: Keyring, clock: Callable[[], datetime], connector: str) -> None:
        self._store, self._keyring, self._clock, self._connector = store, keyring, clock, connector
        self._lease: datetime | None = None
        """While it refreshes: until when. No other lease ends at the same time."""

    def load(self) -> dict[str, object] | None:
        """The token as it was saved last, or None."""
        with self._store.reading() as session:
            row = session.get(ConnectorToken, self._connector)
        if row is None or not row.ciphertext:
            return None
        token: dict[str, object] = json.loads(self._keyring.decrypt(row.ciphertext, _where(self._connector)))
        return token

    def save(self, token: dict[str, object]) -> None:
        """Store a token; it survives a restart. PluginFailure if it is too large.

        A refreshed token is dropped if the connector was removed or signed in again meanwhile, also if another one has its
        name now: it belongs to the earlier sign-in.
        """
        plain = json.dumps(token).encode()
        if len(plain) > MAX_TOKEN_BYTES:
            raise PluginFailure(f"connector {self._connector!r}: a token has at most {MAX_TOKEN_BYTES:,} bytes.")
        sealed = self._keyring.encrypt(plain, _where(self._connector))
        values = {"key_id": self._keyring.newest, "ciphertext": sealed, "saved_at": self._clock()}
        with self._store.writing() as session:
            if self._lease is not None:
                session.execute(self._leased().values(**values))
            else:
                _put(session, ConnectorToken, {"connector": self._connector}, {**values, "refresh_until": None})

    def _leased(self) -> Update:
        mine = col(ConnectorToken.connector) == self._connector, col(ConnectorToken.refresh_until) == self._lease
        return update(ConnectorToken).where(*mine)

    @contextmanager
    def refreshing(self) -> Iterator[None]:
        """Lock for refreshing: one thread of all processes refreshes, the others wait up to 30 seconds."""
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
                session.execute(self._leased().values(refresh_until=None))
            self._lease = None

    def _take_lease(self) -> bool:
        now = self._clock()
        with self._store.writing() as session:
            empty = ConnectorToken(connector=self._connector, key_id="", ciphertext=b"", saved_at=now)
            write_rows(session, ConnectorToken, [empty])
            until = col(ConnectorToken.refresh_until)
            lease = now + REFRESH_LEASE
            # A lease that ends much later was taken before the clock was set back.
            free = update(ConnectorToken).where(
                col(ConnectorToken.connector) == self._connector,
                until.is_(None) | (until < now) | (until > lease + REFRESH_LEASE),
            )
            taken = free.values(refresh_until=lease).execution_options(synchronize_session=False)
            changed = bool(count_changed(session, taken))
        if changed:
            self._lease = lease
        return changed


def rotate_tokens(store: Store, keyring: Keyring, clock: Callable[[], datetime]) -> int:
    """Re-encrypt every stored token with the newest key; returns how many were changed. Tokens of connectors in sandboxes are
    under no key of the hub and stay as they are."""
    changed = 0
    with store.writing() as session:
        for row in session.exec(select(ConnectorToken)):
            if row.ciphertext and row.key_id not in (keyring.newest, SANDBOX_KEYRING.newest):
                plain = keyring.decrypt(row.ciphertext, _where(row.connector))
                row.ciphertext, row.key_id = keyring.encrypt(plain, _where(row.connector)), keyring.newest
                row.saved_at = clock()
                session.add(row)
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
        """Store a note, replacing the earlier one. PluginFailure if the connector keeps too much."""
        with self._store.writing() as session:
            self._check(session, name, value)
            _put(session, ConnectorNote, {"connector": self._connector, "name": name}, {"value": value})

    def change(self, name: str, step: Callable[[str | None], str]) -> None:
        """Replace a note by the result of `step`, one thread and process at a time; if `step` raises, nothing
        changes."""
        key = {"connector": self._connector, "name": name}
        with self._store.writing() as session:
            # Insert an empty note to lock it: PostgreSQL cannot lock a row that does not exist.
            write_rows(session, ConnectorNote, [ConnectorNote(**key, value="")])
            held = select(ConnectorNote.value).filter_by(**key).with_for_update()
            changed = step(session.exec(held).one() or None)
            self._check(session, name, changed)
            _put(session, ConnectorNote, key, {"value": changed})

    def _check(self, session: Session, name: str, value: str) -> None:
        if not isinstance(value, str) or len(value) > MAX_NOTE_CHARACTERS or not 0 < len(name) <= MAX_NOTE_NAME:
            raise PluginFailure(f"connector {self._connector!r}: {NOTE_RULE}")
        others = (col(ConnectorNote.connector) == self._connector, col(ConnectorNote.name) != name)
        count, size = session.exec(
            select(func.count(), func.coalesce(func.sum(func.length(ConnectorNote.value)), 0)).where(*others)
        ).one()
        if count >= MAX_NOTES or size + len(value) > MAX_NOTES_CHARACTERS:
            raise PluginFailure(f"connector {self._connector!r} keeps too many notes: {NOTE_RULE}")


class StoredSwitch:
    """Whether a connector's plugin host may run: it is paused in the database if its plugin ended too often."""

    def __init__(self, store: Store, connector: str, clock: Callable[[], datetime]) -> None:
        self._store, self._connector, self._clock = store, connector, clock

    def why_off(self) -> str | None:
        """Why it is disabled; None if it may run."""
        with self._store.reading() as session:
            row = session.get(ConnectorState, self._connector)
            return (row.reason or "") if row and row.paused_at and row.plugin_died else None

    def turn_off(self, reason: str) -> None:
        """Pause the connector until a person resumes it."""
        with self._store.writing() as session:
            _put(
                session,
                ConnectorState,
                {"connector": self._connector},
                _paused(self._clock(), reason, None, plugin_died=True),
            )


def disabled_connectors(session: Session) -> dict[str, str]:
    """Connector → why its plugin host is disabled."""
    rows = session.exec(
        select(ConnectorState).where(col(ConnectorState.paused_at).is_not(None), col(ConnectorState.plugin_died))
    )
    return {row.connector: row.reason or "" for row in rows}


def read_cursor(session: Session, connector: str, stream: str) -> str | None:
    """How far a stream was read; None if it was never read."""
    row = session.get(Cursor, (connector, stream))
    return row.value if row else None


def move_cursor(session: Session, connector: str, stream: str, value: str | None, now: datetime) -> None:
    """Store how far a stream was read, in the transaction that stores the data."""
    _put(session, Cursor, {"connector": connector, "stream": stream}, {"value": value, "moved_at": now})


def pause(store: Store, connector: str, why: str | RingfenceError, now: datetime) -> None:
    """Pause a connector whose credentials are refused. After an AuthError its provider is asked again a few times; otherwise it
    stays paused until a person reconnects it."""
    with store.writing() as session:
        if isinstance(why, AuthError):
            _pause_refused(session, connector, str(why), now)
        else:
            pause_within(session, connector, str(why), now)


def pause_within(session: Session, connector: str, reason: str, now: datetime) -> None:
    """Pause a connector within `session`, a writing one, until a person resumes it."""
    _put(session, ConnectorState, {"connector": connector}, _paused(now, reason, None))


def _pause_refused(session: Session, connector: str, reason: str, now: datetime) -> None:
    row = session.get(ConnectorState, connector)
    since, refusals = now, 0
    if row is not None and row.paused_at is not None:
        if not is_probe_due(row, now):
            return
        since, refusals = row.paused_at, row.refusals
    elif row is not None and row.probe_at is not None and now - row.probe_at <= PROBE_WAITS[row.refusals - 1]:
        refusals = row.refusals  # the provider took the check, and refused again soon after it
    at = now + PROBE_WAITS[refusals] if refusals < len(PROBE_WAITS) else None
    probing = {"probe_at": at, "refusals": refusals + 1 if at else 0}
    _put(session, ConnectorState, {"connector": connector}, _paused(since, reason, None) | probing)
    if at is not None:
        write_rows(session, SyncSlot, [SyncSlot(connector=connector, due_at=at, why="retry")])


def is_probe_due(row: ConnectorState, now: datetime) -> bool:
    """Whether it is time to ask a provider again that refused the sign-in; at once if the clock was set back since."""
    if row.paused_at is None or row.probe_at is None:
        return False
    return not row.probe_at - PROBE_WAITS[row.refusals - 1] <= now < row.probe_at


def end_probe(session: Session, probed: ConnectorState, accepted: bool, now: datetime) -> bool:
    """Resume a connector whose provider accepts it again, or let it wait longer. Returns whether it was resumed: one that
    somebody paused or resumed meanwhile stays as it is."""
    row = session.get(ConnectorState, probed.connector)
    if row is None or (row.paused_at, row.probe_at) != (probed.paused_at, probed.probe_at):
        return False
    if not accepted:
        _pause_refused(session, row.connector, row.reason or "", now)
        return False
    going_on = _paused(None, None, None) | {"probe_at": now, "refusals": row.refusals}
    _put(session, ConnectorState, {"connector": row.connector}, going_on)
    return True


def pause_by_hand(session: Session, connector: str, user_id: str, now: datetime) -> None:
    """Pause a connector because a user wants it; nothing is sent or read until somebody resumes it."""
    _put(session, ConnectorState, {"connector": connector}, _paused(now, PAUSED_BY_HAND, user_id))


def resume(store: Store, connector: str) -> None:
    """Resume a paused connector."""
    with store.writing() as session:
        resume_within(session, connector)


def resume_within(session: Session, connector: str) -> None:
    """The same as `resume`, within `session`, a writing one. A connector that is held for an update stays paused."""
    if not waits_for_update(session, connector):
        _put(session, ConnectorState, {"connector": connector}, _paused(None, None, None))


def waits_for_update(session: Session, connector: str) -> bool:
    """Whether a connector is held until a person accepts what the new version of its plugin asks for."""
    row = session.get(ConnectorState, connector)
    return row is not None and row.update_waits


def hold_for_update(session: Session, connector: str, reason: str, now: datetime) -> None:
    """Pause a connector until a person decides on the new version of its plugin; what is due waits. One that is paused already
    keeps its reason."""
    row = session.get(ConnectorState, connector)
    why = {} if row is not None and row.paused_at else _paused(now, f"{UPDATE_WAITS}: {reason}", None)
    _put(session, ConnectorState, {"connector": connector}, {**why, "update_waits": True})


def release_from_update(session: Session, connector: str) -> None:
    """A person decided: the connector goes on, unless it was paused before."""
    row = session.get(ConnectorState, connector)
    if row is not None and row.update_waits:
        own = (row.reason or "").startswith(UPDATE_WAITS)
        why = _paused(None, None, None) if own else {}
        _put(session, ConnectorState, {"connector": connector}, {**why, "update_waits": False})


def _paused(
    at: datetime | None, reason: str | None, user_id: str | None, *, plugin_died: bool = False
) -> dict[str, object]:
    state = {"paused_at": at, "reason": reason, "paused_by": user_id, "plugin_died": plugin_died}
    return {**state, "probe_at": None, "refusals": 0}


def paused_connectors(session: Session) -> dict[str, str]:
    """Connector → why it is paused."""
    rows = session.exec(select(ConnectorState).where(col(ConnectorState.paused_at).is_not(None)))
    return {row.connector: why_paused(row) for row in rows}


def why_paused(row: ConnectorState) -> str:
    """Why a connector is paused, and that the hub asks its provider again if it does."""
    return f"{row.reason or ''}{' The hub tries it again by itself.' if row.probe_at else ''}"


def _where(connector: str) -> str:
    return f"connector_token/{connector}"


def _put(session: Session, table: type[Row], key: dict[str, Any], values: dict[str, object]) -> None:
    """Insert a row, or update it if it exists; safe while another process writes the same row."""
    new = {"update_waits": False, "plugin_died": False, "refusals": 0} if table is ConnectorState else {}
    upsert(session, table.__table__, [new | key | values], list(key), replace=list(values))
