"""`/live/events` reports to the browser that calls under way, or what waits for a person, changed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

from sse_starlette import EventSourceResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hub.access.scope import scope_within
from hub.model import Company
from hub.queries.live_calls import LiveState, live_state
from hub.web.pages.guard import SignedIn, plain
from hub.web.pages.request import PageContext

POLL_SECONDS = 1.0
MAX_STREAMS, MAX_OF_A_USER = 200, 12
"""Streams of one process, and of one user in it; a browser that gets none asks again every 10 s."""


class LiveEvents:
    """The event streams of one process. An event carries no data: the browser then asks for the part of its page."""

    def __init__(self, context: PageContext, signed_in: SignedIn) -> None:
        self._context, self._signed_in = context, signed_in
        self._streams: Counter[str] = Counter()

    async def endpoint(self, request: Request) -> Response:
        """A stream for a signed-in user; 401 without a session, 503 when too many streams are open."""
        found = await run_in_threadpool(self._state, request)
        if found is None:
            return plain(401, "Sign in first.")
        if not self._has_place(found[0]):
            return plain(503, "Too many live views are open.")
        return EventSourceResponse(self._changes(request, found[0]), headers={"Cache-Control": "no-store"}, ping=15)

    def _has_place(self, user: str) -> bool:
        return self._streams.total() < MAX_STREAMS and self._streams[user] < MAX_OF_A_USER

    async def _changes(self, request: Request, user: str) -> AsyncIterator[dict[str, str]]:
        if not self._has_place(user):
            return  # others that began meanwhile were faster
        self._streams[user] += 1
        try:
            former: LiveState | None = None
            while (found := await run_in_threadpool(self._state, request)) is not None:
                state = found[1]
                if self._context.retired.is_set():
                    return
                if state.differs_from(former):
                    yield {"event": "calls", "data": "changed"}
                former = state
                await asyncio.sleep(POLL_SECONDS)
            yield {"event": "end", "data": "signed out"}
        finally:
            self._streams -= Counter((user,))

    def _state(self, request: Request) -> tuple[str, LiveState] | None:
        """The user's id and what their open pages show now; None if the session has ended or the role does not see calls."""
        found = self._signed_in.session_of(request)
        if found is None:
            return None
        hub, user = self._context.hub, found.user
        scope = scope_within(user, "calls", found.companies)
        if scope is None:
            return None
        with hub.store.reading_as(user.account_id, scope.companies) as session:
            companies = [each.id for each in session.exec(scope.select(Company))]
            return user.id, live_state(session, scope, companies, hub.clock())
