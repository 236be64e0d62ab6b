"""Authenticates API requests: whose key it is, what the role may do, and how often. Each answer covers one account
only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from fastapi import HTTPException, Request
from sqlalchemy import update
from sqlmodel import Session, col

from hub.access.keys import key_holder
from hub.access.narrowing import Narrow
from hub.access.permissions import Action
from hub.access.scope import AccessScope, scope_of
from hub.model import ApiKey, User
from hub.rate_limit import Buckets, Counters
from hub.runtime import Hub
from hub.store import audit

BURST, PER_SECOND = 120.0, 4.0
"""Requests of one key, in a burst and per second, in one process."""
MAX_CACHED_KEYS = 10_000
LAST_USE_PRECISION = timedelta(hours=1)
"""The precision of a key's last use."""


@dataclass(frozen=True)
class AuthorizedRequest:
    """One authenticated request: who asks, and what they may see."""

    hub: Hub
    scope: AccessScope

    @property
    def user(self) -> User:
        """The user whose key was sent."""
        return self.scope.user

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session that, on PostgreSQL, sees only the companies that the user may see."""
        with self.hub.store.reading_as(self.user.account_id, self.scope.companies) as session:
            yield session

    def note(self, action: str, subject: str, detail: str = "") -> None:
        """Write an audit entry before the user gets the data."""
        with self.hub.store.writing() as session:
            audit.note(session, self.hub.clock(), self.user.id, action, subject, detail)


class Authenticator:
    """Authenticates requests. One per process; thread-safe."""

    def __init__(self, hub: Hub, narrow: Narrow, counters: Counters) -> None:
        self._hub, self._narrow = hub, narrow
        self._buckets = counters.of("api keys", partial(Buckets, MAX_CACHED_KEYS))

    def to(self, action: Action) -> Permission:
        """A route's dependency that admits only roles that may do `action`."""
        return Permission(self, action)

    def authorize(self, request: Request, action: Action) -> AuthorizedRequest:
        """The authenticated user; 401 without a valid key, 429 if it is used too often, 403 if the role may not do it."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        now = self._hub.clock()
        with self._hub.store.reading() as session:
            holder = key_holder(session, token.strip() if scheme.lower() == "bearer" else "", now)
            access = scope_of(session, holder[1], action, self._narrow) if holder else None
        if holder is None:
            raise HTTPException(401, "Send a living API key as a bearer token.", {"WWW-Authenticate": "Bearer"})
        key, user = holder
        if not self._buckets.take(key.id, (BURST, PER_SECOND), now):
            raise HTTPException(429, "Too many requests with this key; wait a second.", {"Retry-After": "1"})
        if key.last_used_at is None or now - key.last_used_at >= LAST_USE_PRECISION:
            with self._hub.store.writing() as session:
                session.execute(update(ApiKey).where(col(ApiKey.id) == key.id).values(last_used_at=now))
        if access is None:
            raise HTTPException(403, f"The role {user.role} may not do this; ask the account's owner for another role.")
        return AuthorizedRequest(self._hub, access)


@dataclass(frozen=True)
class Permission:
    """A route's dependency; `action` is what its caller must be allowed to do."""

    authenticator: Authenticator
    action: Action

    def __call__(self, request: Request) -> AuthorizedRequest:
        """Authenticate the request."""
        return self.authenticator.authorize(request, self.action)
