"""A gateway over an engine without SIP, and a hub that answers from a script."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from fake_engine import FakeEngine, FakeLeg

from hub.api import CallEvent, Event, WebhookRequest
from hub.api.carriers import AnswerPoint, Instruction
from hub.testing.factories import connect
from plugins.carriers.sip import Sip
from plugins.carriers.sip.companion import companion
from plugins.carriers.sip.gateway.call.incoming import take
from plugins.carriers.sip.gateway.process import Gateway
from plugins.carriers.sip.gateway.start import read_start

SECRET = "0123456789abcdef0123456789abcdef"
NUMBER, CALLER, SALES, NIGHT = "+13125550100", "+13125550142", "+13125550111", "+13125550112"
SETTINGS = {
    "secret": SECRET,
    "trunk": {"host": "203.0.113.10", "addresses": ["203.0.113.10"]},
    "numbers": [NUMBER],
}
PHONES = {
    "tls_certificate": "phones.pem",
    "named": {name: {"password": "correct-horse-battery"} for name in ("anna", "ben")},
    "emergency": "announce",
}
Script = dict[tuple[str, str], tuple[Instruction, ...]]


class TextPrompts:
    """A text sounds like its own letters."""

    async def said(self, text: str, language: str | None) -> bytes:
        return text.encode()

    async def said_once(self, text: str, language: str) -> bytes:
        return text.encode()

    async def forget(self) -> None: ...

    async def played(self, url: str) -> bytes:
        return url.encode()

    async def close(self) -> None: ...

    def sweep(self) -> None: ...


class ScriptedHub:
    """The hub's side, with the real plugin: checks every webhook, keeps its event, and answers from the script."""

    def __init__(self) -> None:
        self.connector = connect(Sip, name="sip", **SETTINGS)
        self.script: Script = {}
        self.events: list[Event] = []
        self.keys: list[str] = []
        self.points: list[AnswerPoint] = []
        self.away = False

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        """Answer as the webhook endpoint does."""
        if self.away:
            raise httpx2.ConnectError("away")
        url = f"https://calls.example.com{request.url.raw_path.decode()}"
        received = WebhookRequest("POST", url, request.content, datetime.now(UTC), dict(request.headers))
        verified = self.connector.verify_webhook(received)
        if verified.event_key not in self.keys:
            self.keys.append(verified.event_key)
            self.events += self.connector.parse_webhook(received)
        point = verified.answer
        if point is None:
            return httpx2.Response(200, text=self.connector.acknowledge_webhook(received).body)
        self.points.append(point)
        wanted = () if point.answered else self.script.get((point.moment, point.mark or point.digits), ())
        return httpx2.Response(200, text=self.connector.render_answer(point, wanted).body)

    def kinds(self) -> list[str]:
        """What the events of calls say, in order."""
        return [each.kind for each in self.events if isinstance(each, CallEvent)]

    def asked(self) -> list[str]:
        """The moments at which the gateway asked."""
        return [point.moment for point in self.points]


class Stage:
    """A gateway that runs, its engine and its hub."""

    def __init__(self, folder: Path, hub: ScriptedHub, **settings: Any) -> None:
        made = companion(
            "sip", hub.connector.settings.model_copy(update=settings), "https://calls.example.com/webhooks/sip"
        )
        self.engine, self.hub = FakeEngine(), hub
        start = read_start(made.start.replace('"folder": "sip-sip"', f'"folder": "{folder}"'))
        self.gateway = Gateway(start, self.engine, TextPrompts())  # type: ignore[arg-type]
        self.parts = self.gateway.parts
        self.parts.hub._http = httpx2.AsyncClient(transport=httpx2.MockTransport(hub.handle))

    async def call(self, party: Callable[[FakeLeg], Any] = lambda leg: None, **about: Any) -> FakeLeg:
        """A call that comes in, led to its end."""
        leg = FakeLeg(about.pop("called", NUMBER), about.pop("caller", CALLER), outgoing=False, **about)
        self.engine.all.append(leg)
        party(leg)
        await asyncio.wait_for(take(self.parts, leg), 90)  # type: ignore[arg-type]
        return leg

    async def told(self) -> None:
        """Wait until the hub has every report."""
        async with asyncio.timeout(90):
            while await self.parts.journal.read("select id from report limit 1"):
                await asyncio.sleep(0.01)


@asynccontextmanager
async def staged(folder: Path, hub: ScriptedHub | None = None, **settings: Any):  # type: ignore[no-untyped-def]
    """A stage whose reports are sent; ended without a word, as by a crash."""
    stage = Stage(folder, hub or ScriptedHub(), **settings)
    sending = asyncio.ensure_future(stage.parts.spool.run())
    try:
        yield stage
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await asyncio.to_thread(stage.parts.journal.close)


def hangs_up_after(seconds: float = 0.02) -> Callable[[FakeLeg], None]:
    """A party that talks for a moment."""
    return lambda leg: setattr(leg, "talks", seconds)


def gives_up_after(seconds: float = 0.02) -> Callable[[FakeLeg], None]:
    """A caller who hangs up, whatever happens."""
    return lambda leg: asyncio.get_running_loop().call_later(seconds, leg.end) and None
