"""The callers: visitors who see a number and call it. Their carrier repeats each webhook until it is acknowledged."""

from __future__ import annotations

import json
import random
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

import httpx

from hub.chaos.environment import BUSINESS, COMPANY, DEFAULT_NUMBER, Environment
from hub.contracts.sandbox import SimulatedCall
from hub.contracts.webhooks import WebhookRequest

CONCURRENT_CALLERS = 6
WEBHOOK_RETRY_SECONDS = 30.0
"""Seconds for which a carrier repeats a webhook. After that, only its call list reports the event."""
PAUSE = 0.1
BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
"""A browser's header, because the hub shows programs the shared number."""
AREAS = (312, 217, 309, 618, 708, 773, 815, 847, 630, 331, 414, 608, 219, 260, 317, 502, 513, 614, 419, 515)

Outcome = Literal["answered", "voicemail", "abandoned"]
Told = tuple[str, bytes]
"""A webhook: its address and body."""


@dataclass(frozen=True)
class PlayedCall:
    """One call as it happened outside of the hub."""

    click_id: str
    outcome: Outcome
    objects: bool
    """The visitor refused advertising: this call must not reach the ad network."""
    carrier_call_id: str
    alone: bool
    """The visitor had a number for them alone, so the call belongs to a known click."""

    @property
    def converts(self) -> bool:
        """Whether the ad network must count it."""
        return self.outcome == "answered" and not self.objects


@dataclass
class Callers:
    """Plays calls in a thread pool; the same seed plays the same calls."""

    stage: Environment
    seed: int
    calls: list[PlayedCall] = field(default_factory=list)
    acknowledged: set[Told] = field(default_factory=set)
    given_up: int = 0
    """Webhooks that were never acknowledged."""
    refused: int = 0
    """Attempts without an acknowledgement."""

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(CONCURRENT_CALLERS, thread_name_prefix="caller")
        self._client = httpx.Client(base_url=self.stage.address, timeout=10, trust_env=False, headers=BROWSER)
        self._lock = threading.Lock()
        self._waiting: list[Future[None]] = []
        self._asked = 0
        self._hung_up = threading.Event()

    def call(self, calls: int) -> None:
        """Start some more calls; returns immediately."""
        for _ in range(calls):
            self._asked += 1
            self._waiting.append(self._pool.submit(self._play, self._asked))

    def finish(self) -> None:
        """Wait until every call has ended; raises an error of the test environment itself."""
        for each in self._waiting:
            each.result()
        self._pool.shutdown()
        self._client.close()

    def abandon(self) -> None:
        """Hang up all calls immediately."""
        self._hung_up.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _play(self, number: int) -> None:
        chance = random.Random(f"{self.seed}/{number}")  # noqa: S311 - a script, not a secret
        outcome: Outcome = chance.choices(get_args(Outcome), (8, 1, 1))[0]
        objects = chance.random() < 0.1
        click_id = f"Cj0KCQchaos{self.seed}-{number:08}"
        shown, visit_id, alone = self._visit(click_id, objects)
        caller = f"+1{AREAS[number // 100 % len(AREAS)]}55501{number % 100:02}"
        if chance.random() < 0.2:
            self.stage.crm.add_contact(f"Caller {number}", caller)
        plain = SimulatedCall(
            caller_number=caller, tracking_number=shown, answering_number=BUSINESS, started_at=datetime.now(UTC)
        )
        call = replace(plain, outcome=outcome, ring=timedelta(seconds=1), talk=timedelta(seconds=2), recorded=False)
        webhooks = self.stage.carrier.webhooks(call, f"{self.stage.address}/webhooks/carrier")
        with self._lock:
            self.calls.append(PlayedCall(click_id, outcome, objects, _call_id(webhooks[0][1]), alone))
        for _, request in webhooks:
            time.sleep(chance.uniform(0, 0.05))
            self._tell(request)
        if visit_id:
            self._until_acknowledged("POST", f"/track/{COMPANY}/visit/{visit_id}/end", b"", {})

    def _visit(self, click_id: str, objects: bool) -> tuple[str, str | None, bool]:
        refusal = {"consent": {"ads": "denied", "ad_user_data": "denied"}} if objects else {}
        page = {"landing_page": f"https://lakeside.example.com/?gclid={click_id}", "human": True} | refusal
        headers = {"content-type": "application/json"}
        reply = self._until_acknowledged("POST", f"/track/{COMPANY}/visit", json.dumps(page).encode(), headers)
        if reply is None:
            return DEFAULT_NUMBER, None, False
        shown = reply.json()
        return shown["number"], shown["visit_id"], shown["lease_seconds"] is not None

    def _tell(self, request: WebhookRequest) -> None:
        path = request.url.removeprefix(self.stage.address)
        if self._until_acknowledged(request.method, path, request.body, dict(request.headers)) is None:
            with self._lock:
                self.given_up += 1
        else:
            with self._lock:
                self.acknowledged.add((request.url, request.body))

    def _until_acknowledged(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> httpx.Response | None:
        until = time.monotonic() + WEBHOOK_RETRY_SECONDS
        while time.monotonic() < until and not self._hung_up.is_set():
            try:
                response = self._client.request(method, path, content=body, headers=headers)
                if response.is_success:
                    return response
            except httpx.HTTPError:
                pass  # the hub was killed before it acknowledged; it may have stored the event or not
            with self._lock:
                self.refused += 1
            self._hung_up.wait(PAUSE)
        return None


def _call_id(ringing: WebhookRequest) -> str:
    """The carrier's id of the call, from its first webhook."""
    from urllib.parse import parse_qs

    return parse_qs(ringing.body.decode())["CallSid"][0]
