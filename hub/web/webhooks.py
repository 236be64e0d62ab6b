"""`/webhooks/{connector}/…`: verify, keep, and only then answer."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub import metrics
from hub.assembly import Clock
from hub.contracts.answers import AnswerPoint
from hub.contracts.webhooks import AnswerDocument, WebhookRequest
from hub.errors import RingfenceError
from hub.flow.answer import DEADLINE, Answerer, Document, Making
from hub.flow.receive import BODY_CAP, Done, Received, Receiver, Waiting
from hub.web.bodies import ASGI, read_chunks

log = structlog.get_logger(__name__)
PREFIX = "/webhooks/"
METHODS = frozenset({"GET", "HEAD", "POST"})
FALLBACK = "fallback"
"""The path that carriers call when the first one failed: it forwards the call at once, stored or not."""
STORE_DEADLINES = 8
"""How many times DEADLINE a webhook whose carrier does not wait for an answer may take; carriers allow 10 to 15 seconds."""

Reply = tuple[int, str, bytes]
"""Status, content type, body."""
TEXT = "text/plain; charset=utf-8"
FORBIDDEN: Reply = (403, TEXT, b"Forbidden")
NOT_FOUND: Reply = (404, TEXT, b"Not found")
NOT_ALLOWED: Reply = (405, TEXT, b"Method not allowed")
TOO_LARGE: Reply = (413, TEXT, b"Too large")
LATER: Reply = (503, TEXT, b"Try again")


class WebhookEndpoint:
    """The road of all connectors' webhooks, in front of the rest of the web edge.

    It is bare ASGI, for it is the hub's busiest road: a framework's request, routing and response would take as long
    as the webhook itself.
    """

    def __init__(self, app: ASGI, receiver: Receiver, answerer: Answerer, public_url: str, clock: Clock) -> None:
        self._app, self._receiver, self._answerer, self._clock = app, receiver, answerer, clock
        self._public_url = public_url.rstrip("/")
        self._mail = _Mail()
        self._arrived: dict[str, list[Waiting]] = {}
        self._desks = {name: _Desk(name, answerer) for name in receiver.connectors}

    async def __call__(self, scope: Any, receive: ASGI, send: ASGI) -> None:
        """Answer a webhook; hand on everything else."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        status, content_type, body = await self._reply(scope, receive)
        headers = [
            (b"content-type", content_type.encode("latin-1")),
            (b"content-length", str(len(body)).encode("latin-1")),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _reply(self, scope: Any, receive: ASGI) -> Reply:
        arrived = time.monotonic()
        connector, _, path = scope["path"][len(PREFIX) :].partition("/")
        if not self._receiver.knows(connector):
            metrics.WEBHOOKS.labels("unknown", "unknown").inc()
            return NOT_FOUND
        if scope["method"] not in METHODS:
            return NOT_ALLOWED
        body = await read_chunks(receive, BODY_CAP)
        if body is None:
            metrics.WEBHOOKS.labels(connector, "too large").inc()
            return TOO_LARGE
        waiting = _Waiting(path == FALLBACK, partial(self._receiver.hangs, connector))
        self._bring(connector, self._incoming(scope, body), partial(self._mail.put, waiting))
        received = await waiting.outcome
        if received is None or received.outcome == "failed" or received.verified is None:
            return FORBIDDEN if received and received.outcome == "forged" else LATER
        point = received.verified.answer
        if point is None:
            return _document(self._answerer.acknowledgement(connector))
        if path == FALLBACK:
            self._answerer.note_forwarded(connector, point)
            return _document(self._answerer.static_document(connector, point))
        if not self._answerer.knows(connector, point):
            return _document(self._answerer.acknowledgement(connector))
        return await self._answer(connector, point, DEADLINE - (time.monotonic() - arrived))

    def _incoming(self, scope: Any, body: bytes) -> WebhookRequest:
        """The request as the carrier saw it: the address is ours, never that of a Host or Forwarded header."""
        path = scope.get("raw_path", b"").decode("latin-1") or scope["path"]
        query = scope["query_string"].decode("latin-1")
        return WebhookRequest(
            method=scope["method"],
            url=f"{self._public_url}{path}{'?' + query if query else ''}",
            body=body,
            received_at=self._clock(),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        )

    def _bring(self, connector: str, request: WebhookRequest, done: Done) -> None:
        """Hand a webhook to the receiver, together with those that the event loop reads in the same round."""
        arrived = self._arrived.setdefault(connector, [])
        if not arrived:
            asyncio.get_running_loop().call_soon(self._hand_over, connector)
        arrived.append((request, done))

    def _hand_over(self, connector: str) -> None:
        self._receiver.submit_all(connector, self._arrived.pop(connector))

    async def _answer(self, connector: str, point: AnswerPoint, seconds_left: float) -> Reply:
        try:
            async with asyncio.timeout(seconds_left):
                document = await self._desks[connector].ask(point)
        except (TimeoutError, RingfenceError, SQLAlchemyError) as error:
            log.warning("static answer", connector=connector, moment=point.moment, error=type(error).__name__)
            document = self._answerer.static_document(connector, point)
            self._answerer.note_forwarded(connector, point)
        return _document(document)


class _Desk:
    """The answers that one connector is asked for: those that are wanted at the same moment are made in one go."""

    def __init__(self, connector: str, answerer: Answerer) -> None:
        self._connector, self._answerer = connector, answerer
        self._asked: list[tuple[AnswerPoint, asyncio.Future[AnswerDocument]]] = []

    def ask(self, point: AnswerPoint) -> asyncio.Future[AnswerDocument]:
        """The document for a call at `point`, or RingfenceError."""
        loop = asyncio.get_running_loop()
        if not self._asked:
            loop.call_soon(self._pass_on, loop)
        future: asyncio.Future[AnswerDocument] = loop.create_future()
        self._asked.append((point, future))
        return future

    def _pass_on(self, loop: asyncio.AbstractEventLoop) -> None:
        asked, self._asked = self._asked, []
        making = self._answerer.submit(self._connector, [point for point, _ in asked])

        def made(done: Future[list[Document]]) -> None:
            error = done.exception()
            answers = done.result() if error is None else [error] * len(asked)
            with contextlib.suppress(RuntimeError):  # the loop has ended: the hub is stopping
                loop.call_soon_threadsafe(_hand_out, asked, answers)

        making.documents.add_done_callback(made)
        # Once for all of them, and only if the plugin is slow: a slow database is not its fault.
        loop.call_later(DEADLINE, self._note_if_late, making)

    def _note_if_late(self, making: Making) -> None:
        if making.plugin_is_late:
            self._answerer.note_late(self._connector)


def _hand_out(
    asked: Sequence[tuple[AnswerPoint, asyncio.Future[AnswerDocument]]],
    answers: Sequence[AnswerDocument | BaseException],
) -> None:
    for (_, future), answer in zip(asked, answers, strict=True):
        if not future.done():
            if isinstance(answer, AnswerDocument):
                future.set_result(answer)
            else:
                future.set_exception(answer)


class _Waiting:
    """One webhook that waits for its outcome: None where it takes too long; then the carrier goes to the fallback, or
    asks again. Its methods are called on the event loop.

    A caller is not kept waiting for a slow database, and nobody for a plugin that hangs.
    """

    def __init__(self, at_once: bool, hangs: Callable[[], bool]) -> None:
        self.loop = asyncio.get_running_loop()
        self.outcome: asyncio.Future[Received | None] = self.loop.create_future()
        self.at_once, self._hangs = at_once, hangs
        self._looks = 1 if at_once else STORE_DEADLINES
        self.verified = False
        """Genuine, and on its way to the disk."""
        self._timer = self.loop.call_later(DEADLINE, self._look)

    def settle(self, received: Received | None) -> None:
        """What became of it in the end."""
        self._timer.cancel()
        if not self.outcome.done():
            self.outcome.set_result(received)

    def _look(self) -> None:
        self._looks -= 1
        if self.verified or not self._looks or self._hangs():
            self.settle(None)
        else:
            self._timer = self.loop.call_later(DEADLINE, self._look)


class _Mail:
    """Outcomes on their way from other threads to the event loop: a whole batch costs one waking."""

    def __init__(self) -> None:
        self._outcomes: deque[tuple[_Waiting, Received]] = deque()
        self._waking = False

    def put(self, waiting: _Waiting, received: Received) -> None:
        """From any thread. That a webhook is genuine is enough only where the call must be forwarded at once; otherwise it
        is noted, and nobody is woken."""
        if received.outcome == "verified" and not waiting.at_once:
            waiting.verified = True
            return
        self._outcomes.append((waiting, received))
        if not self._waking:
            self._waking = True
            with contextlib.suppress(RuntimeError):  # the loop has ended: the hub is stopping
                waiting.loop.call_soon_threadsafe(self._hand_out)

    def _hand_out(self) -> None:
        self._waking = False
        while self._outcomes:
            waiting, received = self._outcomes.popleft()
            waiting.settle(received)


def _document(document: AnswerDocument) -> Reply:
    kind = document.content_type
    is_bare_text = kind.startswith("text/") and "charset" not in kind
    return 200, f"{kind}; charset=utf-8" if is_bare_text else kind, document.body.encode()
