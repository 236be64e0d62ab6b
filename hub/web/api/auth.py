"""The door of the API: whose key it is, whether the role may, and how often; each answer is for one account alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from fastapi import HTTPException, Request
from sqlalchemy import update
from sqlmodel import Session, col

from hub.access.keys import key_holder
from hub.access.narrowing import Narrow
from hub.access.permissions import Action
from hub.access.scope import AccessScope
from hub.access.users import may
from hub.model import ApiKey, User
from hub.rate_limit import Buckets
from hub.runtime import Hub
from hub.store import audit

BURST, PER_SECOND = 120.0, 4.0
"""Requests of one key, at once and a second, in one process."""
MOST_KEYS = 10_000
NOTED_EVERY = timedelta(hours=1)
"""How exactly it is known when a key was used last."""


@dataclass(frozen=True)
class Asked:
    """One request that was let in: who asks, and what they may see."""

    hub: Hub
    scope: AccessScope

    @property
    def user(self) -> User:
        """Whose key was sent."""
        return self.scope.user

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session that, on PostgreSQL, sees the user's account alone."""
        with self.hub.store.reading_as(self.user.account_id) as session:
            yield session

    def note(self, action: str, subject: str, detail: str = "") -> None:
        """Write down that the user reads something; before it is given."""
        with self.hub.store.writing() as session:
            audit.note(session, self.hub.clock(), self.user.id, action, subject, detail)


class Authenticator:
    """Lets requests in; one a process, safe for threads."""

    def __init__(self, hub: Hub, narrow: Narrow) -> None:
        self._hub, self._narrow = hub, narrow
        self._buckets = Buckets(MOST_KEYS)

    def to(self, action: Action) -> Permission:
        """What a route depends on, so that only roles come in that may do `action`."""
        return Permission(self, action)

    def authorize(self, request: Request, action: Action) -> Asked:
        """Who asks; 401 without a living key, 429 where it is used too often, 403 where the role may not."""
        scheme, _, told = request.headers.get("authorization", "").partition(" ")
        now = self._hub.clock()
        with self._hub.store.reading() as session:
            held = key_holder(session, told.strip() if scheme.lower() == "bearer" else "", now)
        if held is None:
            raise HTTPException(401, "Send a living API key as a bearer token.", {"WWW-Authenticate": "Bearer"})
        key, user = held
        if not self._buckets.take(key.id, (BURST, PER_SECOND), now):
            raise HTTPException(429, "Too many requests with this key; wait a second.", {"Retry-After": "1"})
        if key.last_used_at is None or now - key.last_used_at >= NOTED_EVERY:
            with self._hub.store.writing() as session:
                session.execute(update(ApiKey).where(col(ApiKey.id) == key.id).values(last_used_at=now))
        reach = may(user, action)
        if reach is None:
            raise HTTPException(403, f"The role {user.role} may not do this; ask the account's owner for another role.")
        return Asked(self._hub, AccessScope(user, reach, self._narrow))


@dataclass(frozen=True)
class Permission:
    """A route's dependency; `action` is what its caller must be allowed to do."""

    door: Authenticator
    action: Action

    def __call__(self, request: Request) -> Asked:
        """The request, let in."""
        return self.door.authorize(request, self.action)
