"""The gateway's end of a conversation with an assistant: what it sends to the hub and plays, and what each failure leads to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from event_loops import in_a_thread
from fake_engine import FakeLeg
from gateway_stage import SALES, SETTINGS, ScriptedHub, Stage, staged
from test_sip_turns import frames
from websockets.asyncio.server import ServerConnection, serve

from hub.api import BadSignature, WebhookRequest
from hub.api.carriers import Converse, Dial, Say
from hub.api.speech import has_weights
from plugins.carriers.sip.engine.recognition.recognizer import NotUnderstood
from plugins.carriers.sip.gateway.call import assistant
from plugins.carriers.sip.gateway.call.assistant import in_pieces
from plugins.carriers.sip.gateway.documents import without_recording
from plugins.carriers.sip.settings import SipSettings

MARK = "1.desk.0.h.0"
SAYS, OPENING = Say(text="You are talking with a machine."), Say(text="What happened?")
Socket = Callable[["HubEnd"], Awaitable[None]]


class HubEnd:
    """The hub's end of a websocket."""

    def __init__(self, socket: ServerConnection, leg: FakeLeg) -> None:
        self.socket, self.leg = socket, leg
        self.got: list[dict[str, Any]] = []

    async def get(self, kind: str) -> dict[str, Any]:
        """The next message of a kind; those before it are kept in `got`."""
        while True:
            message: dict[str, Any] = json.loads(await asyncio.wait_for(self.socket.recv(), 30))
            self.got.append(message)
            if message["type"] == kind and message.get("last", True):
                return message

    async def say(self, text: str) -> None:
        await self.socket.send(json.dumps({"type": "text", "token": text, "last": True}))

    async def end(self, way: str) -> None:
        await self.socket.send(json.dumps({"type": "end", "handoffData": way}))


class Words:
    """A recognizer that understands what a test says."""

    why, closed = "", False

    def __init__(self, *words: str | Exception) -> None:
        self.words_left, self.sounds = list(words), list[int]()

    async def start(self) -> None: ...

    async def close(self) -> None:
        self.closed = True

    async def words(self, pcm: bytes, language: str) -> str:
        self.sounds.append(len(pcm))
        found = self.words_left.pop(0) if self.words_left else ""
        if isinstance(found, Exception):
            raise found
        return found


def speak(leg: FakeLeg, level: float = 2500) -> None:
    """The caller speaks a second, and is silent then."""
    for piece in (*frames(0.5, 20), *frames(1, level), *frames(0.8, 20)):
        if leg.ear:
            leg.ear(piece)


def converse(folder: Path, hold: Socket | None, *words: str | Exception, **leg: Any) -> tuple[Stage, FakeLeg]:
    """A call that meets an assistant, whose hub holds the conversation as `hold` does; None: it refuses the websocket."""
    hub, callers = ScriptedHub(), list[FakeLeg]()
    hub.script = {("ringing", ""): (SAYS, OPENING, Converse(language="en-US", token="t0ken", mark=MARK))}
    hub.script[("conversed", MARK)] = (Say(text="On we go."),)

    async def serves(socket: ServerConnection) -> None:
        assert socket.request is not None
        url = f"wss://calls.example.com{socket.request.path}"
        request = WebhookRequest("GET", url, b"", datetime.now(UTC), dict(socket.request.headers.raw_items()))
        hub.connector.verify_webhook(request)
        end = HubEnd(socket, callers[0])
        setup = await end.get("setup")
        assert setup["customParameters"] == {"token": "t0ken"} and setup["callSid"] == f"CA{callers[0].id}"
        assert hold is not None
        await hold(end)

    async def run() -> Stage:
        async with serve(serves, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1] if hold else 9
            async with staged(folder, hub, hub_addresses=[f"http://127.0.0.1:{port}"]) as stage:
                stage.parts.recognizer = Words(*words)  # type: ignore[assignment]

                def party(each: FakeLeg) -> None:
                    callers.append(each)
                    for name, value in leg.items():
                        setattr(each, name, value)

                await stage.call(party)
                await stage.told()
                return stage

    stage = in_a_thread(run())
    return stage, callers[0]


def chosen(stage: Stage) -> list[str]:
    return [point.chosen for point in stage.hub.points if point.moment == "conversed"]


