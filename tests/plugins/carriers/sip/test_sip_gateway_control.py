"""The hub's requests to a gateway: calls, recordings, people and health, through the real plugin and the real gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from event_loops import in_a_thread
from gateway_stage import CALLER, NUMBER, SALES, SETTINGS, ScriptedHub, Stage, hangs_up_after, staged

from hub.api import CallEvent, PersonReference, Rejected
from hub.api.carriers import CallBack, Dial, Say
from hub.testing.factories import connect
from plugins.carriers.sip import Sip
from plugins.carriers.sip.gateway.control_api import ControlApi

RECORDED = (Say(text="It is recorded.", about_recording=True), Dial(numbers=(SALES,), record=True, mark="1.s.1.h.0"))


class Wire(httpx2.BaseTransport):
    """The gateway's control address for the hub's synchronous client."""

    def __init__(self, app: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._app, self._loop = httpx2.ASGITransport(app), loop

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        async def asked() -> tuple[int, dict[str, str], bytes]:
            copy = httpx2.Request(request.method, request.url, headers=request.headers, content=request.read())
            reply = await self._app.handle_async_request(copy)
            return reply.status_code, dict(reply.headers), await reply.aread()

        status, headers, body = asyncio.run_coroutine_threadsafe(asked(), self._loop).result(10)
        return httpx2.Response(status, headers=headers, content=body)


def hooks(stage: Stage, **settings: Any) -> Sip:
    """The connector, whose requests reach the stage's gateway."""
    made = connect(Sip, name="sip", **{**SETTINGS, **settings})
    client = httpx2.Client(transport=Wire(ControlApi(stage.parts).app(), asyncio.get_running_loop()))
    made.services = replace(made.services, http=lambda: client)
    made._control._services = made.services
    return made


