"""PostgreSQL goes away while webhooks come in: `python -m benchmarks.outage --minutes 10 [--how stop|freeze]`.

`hub web` and `hub worker` run on a real server. Whole calls (ringing, status, end) and texts come at 20 webhooks a second
before, during and after the outage. In the end a ledger says what was refused, how long the spool took to drain, and whether
each call and text is in the hub one time.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx2
from sqlalchemy import create_engine, text

from benchmarks.figures import Figure, at_most, print_figures
from benchmarks.postgres import Server, postgres
from benchmarks.processes import free_port, hub, started
from benchmarks.webhooks import CONFIG, NUMBER
from hub.contracts.sandbox import SimulatedCall
from hub.contracts.webhooks import WebhookRequest
from hub.store.encryption.keyring import new_key
from plugins.carriers.twilio.sandbox import Sandbox

PER_SECOND = 20
WARM_SECONDS, AFTER_SECONDS, DRAIN_SECONDS = 10.0, 10.0, 60.0
CLIENT_SECONDS = 15.0
"""Seconds after which a carrier gives up."""
TEXT_EVERY = 5


@dataclass
class Ledger:
    """What was sent, and what came back."""

    calls: int = 0
    texts: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    voice: list[float] = field(default_factory=list)
    followed: int = 0
    """Ringing calls that were answered along their flow."""


class Traffic:
    """Carriers' webhooks at a steady rate until it is stopped."""

    def __init__(self, twilio: Sandbox, port: int, ledger: Ledger) -> None:
        self._twilio, self._port, self._ledger = twilio, port, ledger
        self._url = f"http://127.0.0.1:{port}/webhooks/twilio"
        self.ending = asyncio.Event()

    async def run(self) -> None:
        """Send until `ending`; the last call is sent whole."""
        sending: set[asyncio.Task[None]] = set()
        async with httpx2.AsyncClient(timeout=CLIENT_SECONDS, limits=httpx2.Limits(max_connections=400)) as client:
            begun = time.monotonic()
            for number, (request, is_last) in enumerate(self._requests()):
                await asyncio.sleep(max(0.0, begun + number / PER_SECOND - time.monotonic()))
                task = asyncio.create_task(self._send(client, request))
                sending.add(task)
                task.add_done_callback(sending.discard)
                if is_last and self.ending.is_set():
                    break
            await asyncio.gather(*sending)

    def _requests(self) -> Iterator[tuple[WebhookRequest, bool]]:
        """Webhooks, and whether each is the last of its call."""
        while True:
            self._ledger.calls += 1
            call = SimulatedCall(
                caller_number=f"+1312555{self._ledger.calls % 10_000:04}",
                tracking_number=NUMBER,
                answering_number="+13125550190",
                started_at=datetime.now(UTC),
            )
            *first, last = [request for _, request in self._twilio.webhooks(call, self._url)]
            for request in first:
                yield request, False
            if self._ledger.calls % TEXT_EVERY == 0:
                yield self._text(), False
            yield last, True

    def _text(self) -> WebhookRequest:
        self._ledger.texts += 1
        number = self._ledger.texts
        fields = {
            "AccountSid": self._twilio.account_sid,
            "MessageSid": f"SM{number:032x}",
            "SmsStatus": "received",
            "To": NUMBER,
            "From": f"+1312555{number % 10_000:04}",
            "Body": f"Is somebody there? ({number})",
            "NumMedia": "0",
        }
        return self._twilio.form_webhook(f"{self._url}/message", fields, datetime.now(UTC))

    async def _send(self, client: httpx2.AsyncClient, request: WebhookRequest) -> None:
        begun, is_voice = time.monotonic(), "/voice" in request.url
        try:
            answer = await client.request(
                request.method, request.url, content=request.body, headers=dict(request.headers)
            )
        except httpx2.HTTPError as error:
            self._ledger.answers[type(error).__name__] += 1
            return
        took = time.monotonic() - begun
        self._ledger.answers[str(answer.status_code)] += 1
        self._ledger.slowest = max(self._ledger.slowest, took)
        if is_voice:
            self._ledger.voice.append(took)
            self._ledger.followed += "Thank you for calling" in answer.text