def test_words_go_to_the_hub_its_reply_is_spoken_and_its_way_is_taken(tmp_path: Path) -> None:
    async def hold(hub: HubEnd) -> None:
        speak(hub.leg)
        prompt = await hub.get("prompt")
        assert (prompt["voicePrompt"], prompt["lang"]) == ("My boat is sinking.", "en-US")
        await hub.say("I am sorry. Where is it?")
        assert await hub.get("info") == {"type": "info", "name": "agentSpeaking", "value": "off"}
        await hub.end("emergency")

    stage, caller = converse(tmp_path, hold, "My boat is sinking.")
    assert caller.heard == [SAYS.text, OPENING.text, "I am sorry.", "Where is it?", "On we go."]
    assert chosen(stage) == ["emergency"] and stage.parts.talks == 0 and caller.ear is None


def test_who_speaks_over_the_assistant_is_heard_and_the_hub_knows_how_far_it_came(tmp_path: Path) -> None:
    async def hold(hub: HubEnd) -> None:
        speak(hub.leg)
        await hub.get("prompt")
        await hub.say("One moment. Where is it?")
        while len(hub.leg.heard) < 3:
            await asyncio.sleep(0.01)
        speak(hub.leg)
        await hub.get("prompt")
        assert [each["type"] for each in hub.got] == ["setup", "prompt", "interrupt", "prompt"]
        assert "One moment. Where is it?".startswith(hub.got[-2]["utteranceUntilInterrupt"])
        await hub.end("emergency")

    stage, caller = converse(tmp_path, hold, "My boat is sinking.", "At the pier.", slow=0.3)
    assert caller.heard == [SAYS.text, OPENING.text, "One moment.", "On we go."] and chosen(stage) == ["emergency"]


def test_after_a_mere_noise_the_assistant_says_its_words_again_and_the_hub_hears_nothing(tmp_path: Path) -> None:
    async def hold(hub: HubEnd) -> None:
        speak(hub.leg)
        await hub.get("prompt")
        await hub.say("Where is it?")
        while len(hub.leg.heard) < 3:
            await asyncio.sleep(0.01)
        speak(hub.leg)
        await hub.get("info")
        assert [each["type"] for each in hub.got] == ["setup", "prompt", "info"]
        await hub.end("otherwise")

    stage, caller = converse(tmp_path, hold, "My boat is sinking.", "", slow=0.3)
    assert caller.heard[2:4] == ["Where is it?"] * 2 and chosen(stage) == ["otherwise"]


@pytest.mark.parametrize("again", ["At the pier.", ""])
def test_a_reply_to_a_caller_who_speaks_again_already_is_spoken_only_after_mere_noise(
    tmp_path: Path, again: str
) -> None:
    async def hold(hub: HubEnd) -> None:
        speak(hub.leg)
        await hub.get("prompt")
        for piece in frames(0.5, 2500):
            hub.leg.ear(piece)  # type: ignore[misc]
        await hub.say("Where is it?")
        await asyncio.sleep(0.1)
        for piece in frames(0.8, 20):
            hub.leg.ear(piece)  # type: ignore[misc]
        if not again:
            await hub.get("info")
            assert "interrupt" not in [each["type"] for each in hub.got]
        else:
            assert (await hub.get("interrupt"))["utteranceUntilInterrupt"] == ""
            assert (await hub.get("prompt"))["voicePrompt"] == again
        await hub.end("otherwise")

    _, caller = converse(tmp_path, hold, "My boat is sinking.", again)
    assert ("Where is it?" in caller.heard) == (not again)


def test_a_key_goes_to_the_hub_and_one_from_before_the_conversation_does_not(tmp_path: Path) -> None:
    async def hold(hub: HubEnd) -> None:
        hub.leg.digits.put_nowait("0")
        assert (await hub.get("dtmf"))["digit"] == "0"
        await hub.end("otherwise")

    assert chosen(converse(tmp_path, hold, keys=["9"])[0]) == ["otherwise"]


async def silent(hub: HubEnd) -> None:
    speak(hub.leg)
    await hub.socket.wait_closed()


async def huge(hub: HubEnd) -> None:
    await hub.say("Blah. " * 10_000)
    await hub.socket.wait_closed()


async def nonsense(hub: HubEnd) -> None:
    await hub.socket.send("no JSON")
    await hub.socket.wait_closed()


async def gone(hub: HubEnd) -> None:
    await hub.socket.close()


FAILURES: dict[str, tuple[Socket | None, tuple[str | Exception, ...]]] = {
    "the hub does not reply": (silent, ("Hello.",)),
    "nothing understands the caller": (silent, (NotUnderstood("It has ended."),)),
    "the hub sends too much": (huge, ()),
    "the hub sends no JSON": (nonsense, ()),
    "the hub closes the websocket": (gone, ()),
    "the hub opens none": (None, ()),
}


