"""Receive: a plugin verifies a carrier's webhook, the hub stores it durably, and only then acknowledges it.

Each connector has its own verification queue: while one batch is verified, the next one collects. A burst therefore
needs few thread switches, and a plugin that hangs delays no other connector.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Literal

from hub.contracts.manifest import Webhooks
from hub.contracts.webhooks import VerifiedWebhook, WebhookRequest
from hub.errors import BadSignature, RingfenceError
from hub.hookspecs import CallHooks, spec_of
from hub.model.columns import RAW_WEBHOOK_RETENTION, new_id
from hub.model.states import InboxState
from hub.platform import metrics
from hub.platform.error_counts import COUNTS
from hub.runtime import Hub
from hub.store.writers.inbox_writer import InboxWriter, Row, UnstoredWebhook

MAX_WAITING_BYTES = 32_000_000
"""Bytes of webhooks that may wait in this process until they are stored or refused; further ones get 503."""
MAX_WAITING_BYTES_OF_CONNECTOR = MAX_WAITING_BYTES // 2
OVERHEAD_BYTES = 2_000
"""What a waiting webhook takes besides its body and its address."""
MAX_KEY_LENGTH = 200
KEPT_HEADERS = ("content-type", "i-twilio-idempotency-token", "x-request-id")
VERIFY_SECONDS = spec_of(CallHooks.verify_webhook).deadline

Outcome = Literal["verified", "stored", "forged", "failed"]


@dataclass(frozen=True, slots=True)
class Received:
    """The outcome of one webhook: `stored` (durable), `forged` (the signature is wrong) or `failed`.

    `verified` comes before the final outcome, if the webhook's carrier waits for an answer. The web edge then stores the
    webhook, alone or in the transaction of the answer.
    """

    outcome: Outcome
    verified: VerifiedWebhook | None = None
    unstored: UnstoredWebhook | None = None


Done = Callable[[Received], None]
Waiting = tuple[WebhookRequest, Done]


class Receiver:
    """Accepts the webhooks of all connectors. Other threads call `done` when the outcome is known."""

    def __init__(self, hub: Hub, writer: InboxWriter) -> None:
        waiting = _WaitingBytes(MAX_WAITING_BYTES)
        self._declared = {
            name: hub.plugins.connectors[name].manifest.webhooks
            for name in hub.plugins.with_hook(CallHooks.verify_webhook)
        }
        self._queues = {
            name: _VerificationQueue(name, hub, writer, _WaitingBytes(MAX_WAITING_BYTES_OF_CONNECTOR, waiting))
            for name in self._declared
        }
        self.max_bytes = max((each.max_bytes for each in self._declared.values()), default=Webhooks().max_bytes)
        """The most bytes that a webhook of any connector has."""

    @property
    def connectors(self) -> frozenset[str]:
        """The connectors that accept webhooks."""
        return frozenset(self._queues)

    def declared(self, connector: str) -> Webhooks | None:
        """What a connector's webhooks look like; None if it accepts none."""
        return self._declared.get(connector)

    def submit(self, connector: str, request: WebhookRequest, done: Done) -> None:
        """Queue one webhook; returns at once."""
        self.submit_all(connector, [(request, done)])

    def submit_all(self, connector: str, waiting: Sequence[Waiting]) -> None:
        """Queue webhooks that arrived together; returns at once."""
        self._queues[connector].submit(waiting)

    def hangs(self, connector: str) -> bool:
        """Whether the connector's verification is past its deadline; then the waiting webhooks are verified beside it."""
        return self._queues[connector].hangs()


class _WaitingBytes:
    """Counts the bytes that wait, up to `limit`; what it takes counts in the `whole` that it is a part of. Thread-safe."""

    def __init__(self, limit: int, whole: _WaitingBytes | None = None) -> None:
        self._limit, self._whole = limit, whole
        self._lock = threading.Lock()
        self._taken = 0

    def take(self, size: int) -> bool:
        """Count `size` more bytes until they are given back; False if they are too many."""
        with self._lock:
            if self._taken + size > self._limit or (self._whole is not None and not self._whole.take(size)):
                return False
            self._taken += size
            return True

    def give_back(self, size: int) -> None:
        """They wait no more."""
        with self._lock:
            self._taken -= size
        if self._whole is not None:
            self._whole.give_back(size)


