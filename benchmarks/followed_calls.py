"""Calls whose carrier does what the hub's documents say, one webhook after the other, while the hub is changed under
them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx2

from hub.contracts.sandbox import SimulatedCall
from hub.contracts.webhooks import AnswerDocument, WebhookRequest
from hub.proof.chaos.environment import BUSINESS, DEFAULT_NUMBER, Environment

REPEAT_SECONDS = 0.2
GIVE_UP_SECONDS = 30.0


class FollowedCalls:
    """Places calls in threads until `stop`, together at most `per_second` webhooks a second."""

    def __init__(self, stage: Environment, threads: int, per_second: float) -> None:
        self._stage, self._interval = stage, 1 / per_second
        self._client = httpx2.Client(
            base_url=stage.address, timeout=10, trust_env=False, limits=httpx2.Limits(max_connections=threads)
        )
        self._lock = threading.Lock()
        self._next = time.monotonic()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._play, args=(each,), daemon=True) for each in range(threads)]
        self.latencies: list[tuple[float, float]] = []
        """When each webhook was sent (monotonic), and the seconds to its reply."""
        self.refused: Counter[str] = Counter()
        """Replies that were not 200, by status or error."""
        self.placed: list[str] = []
        """The carrier's ids of calls that have ended."""

    def start(self) -> None:
        """Begin to call."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let the calls that are under way end, and begin no more."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self._client.close()

    def _play(self, thread: int) -> None:
        number = 0
        while not self._stopping.is_set():
            number += 1
            call = SimulatedCall(
                caller_number=f"+1312555{100 + (thread * 7 + number) % 100:04}",
                tracking_number=DEFAULT_NUMBER,
                answering_number=BUSINESS,
                started_at=datetime.now(UTC),
                ring=timedelta(seconds=1),
                talk=timedelta(seconds=2),
                recorded=False,
            )
            call_id = self._stage.carrier.place_call(call, f"{self._stage.address}/webhooks/carrier", self._exchange)
            with self._lock:
                self.placed.append(call_id)

    def _exchange(self, request: WebhookRequest) -> AnswerDocument | None:
        self._wait_for_turn()
        path = request.url.removeprefix(self._stage.address)
        until = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < until:
            begun = time.monotonic()
            try:
                reply = self._client.request(request.method, path, content=request.body, headers=dict(request.headers))
                refusal = None if reply.status_code == 200 else str(reply.status_code)
            except httpx2.HTTPError as error:
                refusal = type(error).__name__
            with self._lock:
                self.latencies.append((begun, time.monotonic() - begun))
                if refusal is not None:
                    self.refused[refusal] += 1
            if refusal is None:
                return AnswerDocument(reply.headers.get("content-type", ""), reply.text)
            time.sleep(REPEAT_SECONDS)
        return None

    def _wait_for_turn(self) -> None:
        with self._lock:
            self._next = max(self._next + self._interval, time.monotonic() - 1)
            turn = self._next
        time.sleep(max(0.0, turn - time.monotonic()))