@pytest.mark.parametrize("why", FAILURES)
def test_whatever_fails_the_call_goes_on_without_a_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    monkeypatch.setattr(assistant, "REPLY_S", 0.05)
    hold, words = FAILURES[why]
    stage, caller = converse(tmp_path, hold, *words)
    assert chosen(stage) == [""] and caller.heard[-1] == "On we go." and stage.parts.talks == 0


def test_a_voice_that_says_nothing_ends_the_conversation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def mute(self: object, text: str, language: str) -> bytes:
        return b""

    async def hold(hub: HubEnd) -> None:
        await hub.say("Where is it?")
        await hub.socket.wait_closed()

    monkeypatch.setattr("gateway_stage.TextPrompts.said_once", mute)
    assert chosen(converse(tmp_path, hold)[0]) == [""]


def test_no_more_conversations_are_held_than_the_machine_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assistant, "MAX_TALKS", 0)
    stage, caller = converse(tmp_path, silent)
    assert chosen(stage) == [""] and caller.heard[-1] == "On we go."


def test_the_processes_that_heard_and_spoke_words_end_after_the_conversation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assistant, "FORGET_S", 0.0)
    stage, _ = converse(tmp_path, gone)
    assert stage.parts.recognizer.closed  # type: ignore[attr-defined]


def test_a_caller_who_hangs_up_ends_the_conversation(tmp_path: Path) -> None:
    closed = list[bool]()

    async def hold(hub: HubEnd) -> None:
        hub.leg.end()
        await hub.socket.wait_closed()
        closed.append(True)

    stage, caller = converse(tmp_path, hold)
    assert closed and stage.parts.talks == 0 and caller.ear is None
    assert "completed" in stage.hub.kinds()


def test_a_websocket_of_another_hub_is_not_opened(tmp_path: Path) -> None:
    async def run() -> None:
        async with staged(tmp_path) as stage:
            for url in (
                "wss://other.example.com/webhooks/sip/converse",
                "wss://calls.example.com.evil.example/webhooks/x",
            ):
                assert await stage.parts.hub.converse(url) is None

    in_a_thread(run())


def test_a_handshake_with_another_secret_is_not_genuine() -> None:
    hub, url = ScriptedHub(), "wss://calls.example.com/webhooks/sip/converse"
    with pytest.raises(BadSignature):
        hub.connector.verify_webhook(WebhookRequest("GET", url, b"", datetime.now(UTC), {}))


def test_while_the_hub_is_away_a_call_goes_on_as_after_a_conversation_that_broke_off(tmp_path: Path) -> None:
    async def run() -> None:
        hub = ScriptedHub()
        hub.script = {
            ("ringing", ""): (SAYS, OPENING, Converse(token="t0ken", mark=MARK)),
            ("conversed", MARK): (Dial(numbers=(SALES,), mark="1.call.0.0.0"),),
        }
        async with staged(tmp_path, hub, hub_addresses=["http://127.0.0.1:9"]) as stage:
            stage.parts.recognizer = Words()  # type: ignore[assignment]
            await stage.call()
            hub.away = True
            caller = await stage.call()
            assert caller.heard == [SAYS.text], "what the assistant opens with is left out"
            assert [dial.number for dial in stage.engine.placed] == [SALES] * 2

    in_a_thread(run())


def test_a_repeated_document_has_no_conversation() -> None:
    document = (
        "<Response><Say>Hello.</Say><Say>What happened?</Say>"
        '<Connect action="https://calls.example.com/webhooks/sip/conversed?mark=1"><ConversationRelay/></Connect></Response>'
    )
    assert without_recording(document) == (
        "<Response><Say>Hello.</Say><Redirect>https://calls.example.com/webhooks/sip/conversed?mark=1</Redirect></Response>"
    )


def test_a_text_is_made_in_pieces_that_are_the_whole() -> None:
    long = f"{'Well ' * 15}then, please wait, somebody comes. Thank you! Bye."
    assert in_pieces(long) == [f"{'Well ' * 15}then,", "please wait, somebody comes.", "Thank you!", "Bye."]
    assert " ".join(in_pieces(long)) == long and in_pieces("Yes.") == ["Yes."]


def test_the_languages_that_a_machine_understands_are_known_for_its_own_model_alone(tmp_path: Path) -> None:
    def understood(**more: Any) -> object:
        return SipSettings.model_validate({**SETTINGS, **more}).understood_languages()

    assert understood(whisper_model=tmp_path) == [], "there is no model in that folder"
    assert understood(start=False) is None, "another machine's are not known"
    assert understood() == (["en-US"] if has_weights(None) else [])
