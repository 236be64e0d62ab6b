"""The callers: visitors who see a number and call it, write a text, or send a form. Their carrier sends the webhooks of a call
side by side and repeats each until it is acknowledged, so that the last may arrive first; their page repeats each form."""

from __future__ import annotations

import json
import random
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Literal, get_args
from urllib.parse import parse_qs

import httpx2
import phonenumbers

from hub.contracts.sandbox import SimulatedCall
from hub.contracts.webhooks import WebhookRequest
from hub.proof.chaos.environment import BUSINESS, COMPANY, DEFAULT_NUMBER, Environment

CONCURRENT_CALLERS = 6
WEBHOOK_RETRY_SECONDS = 30.0
"""Seconds for which a carrier repeats a webhook."""
PAUSE = 0.25
TWICE = 0.1
"""Share of the webhooks that a carrier sends again although they were acknowledged."""
RING, TALK = timedelta(seconds=1), timedelta(minutes=1)
WRITES = 0.25
"""Share of callers who also write a text, and of those who also send a form."""
BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
"""A browser's header, because the hub shows programs the shared number."""

Outcome = Literal["answered", "voicemail", "abandoned"]
Report = tuple[str, bytes]
"""A webhook: its address and body."""


@dataclass(frozen=True)
class PlayedCall:
    """One call as it happened outside of the hub."""

    click_id: str
    outcome: Outcome
    objects: bool
    """The visitor refused advertising: this call must not reach the ad network."""
    carrier_call_id: str
    visit_id: str | None
    """The visit of the caller; None if the page got no number."""
    alone: bool
    """The visitor had a number for them alone, so the call belongs to a known visit and its click."""

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
    acknowledged: set[Report] = field(default_factory=set)
    given_up: int = 0
    """Webhooks that were never acknowledged."""
    half_reported: set[str] = field(default_factory=set)
    """The carrier's ids of the calls of which a webhook was given up: the hub cannot know all of them."""
    refused: int = 0
    """Attempts without an acknowledgement."""
    texts: set[str] = field(default_factory=set)
    """The carrier's ids of the texts that were acknowledged."""
    forms: set[str] = field(default_factory=set)
    """The pages' keys of the forms that were acknowledged."""
    blurred: bool = False
    """Whether a call may rightly be attributed to another visit now."""
    visit_patience: float = WEBHOOK_RETRY_SECONDS
    """Seconds after which a visitor who got no number calls the one on the page."""

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(CONCURRENT_CALLERS, thread_name_prefix="caller")
        self._carrier = ThreadPoolExecutor(CONCURRENT_CALLERS * 8, thread_name_prefix="carrier")
        self._client = httpx2.Client(base_url=self.stage.address, timeout=10, trust_env=False, headers=BROWSER)
        self._lock = threading.Lock()
        self._waiting: list[Future[None]] = []
        self._asked = 0
        self._hung_up = threading.Event()

    @property
    def reported(self) -> list[PlayedCall]:
        """The calls of which the hub acknowledged everything."""
        return [each for each in self.calls if each.carrier_call_id not in self.half_reported]

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
        self._carrier.shutdown()
        self._client.close()

    def abandon(self) -> None:
        """Hang up all calls immediately."""
        self._hung_up.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._carrier.shutdown(wait=False, cancel_futures=True)

    def _play(self, number: int) -> None:
        chance = random.Random(f"{self.seed}/{number}")  # noqa: S311 - a script, not a secret
        outcome: Outcome = chance.choices(get_args(Outcome), (8, 1, 1))[0]
        objects = chance.random() < 0.1
        click_id = f"Cj0KCQchaos{self.seed}-{number:08}"
        blurred = self.blurred
        shown, visit_id, alone = self._visit(click_id, objects)
        caller = caller_number(number)
        if chance.random() < 0.2:
            self.stage.crm.add_contact(f"Caller {number}", caller)
        # The call is over at once, so its length says that it began before the visit; only its first webhook knows better.
        plain = SimulatedCall(
            caller_number=caller,
            tracking_number=shown,
            answering_number=BUSINESS,
            started_at=datetime.now(UTC) - RING - TALK,
        )
        call = replace(plain, outcome=outcome, ring=RING, talk=TALK, recorded=False)
        webhooks = self.stage.carrier.webhooks(call, f"{self.stage.address}/webhooks/carrier")
        with self._lock:
            call_id = _field(webhooks[0][1], "CallSid")
            self.calls.append(PlayedCall(click_id, outcome, objects, call_id, visit_id, alone and not blurred))
        sent = []
        for _, request in webhooks:
            time.sleep(chance.uniform(0, 0.05))
            sent.append(self._carrier.submit(self._tell, request, again=chance.random() < TWICE))
        acknowledged = [each.result() for each in sent]
        if not all(acknowledged):
            with self._lock:
                self.half_reported.add(call_id)
        if chance.random() < WRITES:
            self._text(caller, shown)
        if chance.random() < WRITES:
            self._form(f"chaos-{self.seed}-{number:08}", caller)
        if visit_id:
            self._until_acknowledged("POST", f"/track/{COMPANY}/visit/{visit_id}/end", b"", {})

    def _visit(self, click_id: str, objects: bool) -> tuple[str, str | None, bool]:
        refusal = {"consent": {"ads": "denied", "ad_user_data": "denied"}} if objects else {}
        page = {"landing_page": f"https://lakeside.example.com/?gclid={click_id}", "human": True} | refusal
        headers = {"content-type": "application/json"}
        path, body = f"/track/{COMPANY}/visit", json.dumps(page).encode()
        reply = self._until_acknowledged("POST", path, body, headers, self.visit_patience)
        if reply is None:
            return DEFAULT_NUMBER, None, False
        shown = reply.json()
        return shown["number"], shown["visit_id"], shown["lease_seconds"] is not None

    def _text(self, caller: str, shown: str) -> None:
        address = f"{self.stage.address}/webhooks/carrier"
        request = self.stage.carrier.message_webhook(caller, shown, "Please call me back", address)
        if self._tell(request):
            with self._lock:
                self.texts.add(_field(request, "MessageSid"))

    def _form(self, key: str, caller: str) -> None:
        form = {"submission_key": key, "phone": caller, "fields": {"message": "Please call me back"}}
        headers = {"content-type": "application/json"}
        path, body = f"/track/{COMPANY}/form", json.dumps(form).encode()
        if self._until_acknowledged("POST", path, body, headers) is not None:
            with self._lock:
                self.forms.add(key)

    def _tell(self, request: WebhookRequest, *, again: bool = False) -> bool:
        path = request.url.removeprefix(self.stage.address)
        headers = dict(request.headers)
        replies = [self._until_acknowledged(request.method, path, request.body, headers) for _ in range(1 + again)]
        is_known = any(each is not None for each in replies)
        with self._lock:
            self.given_up += not is_known
            if is_known:
                self.acknowledged.add((request.url, request.body))
        return is_known

    def _until_acknowledged(
        self,
        method: str,
        path: str,
        body: bytes,
        headers: dict[str, str],
        seconds: float = WEBHOOK_RETRY_SECONDS,
    ) -> httpx2.Response | None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._hung_up.is_set():
            try:
                response = self._client.request(method, path, content=body, headers=headers)
                if response.is_success:
                    return response
            except httpx2.HTTPError:
                pass  # the hub was killed before it acknowledged; it may have stored the event or not
            with self._lock:
                self.refused += 1
            self._hung_up.wait(PAUSE)
        return None


def caller_number(number: int) -> str:
    """The number of the caller of the call with this number: each of the first 38,000 callers is another person, because what
    one person refused counts for their later calls too. Many exchanges, so that none is taken for spam."""
    codes = area_codes()
    return f"+1{codes[number % len(codes)]}55501{number // len(codes) % 100:02}"


@cache
def area_codes() -> tuple[int, ...]:
    """The area codes of the United States."""
    return tuple(
        code
        for code in range(201, 990)
        if phonenumbers.region_code_for_number(phonenumbers.parse(f"+1{code}5550100")) == "US"
    )


def _field(request: WebhookRequest, name: str) -> str:
    """A field of a carrier's webhook, such as the id of its call."""
    return parse_qs(request.body.decode())[name][0]
