"""Reports of the gateway reach the hub whatever it refuses, and what callers type is kept from everybody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
import pytest
from event_loops import in_a_thread
from gateway_stage import NUMBER, SALES, ScriptedHub, Stage, hangs_up_after, staged

from hub.api.carriers import Dial
from plugins.carriers.sip.gateway import spool


async def on_stage(folder: Path, play: Callable[[Stage], Awaitable[None]]) -> None:
    async with staged(folder) as stage:
        await play(stage)


class StubbornHub(ScriptedHub):
    """A hub that never takes the first report that it gets."""

    def __init__(self) -> None:
        super().__init__()
        self.refused = b""

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        if "/status" in str(request.url):
            self.refused = self.refused or request.content
        return httpx2.Response(503) if request.content == self.refused else super().handle(request)


def test_a_report_that_the_hub_never_takes_keeps_no_later_one_from_it(tmp_path: Path) -> None:
    async def play() -> None:
        async with staged(tmp_path, StubbornHub()) as stage:
            stage.hub.script = {("ringing", ""): (Dial(numbers=(SALES,)),)}
            stage.engine.phones[SALES] = hangs_up_after()
            await stage.call()
            await stage.call()
            async with asyncio.timeout(60):
                while stage.hub.kinds().count("completed") < 2:
                    await asyncio.sleep(0.01)
                while len(left := await stage.parts.journal.read("select form from report")) > 1:
                    await asyncio.sleep(0.01)
            assert len(left) == 1, "it is kept, and sent again"

    in_a_thread(play())


def test_a_report_from_before_the_public_address_was_changed_reaches_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "LONGEST_WAIT", 0.1)

    async def play(stage: Stage) -> None:
        stage.hub.script = {("ringing", ""): (Dial(numbers=(SALES,)),)}
        stage.engine.phones[SALES] = hangs_up_after()
        await stage.call()
        await stage.told()
        stage.hub.away = True
        await stage.call()
        former = "update report set url = replace(url, 'https://calls.', 'https://former.')"
        await stage.parts.journal.write((former, ()))
        stage.hub.away = False
        await stage.told()
        assert stage.hub.kinds().count("completed") == 2

    in_a_thread(on_stage(tmp_path, play))


def test_what_callers_type_is_not_kept_and_messages_behind_a_pin_are_played_to_nobody_else(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        url = "https://calls.example.com/webhooks/sip/digits?mark=1.pin.1.h.0"
        documents = stage.parts.documents
        await documents.keep(url, {"To": NUMBER, "Digits": "60601"}, "<Response><Dial>+13125550111</Dial></Response>")
        assert "Dial" in (await documents.repeated(url, {"To": NUMBER, "Digits": "10001"}) or "")
        messages = '<Response><Gather action="/digits?mark=1.pin.2.o.0"><Play>m</Play></Gather></Response>'
        await documents.keep(url, {"To": NUMBER, "Digits": "482913"}, messages)
        assert "Play" not in (await documents.repeated(url, {"To": NUMBER, "Digits": "1"}) or "")
        kept = await stage.parts.journal.read("select point from document")
        assert len(kept) == 1 and "60601" not in kept[0]["point"]

    in_a_thread(on_stage(tmp_path, play))