class _VerificationQueue:
    """The webhooks of one connector that wait for the plugin's verdict; its guarded thread pool calls the plugin.

    One batch is verified at a time. If it is past the deadline, the next one starts beside it.
    """

    def __init__(self, name: str, hub: Hub, writer: InboxWriter, waiting_bytes: _WaitingBytes) -> None:
        self._name, self._plugins, self._writer, self._disk, self._bytes = (
            name,
            hub.plugins,
            writer,
            hub.disk,
            waiting_bytes,
        )
        self._waiting: list[Waiting] = []
        self._lock = threading.Lock()
        self._busy_since: float | None = None
        self._sizes = metrics.BATCH_ITEMS.labels("verifications")

    def submit(self, waiting: Sequence[Waiting]) -> None:
        for request, done in waiting:
            size = len(request.body) + len(request.url) + OVERHEAD_BYTES
            if self._bytes.take(size):
                with self._lock:
                    self._waiting.append((request, partial(self._ended, size, done)))
            else:
                metrics.WEBHOOKS.labels(self._name, "too many waiting").inc()
                done(Received("failed"))
        self._go_on()

    def _ended(self, size: int, done: Done, received: Received) -> None:
        if received.outcome != "verified":
            self._bytes.give_back(size)
        done(received)

    def hangs(self) -> bool:
        with self._lock:
            hanging = self._hanging(time.monotonic())
        if hanging:
            self._go_on()
        return hanging

    def _hanging(self, now: float) -> bool:
        return self._busy_since is not None and now - self._busy_since >= VERIFY_SECONDS

    def _go_on(self, finished: float | None = None) -> None:
        with self._lock:
            if finished is not None and finished == self._busy_since:
                self._busy_since = None
            now = time.monotonic()
            hanging = self._hanging(now)
            if (self._busy_since is not None and not hanging) or not self._waiting:
                return
            batch, self._waiting = self._waiting, []
            self._busy_since = now
        if hanging:
            self._plugins.guards[self._name].late(CallHooks.verify_webhook.__name__, VERIFY_SECONDS)
        self._sizes.observe(len(batch))
        try:
            future = self._plugins.submit_each(
                self._name, CallHooks.verify_webhook, [(request,) for request, _ in batch]
            )
        except RingfenceError:
            self._fail(batch)
            self._go_on(now)
            return
        future.add_done_callback(lambda verdicts: self._verified(batch, now, verdicts))

    def _verified(
        self, batch: Sequence[Waiting], begun: float, future: Future[list[VerifiedWebhook | RingfenceError]]
    ) -> None:
        self._go_on(begun)
        if future.cancelled() or future.exception() is not None:
            self._fail(batch)
            return
        rows: list[Row] = []
        reports: list[tuple[VerifiedWebhook, Done]] = []
        for (request, done), verdict in zip(batch, future.result(), strict=True):
            if isinstance(verdict, VerifiedWebhook):
                row, mine = _inbox_row(self._name, request, verdict), [(verdict, done)]
                if verdict.answer is None:
                    rows.append(row)
                    reports += mine
                elif self._disk.full:
                    done(Received("verified", verdict))
                    self._written(mine, False)
                else:
                    unstored = UnstoredWebhook(self._writer, row, partial(self._written, mine))
                    done(Received("verified", verdict, unstored))
            else:
                outcome: Outcome = "forged" if isinstance(verdict, BadSignature) else "failed"
                metrics.WEBHOOKS.labels(self._name, outcome).inc()
                COUNTS.note(f"webhook {outcome}", self._name)
                done(Received(outcome))
        if reports and self._disk.full:
            self._written(reports, False)
        elif reports:
            self._writer.submit(rows, partial(self._written, reports))

    def _written(self, webhooks: Sequence[tuple[VerifiedWebhook, Done]], durable: bool) -> None:
        metrics.WEBHOOKS.labels(self._name, "stored" if durable else "failed").inc(len(webhooks))
        for verified, done in webhooks:
            done(Received("stored", verified) if durable else Received("failed"))

    def _fail(self, batch: Sequence[Waiting]) -> None:
        metrics.WEBHOOKS.labels(self._name, "failed").inc(len(batch))
        for _, done in batch:
            done(Received("failed"))


def _inbox_row(connector: str, request: WebhookRequest, verified: VerifiedWebhook) -> dict[str, object]:
    return {
        "id": new_id(),
        "connector": connector,
        "event_key": _stored_key(verified.event_key),
        "received_at": request.received_at,
        "method": request.method,
        "url": request.url,
        "headers": json.dumps({name: request.headers[name] for name in KEPT_HEADERS if name in request.headers}),
        "body": request.body,
        "state": InboxState.READY,
        "due_at": request.received_at,
        "attempts": 0,
        "expires_at": request.received_at + RAW_WEBHOOK_RETENTION,
    }


def _stored_key(key: str) -> str:
    """The event's key for the database. A key that is too long or has unusual characters is stored as a hash, because
    a truncated key could collide with another event's."""
    if key.isprintable() and len(key) <= MAX_KEY_LENGTH:
        return key
    return f"sha256:{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"