async def ask(hook: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Call a hook as the hub does, in a thread."""
    return await asyncio.to_thread(lambda: hook(*arguments, **named))


def test_what_the_gateway_holds_is_listed_fetched_and_deleted(tmp_path: Path) -> None:
    async def play() -> None:
        async with staged(tmp_path) as stage:
            sip, stage.hub.script = hooks(stage), {("ringing", ""): RECORDED}
            stage.engine.phones[SALES] = hangs_up_after()
            since = sip.services.clock()
            for _ in range(2):
                await stage.call()
            await stage.told()
            listed = await ask(sip.list_calls, since=since)
            seen = {(each.kind, each.call_id) for each in listed}
            reported = {(each.kind, each.call_id) for each in stage.hub.events if isinstance(each, CallEvent)}
            assert seen == reported, "the list and the reports differ"
            recorded = next(each for each in listed if each.kind == "recorded")
            audio = await ask(sip.fetch_recording, recorded.recording_id, recorded.recording_url)
            assert audio.data[:4] == b"RIFF" and audio.content_type == "audio/wav"
            for _ in range(2):
                await ask(sip.delete_recording, recorded.recording_id)
            with pytest.raises(Rejected):
                await ask(sip.fetch_recording, recorded.recording_id, recorded.recording_url)
            assert [each.number for each in await ask(sip.list_numbers)] == [NUMBER]
            assert (await ask(sip.check_connection)).ok

    in_a_thread(play())


def test_a_recording_pauses_only_while_it_is_made(tmp_path: Path) -> None:
    async def play() -> None:
        async with staged(tmp_path) as stage:
            sip, stage.hub.script = hooks(stage), {("ringing", ""): RECORDED}
            stage.engine.phones[SALES] = lambda leg: None
            talking = asyncio.ensure_future(stage.call())
            async with asyncio.timeout(90):
                while not stage.parts.bridges:
                    await asyncio.sleep(0.01)
            (call_id, (_, bridge)) = next(iter(stage.parts.bridges.items()))
            for control in ("pause", "pause", "resume"):
                await ask(sip.control_recording, call_id, control)
            assert bridge.controls == ["pause", "pause", "resume"]
            person = PersonReference(phone_numbers=(CALLER,), tracking_numbers=(NUMBER,))
            with suppress(Exception):
                await ask(sip.erase_person, person)
            assert not talking.done(), "a call under way was erased"
            for leg in stage.engine.legs():
                leg.end()
            await talking
            with pytest.raises(Rejected):
                await ask(sip.control_recording, call_id, "pause")
            await stage.told()
            held = await ask(sip.export_person, person)
            assert {each.record_type for each in held} == {"call", "recording"} and CALLER in repr(held)
            other = PersonReference(phone_numbers=(CALLER,), tracking_numbers=("+13125550177",))
            assert not await ask(sip.export_person, other), "another company's number"
            assert (await ask(sip.erase_person, person)).records == len(held)
            assert not await ask(sip.export_person, person) and stage.parts.files.count() == 0

    in_a_thread(play())


def test_a_request_without_the_secret_or_with_a_changed_body_is_refused(tmp_path: Path) -> None:
    async def play() -> None:
        async with staged(tmp_path) as stage:
            stranger = hooks(stage, secret=40 * "x")
            report = await ask(lambda: _attempt(stranger.list_numbers))
            assert "AuthError" in report
            rotated = hooks(stage, secret=40 * "y", previous_secret=SETTINGS["secret"])
            assert "AuthError" in await ask(lambda: _attempt(rotated.list_numbers)), "the hub signs with the new secret"
            api = httpx2.AsyncClient(
                transport=httpx2.ASGITransport(ControlApi(stage.parts).app()), base_url="http://127.0.0.1:7060"
            )
            for path in ("/health", "/calls?since=2026-01-01T00:00:00Z&after=", "/recordings/RE1"):
                assert (await api.get(path)).status_code == 401
            assert (await api.post("/calls", content=b"x" * 100_000)).status_code == 413

    in_a_thread(play())


def test_a_call_back_is_refused_with_the_limit_and_placed_once(tmp_path: Path) -> None:
    async def play() -> None:
        async with staged(tmp_path) as stage:
            sip = hooks(stage)
            call = CallBack(key="k", tracking_number=NUMBER, user_number=SALES, person_number=CALLER)
            first, again = await ask(sip.place_call, call), await ask(sip.place_call, call)
            assert first.status == "accepted" and first == again
            abroad = await ask(sip.place_call, replace(call, key="a", user_number="+442079460190"))
            assert (abroad.status, abroad.code) == ("rejected", "country") and "limits" in str(abroad.reason)
            async with asyncio.timeout(90):
                while stage.parts.under_way:
                    await asyncio.sleep(0.01)
            assert [dial.number for dial in stage.engine.placed] == [SALES]

    in_a_thread(play())


def test_the_hub_says_in_one_sentence_what_is_wrong_with_a_gateway(tmp_path: Path) -> None:
    async def play() -> None:
        async with staged(tmp_path, ScriptedHub()) as stage:
            sip = hooks(stage)
            stage.parts.hub.refused = True
            assert "same secret" in (await ask(sip.check_connection)).detail
            stage.parts.hub.refused, stage.engine.trunk = False, False
            assert "trunk does not answer OPTIONS" in (await ask(sip.check_connection)).detail
            stage.engine.trunk, stage.engine.registration = True, "403"
            assert "does not take the line's registration (403)" in (await ask(sip.check_connection)).detail
            stage.engine.registration = "registered"
            assert (await ask(sip.check_connection)).ok
            stage.parts.recognizer.why = "Whisper is not installed."
            assert "at `otherwise` (Whisper is not installed)" in (await ask(sip.check_connection)).detail
            stage.parts.recognizer.why, stage.engine.draining = "", True
            assert "drained" in (await ask(sip.check_connection)).detail
        gone = connect(Sip, name="sip", timeout=0.5, **{**SETTINGS, "gateways": ["http://127.0.0.1:9"]})
        assert "hub sip gateway" in (await ask(gone.check_connection)).detail

    in_a_thread(play())


def _attempt(hook: Callable[[], Any]) -> str:
    try:
        return repr(hook())
    except Exception as error:
        return type(error).__name__
