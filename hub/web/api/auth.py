"""Authenticates API requests, of `/api/v1` and of `/v3` alike: whose key it is, what the role may do, and how often. Each
answer covers one account only."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from sqlmodel import Session

from hub.access.keys import is_use_noted, key_holder, note_use
from hub.access.narrowing import Narrow
from hub.access.permissions import Action
from hub.access.scope import AccessScope, limit_of, scope_within
from hub.model import ApiKey, User
from hub.numbers.directory import Directory
from hub.platform.rate_limit import Buckets, Counters
from hub.runtime import Hub
from hub.store import audit
from hub.web.api.versions import checked_version
from hub.web.problems import Refusal

BURST, PER_SECOND = 120.0, 4.0
"""Requests of one key, in a burst and per second, in one process."""
MAX_CACHED_KEYS = 10_000
FORMS = {"Bearer": "Authorization: Bearer KEY", "Token": 'Authorization: Token token="KEY"'}
"""Scheme → how a client sends its key."""
MAX_SHOWN_CHARACTERS = 64
NUL = "\0"
ReadKey = Callable[[Request], str]
"""Takes a request; returns the key that it sends, or an empty text."""


def bearer_key(request: Request) -> str:
    """The key of `Authorization: Bearer KEY`."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def rate_headers(left: float) -> dict[str, str]:
    """The headers that say how many requests a key has left, and in how many seconds it has all of them again."""
    remaining = max(0, int(left))
    reset = math.ceil((BURST - remaining) / PER_SECOND)
    return {
        "X-RateLimit-Limit": f"{BURST:.0f}",
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(reset),
    }


@dataclass(frozen=True)
class AuthorizedRequest:
    """One authenticated request: who asks, and what they may see."""

    hub: Hub
    scope: AccessScope
    limits: Mapping[str, str] = field(default_factory=dict)
    """The headers of its rate limit (`rate_headers`)."""
    key_id: str = ""
    """The id of its API key."""

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
        self.note_each(action, [subject], detail)

    def note_each(self, action: str, subjects: Sequence[str], detail: str = "") -> None:
        """The same about several subjects, in one transaction."""
        if subjects:
            with self.hub.store.writing() as session:
                for subject in subjects:
                    audit.note(session, self.hub.clock(), self.user.id, action, subject, detail)


class Authenticator:
    """Authenticates requests. One per process; thread-safe."""

    def __init__(
        self, hub: Hub, narrow: Narrow, counters: Counters, read_key: ReadKey = bearer_key, scheme: str = "Bearer"
    ) -> None:
        self._hub, self._narrow = hub, narrow
        self._read_key, self._scheme = read_key, scheme
        self._buckets = counters.of("api keys", partial(Buckets, MAX_CACHED_KEYS))

    def authorize(self, request: Request, *actions: Action) -> AuthorizedRequest:
        """The authenticated user; 401 without a valid key, 429 if it is used too often, 403 if the role may do none of
        `actions`. The scope is that of the first one that it may do."""
        key, user, limits = self.admit(request)
        with self._hub.store.reading() as session:
            limit = limit_of(session, user)
        scopes = (scope_within(user, action, limit, self._narrow) for action in actions)
        access = next((scope for scope in scopes if scope is not None), None)
        if access is None:
            raise HTTPException(
                403, f"The role {user.role} may not do this; ask the account's owner for another role.", limits
            )
        return AuthorizedRequest(self._hub, access, limits, key.id)

    def admit(self, request: Request) -> tuple[ApiKey, User, dict[str, str]]:
        """The request's key, its user, and the headers of its rate limit; 401 without a valid key, 429 if it is used too
        often."""
        now = self._hub.clock()
        with self._hub.store.reading() as session:
            holder = key_holder(session, self._read_key(request), now)
        if holder is None:
            form = FORMS[self._scheme]
            raise HTTPException(401, f"Send a valid API key, as {form}.", {"WWW-Authenticate": self._scheme})
        key, user = holder
        limits = self.limited(key.id, now)
        if not is_use_noted(key, now):
            with self._hub.store.writing() as session:
                note_use(session, key, now)
        return key, user, limits

    def limited(self, key_id: str, now: datetime) -> dict[str, str]:
        """The headers of a key's rate limit after one more request; 429 if that is one too many."""
        left = round(self._buckets.use(key_id, (BURST, PER_SECOND), now) * BURST, 6)
        headers = rate_headers(left - 1)
        if left < 1:
            wait = math.ceil((1 - left) / PER_SECOND)
            raise HTTPException(
                429, "Too many requests with this key; wait a second.", {**headers, "Retry-After": str(max(1, wait))}
            )
        return headers


