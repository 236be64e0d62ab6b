"""`/webhooks/{connector}/…`: verify, store, and only then reply."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request

from hub.answering.answer import Answerer, Document, PendingAnswer
from hub.contracts.answers import AnswerPoint
from hub.contracts.manifest import Webhooks
from hub.contracts.webhooks import AnswerDocument, WebhookRequest
from hub.errors import RingfenceError
from hub.flow.receive import Received, Receiver
from hub.platform import metrics
from hub.platform.clock import Clock
from hub.store.writers.inbox_writer import UnstoredWebhook
from hub.web.client_ip import Proxies
from hub.web.edge_rules import headers_of_answers
from hub.web.event_loop import CompletionQueue, EventLoopBatcher
from hub.web.request_body import ASGI, content_length, read_chunks

log = structlog.get_logger(__name__)
PREFIX = "/webhooks/"
METHODS = frozenset({"GET", "HEAD", "POST"})
FALLBACK = "fallback"
"""The path that carriers request when the first one failed: it forwards the call at once, stored or not."""
REFUSE_SECONDS = 0.03
"""Unknown connectors and forged webhooks get the same answer after the same time, so that names cannot be guessed."""
STORE_DEADLINES = 8
"""How many times DEADLINE a webhook may take if its carrier does not wait for an answer; carriers allow 10 to 15
seconds."""

Reply = tuple[int, str, bytes]
"""Status, content type, body."""
PLAIN_TEXT = "text/plain; charset=utf-8"
FORBIDDEN: Reply = (403, PLAIN_TEXT, b"Forbidden")
NOT_ALLOWED: Reply = (405, PLAIN_TEXT, b"Method not allowed")
TOO_LARGE: Reply = (413, PLAIN_TEXT, b"Too large")
TRY_AGAIN: Reply = (503, PLAIN_TEXT, b"Try again")


@dataclass(slots=True)
class _PendingWebhook:
    """One webhook whose sender waits for the reply."""

    outcome: asyncio.Future[Received | None]
    """None if it takes too long; then the carrier requests the fallback path, or sends the webhook again."""
    is_fallback: bool
    """The call is forwarded as soon as the webhook is verified, stored or not."""
    is_verified: bool = False
    """Verified, and the carrier waits for an answer."""


_PendingCall = tuple[AnswerPoint, UnstoredWebhook, asyncio.Future[AnswerDocument], float]
"""A call whose carrier waits for an answer, and until when, by the event loop's clock."""


def is_webhook(scope: Any) -> bool:
    """Whether a request goes to `/webhooks/…`."""
    return bool(scope["type"] == "http" and scope["path"].startswith(PREFIX))


