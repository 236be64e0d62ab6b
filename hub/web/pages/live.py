"""`/live/events` reports to the browser that calls under way, or what waits for a person, changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from sse_starlette import EventSourceResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hub.access.scope import scope_of
from hub.model import Company
from hub.queries.live_calls import LiveState, live_state
from hub.web.pages.guard import SignedIn, plain
from hub.web.pages.request import PageContext

POLL_SECONDS = 1.0
MAX_STREAMS = 200
"""Streams of one process; a browser that gets none asks again every 10 s."""


class LiveEvents:
    """The event streams of one process. An event carries no data: the browser then asks for the part of its page."""

    def __init__(self, context: PageContext, signed_in: SignedIn) -> None:
        self._context, self._signed_in = context, signed_in
        self._streams = 0

    async def endpoint(self, request: Request) -> Response:
        """A stream for a signed-in user; 401 without a session, 503 when too many streams are open."""
        if await run_in_threadpool(self._state, request) is None:
            return plain(401, "Sign in first.")
        if self._streams >= MAX_STREAMS:
            return plain(503, "Too many live views are open.")
        return EventSourceResponse(self._changes(request), headers={"Cache-Control": "no-store"}, ping=15)

    async def _changes(self, request: Request) -> AsyncIterator[dict[str, str]]:
        self._streams += 1
        try:
            former: LiveState | None = None
            while (state := await run_in_threadpool(self._state, request)) is not None:
                if self._context.retired.is_set():
                    return
                if state.differs_from(former):
                    yield {"event": "calls", "data": "changed"}
                former = state
                await asyncio.sleep(POLL_SECONDS)
            yield {"event": "end", "data": "signed out"}
        finally:
            self._streams -= 1

    def _state(self, request: Request) -> LiveState | None:
        """What the user's open pages show now; None if the session has ended or the role does not see calls."""
        found = self._signed_in.session_of(request)
        if found is None:
            return None
        hub, user = self._context.hub, found[1]
        with hub.store.reading() as session:
            scope = scope_of(session, user, "calls")
        if scope is None:
            return None
        with hub.store.reading_as(user.account_id, scope.companies) as session:
            companies = [each.id for each in session.exec(scope.select(Company))]
            return live_state(session, scope, companies, hub.clock())