@dataclass(frozen=True)
class Permission:
    """A route's dependency; `action` is what its caller must be allowed to do."""

    action: Action

    def __call__(self, request: Request) -> AuthorizedRequest:
        """Authenticate the request, and insist on a version and on parameters that there are."""
        authenticator: Authenticator = request.app.state.authenticator
        authorized = authenticator.authorize(request, self.action)
        checked_version(request)
        _check_address(request)
        return authorized


def _check_address(request: Request) -> None:
    """422 for a parameter that the operation does not have or that is sent twice, and for a NUL character, which no database
    takes."""
    known = request.app.state.query_names()[(request.method, request.scope["route"].path)]
    sent = [name for name, _ in request.query_params.multi_items()]
    wrong = next((name for name in sent if name not in known), None)
    if wrong is not None:
        names = f"its parameters are {', '.join(sorted(known))}" if known else "it has no parameters"
        raise Refusal("unknown_parameter", f"This operation has no parameter of this name; {names}.", _shown(wrong))
    twice = next((name for name in sent if sent.count(name) > 1), None)
    if twice is not None:
        raise Refusal("unknown_parameter", f"{twice} is given twice.", twice)
    nul = next(
        (name for name, text in (*request.path_params.items(), *request.query_params.items()) if NUL in text), None
    )
    if nul is not None:
        raise Refusal("invalid_parameter", f"{nul} has a NUL character.", nul)


def _shown(name: str) -> str:
    """The name of a parameter, as the sender wrote it."""
    return name[:MAX_SHOWN_CHARACTERS].encode("utf-8", "replace").decode()


def current_directory(request: Request) -> Directory:
    """A route's dependency: the settings of the accounts as they are now."""
    directory: Directory = request.app.state.tools.directory.current()
    return directory


Present = Annotated[Directory, Depends(current_directory)]
MayAccount = Annotated[AuthorizedRequest, Depends(Permission("account"))]
MayAudit = Annotated[AuthorizedRequest, Depends(Permission("audit"))]
MayBodies = Annotated[AuthorizedRequest, Depends(Permission("bodies"))]
MayCalls = Annotated[AuthorizedRequest, Depends(Permission("calls"))]
MayConfigure = Annotated[AuthorizedRequest, Depends(Permission("configure"))]
MayConsent = Annotated[AuthorizedRequest, Depends(Permission("consent"))]
MayContact = Annotated[AuthorizedRequest, Depends(Permission("contact"))]
MayDeliveries = Annotated[AuthorizedRequest, Depends(Permission("deliveries"))]
MayEndRecording = Annotated[AuthorizedRequest, Depends(Permission("end_recording"))]
MayExports = Annotated[AuthorizedRequest, Depends(Permission("exports"))]
MayMarks = Annotated[AuthorizedRequest, Depends(Permission("marks"))]
MayReplay = Annotated[AuthorizedRequest, Depends(Permission("replay"))]
MayReports = Annotated[AuthorizedRequest, Depends(Permission("reports"))]
MayRequests = Annotated[AuthorizedRequest, Depends(Permission("requests"))]
MaySetup = Annotated[AuthorizedRequest, Depends(Permission("setup"))]
MayShare = Annotated[AuthorizedRequest, Depends(Permission("share"))]
MayTexts = Annotated[AuthorizedRequest, Depends(Permission("texts"))]
MayVoicemail = Annotated[AuthorizedRequest, Depends(Permission("voicemail"))]
