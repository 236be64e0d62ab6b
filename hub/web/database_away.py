"""While the database is away: pages say so at once, and the process itself says how it is, without any thread that hangs."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from hub.runtime import Hub
from hub.web.error_answers import CALLRAIL
from hub.web.health import status_only
from hub.web.request_body import ASGI

SERVED = ("/audio/", "/t/", "/track/", "/.well-known/")
"""What is served from memory, or knows itself what to do without a database."""
GRACE_SECONDS = 2.0
"""An outage that ends sooner is not shown: a page that waits gets its rows."""
SENTENCE = (
    "The database of this hub {trouble} since {since:%H:%M} UTC. Calls and texts are taken and kept meanwhile; "
    "this page comes back by itself."
)
DAMAGED = (
    "The database file of this hub is damaged. Calls and texts are taken and kept meanwhile; the log and /readyz of the "
    "operation port say what to do."
)
AWAY, SLOW = "does not answer", "has been too slow to be written to"
READS = ("GET", "HEAD")


class DatabaseAwayPages:
    """ASGI application in front of the pages, the API and the health checks. It asks nothing of the database, and runs on the
    event loop: threads may all wait for a database that is frozen."""

    def __init__(self, app: ASGI, hub: Hub) -> None:
        self._app, self._hub, self._outage = app, hub, hub.store.outage

    async def __call__(self, scope: Any, receive: ASGI, send: ASGI) -> None:
        """Serve one request."""
        since = self._outage.since
        if since is None or scope["type"] != "http" or scope["path"].startswith(SERVED):
            await self._app(scope, receive, send)
            return
        answer: Response
        if scope["path"] == "/healthz":
            answer = JSONResponse({"status": "ok"})
        elif scope["path"] == "/readyz":
            answer = status_only(self._hub)
        elif self._outage.seconds < GRACE_SECONDS or (self._outage.readable and scope["method"] in READS):
            await self._app(scope, receive, send)
            return
        else:
            key = "error" if scope["path"].startswith(CALLRAIL) else "detail"
            headers = {"Retry-After": "5", "Cache-Control": "no-store"}
            said = SENTENCE.format(since=since, trouble=SLOW if self._outage.slow else AWAY)
            answer = JSONResponse({key: DAMAGED if self._outage.damaged else said}, 503, headers)
        await answer(scope, receive, send)
