"""Days of an agency, kept in a database: visitors land and are lent numbers, some call, and Twilio's webhooks come in.

It is the repository's own configuration with Google as the only ad network, as the goals were set, and without the CRMs
(which are asked over the network); each provider's stand-in is at its place. Every call has the six webhooks that Twilio
sends of an answered, recorded call.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from hub.config.models import Config
from hub.contracts.sandbox import CarrierSandbox, SimulatedCall
from hub.flow.receive import Received, Receiver
from hub.runtime import Hub
from hub.startup.opening import Opened
from hub.startup.reading import read_config
from hub.store.encryption.keyring import new_key
from hub.store.writers.inbox_writer import InboxWriter
from hub.visits.record import VisitRequest, record_visit

CRMS = ("salesforce", "hubspot")
OTHER_NETWORKS = ("meta", "microsoft", "tiktok", "linkedin", "analytics")
AREAS = (205, 206, 212, 213, 214, 216, 303, 305, 312, 313, 404, 415, 416, 503, 512, 514, 602, 604, 612, 617, 702, 713)
"""Area codes of the United States and Canada; their numbers 555-0100 to 555-0199 belong to nobody."""
LANDED = {
    "lakeside": "https://lakeside-plumbing.example.com/repair?gclid=Cj0KCQjw{:09}&utm_campaign=emergency",
    "northgate": "https://northgate-drains.example.com/?utm_source=newsletter&utm_medium=email&utm_content={}",
}
OPEN = 1_000
"""Webhooks that may be on their way into the inbox at once."""
PRINTED = ("+13125550122", "+13135550121", "+15195550122")


@dataclass
class Clock:
    """A clock that is turned by hand."""

    now: datetime = datetime.now(UTC) - timedelta(days=5)

    def __call__(self) -> datetime:
        return self.now


def configuration(database: str, without: Collection[str] = (*CRMS, *OTHER_NETWORKS), key: str = "") -> Config:
    """The repository's configuration, with another database and without some connectors."""
    config = read_config(Path(__file__).parent.parent / "config.yaml")
    connectors = {name: entry for name, entry in config.connectors.items() if name not in without}
    changed = {"database": database, "secret_keys": (SecretStr(key or new_key()),)}
    rules = tuple(
        rule.model_copy(update={"send_to": {name: to for name, to in rule.send_to.items() if name not in without}})
        for rule in config.conversions
    )
    return replace(config, hub=config.hub.model_copy(update=changed), connectors=connectors, conversions=rules)


def fill(opened: Opened, clock: Clock, calls: int, seed: int = 7) -> None:
    """Let `calls` calls happen; their webhooks are verified and kept in the inbox, and nothing is folded yet."""
    draw, twilio = random.Random(seed), opened.sandboxes.of("twilio")
    assert isinstance(twilio, CarrierSandbox)
    url = f"{str(opened.hub.config.hub.public_url).rstrip('/')}/webhooks/twilio"
    with Inbox(opened.hub) as inbox:
        called = 0
        while called < calls:
            clock.now += timedelta(seconds=draw.uniform(10, 90))
            number = draw.choice(PRINTED) if draw.random() < 0.15 else _visit(opened, draw, called)
            if number is None or draw.random() < 0.2:
                continue
            called += 1
            call = SimulatedCall(
                caller_number=f"+1{draw.choice(AREAS)}55501{draw.randrange(100):02}",
                tracking_number=number,
                answering_number="+13125550190",
                started_at=clock.now + timedelta(seconds=draw.uniform(5, 300)),
                talk=timedelta(seconds=draw.uniform(20, 300)),
            )
            for _, request in twilio.webhooks(call, url):
                inbox.keep(request)
    clock.now += timedelta(minutes=30)


def _visit(opened: Opened, draw: random.Random, number: int) -> str | None:
    directory = opened.directory.latest
    company = directory.companies[draw.choice(sorted(LANDED))]
    request = VisitRequest(
        landing_page=LANDED[company.name].format(number),
        referrer="https://www.google.com/",
        gpc=draw.random() < 0.08,
        consent={"ads": "granted"} if draw.random() < 0.3 else {},
        user_agent="Mozilla/5.0",
        human=True,
    )
    return record_visit(opened.hub, directory, company, request).number


class Inbox:
    """The road of a webhook behind the web edge."""

    def __init__(self, hub: Hub) -> None:
        self._writer = InboxWriter(hub.store)
        self._receiver = Receiver(hub, self._writer)
        self._open = threading.Semaphore(OPEN)
        self._failed: list[Received] = []

    def keep(self, request: object) -> None:
        """Verify a webhook and keep it."""
        self._open.acquire()
        self._receiver.submit("twilio", request, self._done)  # type: ignore[arg-type]

    def settle(self) -> None:
        """Wait until all are kept."""
        for _ in range(OPEN):
            self._open.acquire()
        self._open.release(OPEN)

    def _done(self, received: Received) -> None:
        if received.unstored:
            received.unstored.store()
            return
        if received.outcome != "stored":
            self._failed.append(received)
        self._open.release()

    def __enter__(self) -> Inbox:
        return self

    def __exit__(self, *exc: object) -> None:
        self.settle()
        self._writer.close()
        if self._failed:
            raise RuntimeError(f"{len(self._failed)} webhooks were not kept")
