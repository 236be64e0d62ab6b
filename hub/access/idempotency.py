"""`Idempotency-Key`: a request that a program sends twice is done once, and answered twice.

A key counts for one API key and 24 hours. Stored are the answer's status and the ids from which it is made again, never what
was sent or read: the second answer shows the resource as it is by then, and nothing outlives an erasure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, select

from hub.errors import RingfenceError
from hub.model import IdempotentRequest
from hub.model.columns import new_id
from hub.store.encryption.keyring import Keyring
from hub.store.engine import Store
from hub.store.rows import write_rows

KEEP = timedelta(hours=24)
GIVEN_UP = timedelta(minutes=2)
"""After this time a request that never ended is taken as lost, if it does no harm to do it again."""
PURPOSE = "idempotent request"
_CLAIM = "claim"
"""The name in `answer` under which a request that is being handled has its own token."""


class KeyReused(RingfenceError):
    """The key was sent before with another request."""


class StillHandled(RingfenceError):
    """The first request with the key has not ended."""


@dataclass(frozen=True)
class OnceKey:
    """A key as one API key sent it, with the request that it stands for. `request` is method, path and body."""

    api_key_id: str
    account_id: str
    key: str
    request: bytes

    @property
    def key_sha256(self) -> str:
        """What is stored of the key."""
        return hashlib.sha256(self.key.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True)
class Earlier:
    """What the first request with a key was answered."""

    status: int
    answer: Mapping[str, Any]


def claim(
    session: Session, keyring: Keyring, once: OnceKey, now: datetime, *, harmless: bool = False
) -> Earlier | None:
    """What the same request was answered before; None if it is new and now claimed, within `session`, a writing one.

    With `harmless` a request that began long ago and never ended is claimed again. KeyReused if the key came with another
    request, StillHandled if the first one has not ended.
    """
    mine = (
        col(IdempotentRequest.api_key_id) == once.api_key_id,
        col(IdempotentRequest.key_sha256) == once.key_sha256,
    )
    session.execute(delete(IdempotentRequest).where(*mine, col(IdempotentRequest.ends_at) <= now))
    token = new_id()
    row = IdempotentRequest(
        api_key_id=once.api_key_id,
        key_sha256=once.key_sha256,
        account_id=once.account_id,
        request_signature=_signature(keyring, once.request),
        answer={_CLAIM: token},
        made_at=now,
        ends_at=now + KEEP,
    )
    write_rows(session, IdempotentRequest, [row])
    known = session.exec(select(IdempotentRequest).where(*mine).with_for_update()).one()
    if known.answer.get(_CLAIM) == token:
        return None
    if not _same(keyring, once.request, known.request_signature):
        raise KeyReused("This Idempotency-Key was sent with another request; use a new key for each request.")
    if known.status is not None:
        return Earlier(known.status, known.answer)
    if harmless and now - known.made_at >= GIVEN_UP:
        known.made_at = now
        session.add(known)
        return None
    raise StillHandled("The request with this Idempotency-Key has not ended; look at the result before you repeat it.")


def finish(session: Session, once: OnceKey, status: int, answer: Mapping[str, object]) -> None:
    """Store the answer of a claimed request, within `session`. `answer` holds ids, and nothing personal."""
    row = session.get_one(IdempotentRequest, (once.api_key_id, once.key_sha256))
    row.status, row.answer = status, dict(answer)
    session.add(row)


def forget(session: Session, once: OnceKey) -> None:
    """A claimed request was refused or failed: the same key may be sent again."""
    row = session.get(IdempotentRequest, (once.api_key_id, once.key_sha256))
    if row is not None and row.status is None:
        session.delete(row)


def delete_old_requests(store: Store, now: datetime) -> int:
    """Delete what is over; returns how many."""
    with store.writing() as session:
        ended: Any = session.execute(delete(IdempotentRequest).where(col(IdempotentRequest.ends_at) <= now))
        return int(ended.rowcount)


def _signature(keyring: Keyring, request: bytes) -> str:
    return keyring.sign(PURPOSE, request) if keyring else hashlib.sha256(request).hexdigest()


def _same(keyring: Keyring, request: bytes, signature: str) -> bool:
    if hashlib.sha256(request).hexdigest() == signature:
        return True
    return bool(keyring) and keyring.signed(PURPOSE, request, signature)