def measure(minutes: float = 1.0, how: str = "stop") -> list[Figure]:
    """One outage of `minutes`, and the ledger."""
    ledger = Ledger()
    with ExitStack() as stack:
        server = stack.enter_context(postgres())
        folder, port, twilio = Path(stack.enter_context(tempfile.TemporaryDirectory())), free_port(), Sandbox()
        address = server.create("outage")
        config = folder / "config.yaml"
        config.write_text(
            CONFIG.format(port=port, folder=folder, number=NUMBER).replace(
                f'"sqlite:///{folder}/hub.db"', f'"{address}", secret_keys: ["${{env:BENCH_KEY}}"]'
            )
        )
        secrets = {
            "TWILIO_ACCOUNT_SID": twilio.account_sid,
            "TWILIO_AUTH_TOKEN": twilio.auth_token,
            "BENCH_KEY": new_key(),
        }
        environment = os.environ | secrets
        stack.enter_context(started(hub("web", "--config", str(config)), port, environment))
        worker = free_port()
        listen = ("--listen", f"127.0.0.1:{worker}")
        stack.enter_context(started(hub("worker", "--config", str(config), *listen), worker, environment))
        drained = asyncio.run(_run(server, Traffic(twilio, port, ledger), port, minutes, how))
        doubled, missing = _books(address, ledger)
    return _figures(ledger, minutes, how, drained, doubled, missing)


async def _run(server: Server, traffic: Traffic, port: int, minutes: float, how: str) -> float:
    """The seconds from the database's return until nothing is spooled."""
    sending = asyncio.create_task(traffic.run())
    await asyncio.sleep(WARM_SECONDS)
    await asyncio.to_thread(server.stop if how == "stop" else server.freeze)
    await asyncio.sleep(minutes * 60)
    await asyncio.to_thread(server.start if how == "stop" else server.thaw)
    back = time.monotonic()
    drained = DRAIN_SECONDS * 2
    async with httpx2.AsyncClient(timeout=CLIENT_SECONDS) as client:
        while time.monotonic() - back < DRAIN_SECONDS * 2:
            with contextlib.suppress(httpx2.HTTPError):
                ready = (await client.get(f"http://127.0.0.1:{port}/readyz")).json()
                if ready["status"] == "ok":
                    drained = time.monotonic() - back
                    break
            await asyncio.sleep(0.2)
    await asyncio.sleep(AFTER_SECONDS)
    traffic.ending.set()
    await sending
    return drained


def _books(address: str, ledger: Ledger) -> tuple[int, int]:
    """How many calls and texts are in the hub more than one time, and how many are not; the worker gets a minute."""
    calls = "SELECT carrier_call_id AS id FROM call WHERE answered_at IS NOT NULL"
    query = f"{calls} UNION ALL SELECT carrier_message_id FROM text_message WHERE direction = 'in'"
    engine, until = create_engine(address), time.monotonic() + 60
    while True:
        with engine.connect() as connection:
            counts = Counter(connection.execute(text(query)).scalars())
        missing = ledger.calls + ledger.texts - len(counts)
        if missing == 0 or time.monotonic() > until:
            engine.dispose()
            return sum(count > 1 for count in counts.values()), missing
        time.sleep(0.5)


def _figures(ledger: Ledger, minutes: float, how: str, drained: float, doubled: int, missing: int) -> list[Figure]:
    refused = ledger.answers.total() - ledger.answers["200"]
    voice = sorted(ledger.voice)
    return [
        Figure(
            what=f"webhooks refused, database gone ({how}) for {minutes:g} min",
            measured=f"{refused} of {ledger.answers.total():,} {dict(ledger.answers)}",
            wanted="0",
            met=refused == 0,
        ),
        at_most("seconds from its return until nothing is spooled", drained, DRAIN_SECONDS, "s"),
        Figure(
            what="calls and texts in the hub not exactly once",
            measured=f"{doubled} doubled, {missing} missing, of {ledger.calls:,} calls and {ledger.texts:,} texts",
            wanted="0",
            met=doubled == missing == 0,
        ),
        Figure(
            what="ringing calls answered along their flow",
            measured=f"{ledger.followed:,} of {len(voice):,}; p99 {voice[int(0.99 * len(voice))] * 1000:.0f} ms, slowest "
            f"{voice[-1] * 1000:.0f} ms; slowest of all {ledger.slowest * 1000:.0f} ms",
        ),
    ]


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--minutes", type=float, default=1.0)
    options.add_argument("--how", choices=("stop", "freeze"), default="stop")
    given = options.parse_args()
    raise SystemExit(0 if print_figures(measure(given.minutes, given.how)) else 1)
