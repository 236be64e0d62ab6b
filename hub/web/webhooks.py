"""`/webhooks/{connector}/…`: verify, keep, and only then answer."""

from __future__ import annotations

import asyncio
import contextlib
import time

import structlog
from starlette.requests import Request
from starlette.responses import Response

from hub import metrics
from hub.assembly import Clock
from hub.contracts.webhooks import AnswerDocument, AnswerPoint, WebhookRequest
from hub.errors import RingfenceError
from hub.flow.answer import DEADLINE, Answerer
from hub.flow.receive import BODY_CAP, Received, Receiver
from hub.web.bodies import read_body

log = structlog.get_logger(__name__)
FALLBACK = "fallback"
"""The path that carriers call when the first one failed: it forwards the call at once, stored or not."""
STORE_DEADLINES = 8
"""How many times DEADLINE a webhook whose carrier does not wait for an answer may take; carriers allow 10 to 15 seconds."""

FORBIDDEN = (403, b"Forbidden")
NOT_FOUND = (404, b"Not found")
TOO_LARGE = (413, b"Too large")
LATER = (503, b"Try again")


class WebhookEndpoint:
    """The Starlette endpoint of all connectors' webhooks."""

    def __init__(self, receiver: Receiver, answerer: Answerer, public_url: str, clock: Clock) -> None:
        self._receiver, self._answerer, self._clock = receiver, answerer, clock
        self._public_url = public_url.rstrip("/")

    async def __call__(self, request: Request) -> Response:
        """Answer one webhook."""
        arrived = time.monotonic()
        connector = request.path_params["connector"]
        if not self._receiver.knows(connector):
            metrics.WEBHOOKS.labels("unknown", "unknown").inc()
            return _plain(*NOT_FOUND)
        body = await read_body(request, BODY_CAP)
        if body is None:
            metrics.WEBHOOKS.labels(connector, "too large").inc()
            return _plain(*TOO_LARGE)
        verified, ended = self._submit(connector, self._incoming(request, body))
        if request.path_params["path"] == FALLBACK:
            return await self._forward_at_once(connector, verified, ended)
        received = await self._outcome(connector, verified, ended)
        if received is None or received.outcome != "stored" or received.verified is None:
            return _plain(*(FORBIDDEN if received and received.outcome == "forged" else LATER))
        point = received.verified.answer
        if point is None:
            return _document(self._answerer.acknowledgement(connector))
        return await self._answer(connector, point, DEADLINE - (time.monotonic() - arrived))

    def _incoming(self, request: Request, body: bytes) -> WebhookRequest:
        """The request as the carrier saw it: the address is ours, never that of a Host or Forwarded header."""
        scope = request.scope
        path = scope.get("raw_path", b"").decode("latin-1") or scope["path"]
        query = scope["query_string"].decode("latin-1")
        return WebhookRequest(
            method=request.method,
            url=f"{self._public_url}{path}{'?' + query if query else ''}",
            body=body,
            received_at=self._clock(),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        )

    def _submit(
        self, connector: str, incoming: WebhookRequest
    ) -> tuple[asyncio.Future[Received], asyncio.Future[Received]]:
        loop = asyncio.get_running_loop()
        verified: asyncio.Future[Received] = loop.create_future()
        ended: asyncio.Future[Received] = loop.create_future()

        def settle(received: Received) -> None:
            future = verified if received.outcome == "verified" else ended
            if not future.done():
                future.set_result(received)

        def done(received: Received) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended: the hub is stopping
                loop.call_soon_threadsafe(settle, received)

        self._receiver.submit(connector, incoming, done)
        return verified, ended

    async def _outcome(
        self, connector: str, verified: asyncio.Future[Received], ended: asyncio.Future[Received]
    ) -> Received | None:
        """What became of a webhook; None where it takes too long: then the carrier goes to the fallback, or asks again.

        A caller is not kept waiting for a slow database, and nobody for a plugin that hangs.
        """
        for _ in range(STORE_DEADLINES):
            await asyncio.wait({ended}, timeout=DEADLINE)
            if ended.done():
                return ended.result()
            if verified.done() or self._receiver.hangs(connector):
                break
        return None

    async def _forward_at_once(
        self, connector: str, verified: asyncio.Future[Received], ended: asyncio.Future[Received]
    ) -> Response:
        await asyncio.wait({verified, ended}, timeout=DEADLINE, return_when=asyncio.FIRST_COMPLETED)
        received = verified.result() if verified.done() else ended.result() if ended.done() else None
        if received is None or received.outcome == "failed":
            return _plain(*LATER)
        if received.outcome == "forged" or received.verified is None:
            return _plain(*FORBIDDEN)
        if received.verified.answer is None:
            return _document(self._answerer.acknowledgement(connector))
        return _document(self._answerer.static_document(connector, received.verified.answer))

    async def _answer(self, connector: str, point: AnswerPoint, seconds_left: float) -> Response:
        try:
            answer = asyncio.wrap_future(self._answerer.submit(connector, point))
            return _document(await asyncio.wait_for(answer, max(0.0, seconds_left)))
        except TimeoutError:
            return _document(self._answerer.late(connector, point))
        except RingfenceError as error:
            log.warning("static answer", connector=connector, step=point.step, error=type(error).__name__)
            return _document(self._answerer.static_document(connector, point))


def _plain(status: int, body: bytes) -> Response:
    return Response(body, status, media_type="text/plain")


def _document(document: AnswerDocument) -> Response:
    return Response(document.body, media_type=document.content_type)