class WebhookEndpoint:
    """ASGI application for `/webhooks/{connector}/…`.

    It is bare ASGI, and nothing is in front of it, because this is the hub's busiest path: a framework's request, routing
    and response would take as long as the webhook itself. So it limits bodies and completes the headers of its answers
    itself, as `hub.web.edge_rules` says. `hub.flow` lists each hand-over to another thread and back.
    """

    def __init__(
        self,
        receiver: Receiver,
        answerer: Answerer,
        public_url: str,
        clock: Clock,
        trusted_proxies: Iterable[str] = (),
    ) -> None:
        self._receiver, self._answerer, self._clock = receiver, answerer, clock
        self._proxies = Proxies(trusted_proxies)
        self._public_url = public_url.rstrip("/")
        self._headers = headers_of_answers(public_url)
        declared = [webhooks for name in receiver.connectors if (webhooks := receiver.declared(name))]
        self._repeats_unsigned = any(each.sends_unsigned for each in declared)
        self._signature_headers = frozenset(each.signature_header.encode() for each in declared)
        self._completions = CompletionQueue()
        self._webhooks: dict[str, EventLoopBatcher[tuple[WebhookRequest, _PendingWebhook]]] = {
            name: EventLoopBatcher("webhooks", partial(self._receive, name)) for name in receiver.connectors
        }
        self._answers: dict[str, EventLoopBatcher[_PendingCall]] = {
            name: EventLoopBatcher("answers", partial(self._make_answers, name)) for name in receiver.connectors
        }

    async def __call__(self, scope: object, receive: ASGI, send: ASGI) -> None:
        """Answer a webhook."""
        status, content_type, body = await self._reply(scope, receive)
        headers = [
            (b"content-type", content_type.encode("latin-1")),
            (b"content-length", str(len(body)).encode("latin-1")),
            *self._headers,
        ]
        if status == TOO_LARGE[0]:  # what is left of the body is not even read
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _reply(self, scope: Any, receive: ASGI) -> Reply:
        arrived = time.monotonic()
        connector, _, path = scope["path"][len(PREFIX) :].partition("/")
        if scope["method"] not in METHODS:
            return NOT_ALLOWED
        length = content_length(scope["headers"])
        if length > self._receiver.max_bytes:
            return TOO_LARGE
        received = await self._received_from(connector, path, length, scope, receive)
        if received is not None and received.outcome == "forged":
            await asyncio.sleep(arrived + REFUSE_SECONDS - time.monotonic())
            return self._refusal(scope["headers"])
        if received is None or received.verified is None or received.outcome == "failed":
            return TRY_AGAIN
        point = received.verified.answer
        if point is None:
            return _document(received.verified.document or self._answerer.acknowledgement(connector))
        if path == FALLBACK:
            self._answerer.note_forwarded(connector, point)
            return _document(self._answerer.static_document(connector, point))
        if received.unstored is None:
            return _document(self._answerer.without_line(connector, point))
        seconds_left = self._answerer.seconds - (time.monotonic() - arrived)
        return await self._answer(connector, point, received.unstored, seconds_left)

    def _refusal(self, headers: Sequence[tuple[bytes, bytes]]) -> Reply:
        """How a webhook is refused. If a provider of this hub repeats what it failed to sign, a request without any signature
        may come again; that depends on no connector's name, so that names cannot be guessed."""
        signed = any(name in self._signature_headers and value for name, value in headers)
        return TRY_AGAIN if self._repeats_unsigned and not signed else FORBIDDEN

    async def _received_from(
        self, connector: str, path: str, length: int, scope: Any, receive: ASGI
    ) -> Received | None:
        """The outcome of a webhook. What cannot be one of its connector's is read and forgotten."""
        declared = self._receiver.declared(connector)
        refused = _refused_unread(declared, length, scope["headers"])
        limit = declared.max_bytes if declared and not refused else self._receiver.max_bytes
        body = await read_chunks(receive, limit, keep=not refused)
        if refused or body is None:
            metrics.WEBHOOKS.labels(connector if declared else "unknown", refused or "too large").inc()
            return Received("forged")
        pending = _PendingWebhook(asyncio.get_running_loop().create_future(), path == FALLBACK)
        sender = self._proxies.client_of(Request(scope)) if declared and declared.needs_sender else None
        self._webhooks[connector].add((self._incoming(scope, body, sender or ""), pending))
        del body
        return await pending.outcome

    def _incoming(self, scope: Any, body: bytes, sender: str) -> WebhookRequest:
        """The request as the carrier saw it. The address is ours, never that of a Host or Forwarded header."""
        path = scope.get("raw_path", b"").decode("latin-1") or scope["path"]
        query = scope["query_string"].decode("latin-1")
        return WebhookRequest(
            method=scope["method"],
            url=f"{self._public_url}{path}{'?' + query if query else ''}",
            body=body,
            received_at=self._clock(),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            sender=sender,
        )

    # a batch of webhooks

    def _receive(self, connector: str, batch: Sequence[tuple[WebhookRequest, _PendingWebhook]]) -> None:
        """Pass on the webhooks of one round; one timer watches all of them."""
        waiting = [(request, partial(self._received, connector, pending)) for request, pending in batch]
        self._receiver.submit_all(connector, waiting)
        loop = asyncio.get_running_loop()
        loop.call_later(self._answerer.seconds, self._give_up_late, connector, [pending for _, pending in batch], 1)

    def _received(self, connector: str, pending: _PendingWebhook, received: Received) -> None:
        """Pass on an outcome; called from other threads. A call on a known number is answered as soon as its webhook is
        verified, because it is stored with the answer; on the fallback path it is stored beside it."""
        point, unstored = received.verified and received.verified.answer, received.unstored
        pending.is_verified |= received.outcome == "verified"
        answers = unstored and point and not pending.is_fallback and self._answerer.knows(connector, point)
        is_over = received.outcome != "verified" or pending.is_fallback or answers
        if is_over and not pending.outcome.done():
            self._completions.put(pending.outcome, received)
        if unstored and not answers:
            unstored.store()

    def _give_up_late(self, connector: str, batch: Sequence[_PendingWebhook], deadlines: int) -> None:
        """End the webhooks that wait for a slow database or a plugin that hangs; check the others again later."""
        waiting = [each for each in batch if not each.outcome.done()]
        if not waiting:
            return
        give_up_all = self._receiver.hangs(connector) or deadlines == STORE_DEADLINES
        for each in waiting:
            if give_up_all or each.is_verified or each.is_fallback:
                each.outcome.set_result(None)
        waiting = [each for each in waiting if not each.outcome.done()]
        if waiting:
            loop = asyncio.get_running_loop()
            loop.call_later(self._answerer.seconds, self._give_up_late, connector, waiting, deadlines + 1)

    # a batch of answers

    async def _answer(self, connector: str, point: AnswerPoint, webhook: UnstoredWebhook, seconds_left: float) -> Reply:
        try:
            document = await self._answer_to(connector, point, webhook, seconds_left)
        except (TimeoutError, RingfenceError, SQLAlchemyError) as error:
            if not webhook.durable:
                return TRY_AGAIN
            log.warning("static answer", connector=connector, moment=point.moment, error=type(error).__name__)
            document = self._answerer.static_document(connector, point)
            self._answerer.note_forwarded(connector, point)
        return _document(document)

    def _answer_to(
        self, connector: str, point: AnswerPoint, webhook: UnstoredWebhook, seconds_left: float
    ) -> asyncio.Future[AnswerDocument]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[AnswerDocument] = loop.create_future()
        self._answers[connector].add((point, webhook, answer, loop.time() + seconds_left))
        return answer

    def _make_answers(self, connector: str, batch: Sequence[_PendingCall]) -> None:
        """Pass on the answers that were requested in one round."""
        pending = self._answerer.submit(
            connector, [point for point, *_ in batch], [webhook for _, webhook, *_ in batch]
        )

        def made(done: Future[list[Document]]) -> None:
            error = done.exception()
            documents: Sequence[AnswerDocument | BaseException] = [error] * len(batch) if error else done.result()
            for (*_, answer, _), document in zip(batch, documents, strict=True):
                self._completions.put(answer, document)

        pending.documents.add_done_callback(made)
        self._end_late(batch)
        # One timer for all of them. Only a slow plugin is counted as late, not a slow database.
        asyncio.get_running_loop().call_later(self._answerer.seconds, self._note_if_late, connector, pending)

    def _end_late(self, batch: Sequence[_PendingCall]) -> None:
        """End the answers whose callers have waited long enough; check the others again at the next one's time."""
        loop = asyncio.get_running_loop()
        for *_, answer, until in batch:
            if until <= loop.time() and not answer.done():
                answer.set_exception(TimeoutError())
        waiting = [each for each in batch if not each[2].done()]
        if waiting:
            loop.call_at(min(until for *_, until in waiting), self._end_late, waiting)

    def _note_if_late(self, connector: str, pending: PendingAnswer) -> None:
        if pending.plugin_is_late(self._answerer.seconds):
            self._answerer.note_late(connector)


def _document(document: AnswerDocument) -> Reply:
    kind = document.content_type
    is_bare_text = kind.startswith("text/") and "charset" not in kind
    return 200, f"{kind}; charset=utf-8" if is_bare_text else kind, document.body.encode()


def _refused_unread(declared: Webhooks | None, length: int, headers: Sequence[tuple[bytes, bytes]]) -> str | None:
    """Why a webhook with these headers cannot be one of a connector's; None if it may be."""
    if declared is None:
        return "unknown"
    if length > declared.max_bytes:
        return "too large"
    name = declared.signature_header.encode()
    return None if not name or any(each == name and value for each, value in headers) else "forged"
