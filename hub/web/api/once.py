"""One writing request: what it does is done once, however often a program sends it with the same `Idempotency-Key`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from sqlmodel import Session
from starlette.requests import Request as StarletteRequest

from hub.access.idempotency import Earlier, KeyReused, OnceKey, StillHandled, claim, finish, forget
from hub.web.api.auth import AuthorizedRequest
from hub.web.problems import Refusal

HEADER = "Idempotency-Key"
MAX_KEY_CHARACTERS = 255
REPLAYED = "Idempotent-Replayed"
"""The header of an answer to a repeated request."""
Answer = Mapping[str, Any]
"""The ids from which the answer is made; without personal data."""
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias=HEADER,
        max_length=MAX_KEY_CHARACTERS,
        description="Any text of yours, at most 255 characters: within 24 hours the same request with the same key is "
        "done once.",
    ),
]


@dataclass(frozen=True)
class Once:
    """A request with its key, if it has one. `replayed` is called if it was answered before."""

    key: str | None
    request: bytes
    replayed: Callable[[], object] = lambda: None
    body: bytes = b""
    """What was sent."""

    def do(self, authorized: AuthorizedRequest, action: Callable[[Session], Answer], status: int = 200) -> Answer:
        """Run a deed in one transaction with the note that it was done."""
        hub, now = authorized.hub, authorized.hub.clock()
        once = self._key_of(authorized)
        if once is None:
            with hub.store.writing() as session:
                return action(session)
        with _refusing(), hub.store.writing() as session:
            earlier = claim(session, hub.keyring, once, now)
            if earlier is None:
                answer = action(session)
                finish(session, once, status, answer)
                return answer
        return self._again(earlier)

    def do_alone(
        self, authorized: AuthorizedRequest, action: Callable[[], Answer], status: int = 200, *, harmless: bool = False
    ) -> Answer:
        """The same for a deed that has transactions of its own. `harmless` says that it may be done again if the hub died
        within it, because it recognizes a repetition itself."""
        hub, once = authorized.hub, self._key_of(authorized)
        if once is None:
            return action()
        with _refusing(), hub.store.writing() as session:
            earlier = claim(session, hub.keyring, once, hub.clock(), harmless=harmless)
        if earlier is not None:
            return self._again(earlier)
        try:
            answer = action()
        except BaseException:
            with hub.store.writing() as session:
                forget(session, once)
            raise
        with hub.store.writing() as session:
            finish(session, once, status, answer)
        return answer

    def _again(self, earlier: Earlier) -> Answer:
        self.replayed()
        return earlier.answer

    def _key_of(self, authorized: AuthorizedRequest) -> OnceKey | None:
        if not self.key:
            return None
        return OnceKey(authorized.key_id, authorized.user.account_id, self.key, self.request)


class _refusing:
    """Turns the refusals of a key into the API's answers."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, KeyReused):
            raise Refusal("idempotency_key_reused", str(error), HEADER) from None
        if isinstance(error, StillHandled):
            raise Refusal("request_in_progress", str(error), HEADER, {"Retry-After": "1"}) from None


async def once_of(request: Request, response: Response, key: IdempotencyKey = None) -> Once:
    """The dependency of every route that writes."""

    def replayed() -> None:
        response.headers[REPLAYED] = "true"

    body = await request.body()
    return Once(key, request_bytes(request, body), replayed, body)


OnlyOnce = Annotated[Once, Depends(once_of)]


def checked_key(key: str | None) -> str | None:
    """The key as it was sent; 422 if it is too long."""
    if key is not None and len(key) > MAX_KEY_CHARACTERS:
        raise Refusal("invalid_parameter", f"An {HEADER} has at most {MAX_KEY_CHARACTERS} characters.", HEADER)
    return key


def request_bytes(request: StarletteRequest, body: bytes) -> bytes:
    """What makes two requests the same: method, path with its query, and body."""
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return b" ".join((request.method.encode(), address.encode(), body))
