"""A call on a line of one's own follows the hub's documents, whatever the parties and the hub do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from event_loops import in_a_thread
from fake_engine import FakeLeg
from gateway_stage import (
    CALLER,
    NIGHT,
    NUMBER,
    PHONES,
    SALES,
    ScriptedHub,
    Stage,
    gives_up_after,
    hangs_up_after,
    staged,
)
from testbed import TestHub

from hub.api import BadPayload, CallEvent, WebhookRequest
from hub.api.carriers import CallBack, Dial, Gather, HangUp, Say, TakeMessage
from hub.api.twiml import CallListReader, call_families
from plugins.carriers.sip.engine.interface import Busy
from plugins.carriers.sip.engine.wav import header
from plugins.carriers.sip.gateway import spool
from plugins.carriers.sip.gateway.call.placing import Placing, Refused
from plugins.carriers.sip.gateway.fields import now, stamp
from plugins.carriers.sip.gateway.recovery import ALIVE, recover
from plugins.carriers.sip.phones import PhonesSettings
from plugins.carriers.sip.translate import SipWebhook

GREETING = Say(text="Thank you for calling.")
NOTICE = Say(text="This call is recorded.", about_recording=True)
QUESTION = Gather(prompts=(Say(text="Press 9 not to be recorded.", about_recording=True),), mark="1.a.0.a.0")


def on_stage(folder: Path, play: Callable[[Stage], Coroutine[Any, Any, None]], **settings: Any) -> None:
    async def run() -> None:
        async with staged(folder, **settings) as stage:
            await play(stage)

    in_a_thread(run())


def test_a_recorded_call_with_a_whisper_is_told_from_ring_to_end(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        stage.hub.script = {
            ("ringing", ""): (GREETING, NOTICE, Dial(numbers=(SALES,), record=True, whisper=True, mark="1.s.1.h.0")),
            ("whisper", "1.s.1.h.0"): (Say(text="From the flyer."),),
        }
        stage.engine.phones[SALES] = hangs_up_after()
        caller = await stage.call(verdict="TN-Validation-Passed", attestation="A", caller_name="Pat Doe")
        await stage.told()
        (phone,) = [leg for leg in stage.engine.all if leg.outgoing]
        assert caller.heard == [GREETING.text, NOTICE.text] and phone.heard == ["From the flyer."]
        assert stage.hub.asked() == ["ringing", "whisper", "dial_ended"]
        assert set(stage.hub.kinds()) == {"answered", "completed", "recorded", "ringing"}
        rang = stage.hub.events[0]
        assert isinstance(rang, CallEvent) and (rang.attestation, rang.caller_number) == ("A", CALLER)
        assert stage.engine.placed[0].caller == CALLER, "the business sees who calls"
        recorded = next(each for each in stage.hub.events if isinstance(each, CallEvent) and each.kind == "recorded")
        assert recorded.recording_id and recorded.recording_duration == 1
        sound = b"".join(stage.parts.files.read(recorded.recording_id) or ())
        assert sound[:4] == b"RIFF" and len(sound) == 44 + 32_000
        kept = [each.name for each in (tmp_path / "recordings").iterdir()]
        assert kept == [f"{recorded.recording_id}.sealed"], "a recording lies on the disk in the clear"
        assert b"RIFF" not in (tmp_path / "recordings" / kept[0]).read_bytes()

    on_stage(tmp_path, play)


@pytest.mark.parametrize("keys", ["9", "59"])
def test_a_caller_ends_the_recording_with_the_key_and_talks_on(tmp_path: Path, keys: str) -> None:
    async def play(stage: Stage) -> None:
        dial = Dial(numbers=(SALES,), record=True, end_key="9", mark="1.s.1.h.0")
        stage.hub.script = {("ringing", ""): (NOTICE, dial)}
        stage.engine.phones[SALES] = hangs_up_after(0.2)

        def presses(leg: FakeLeg) -> None:
            for key in keys:
                asyncio.get_running_loop().call_later(0.1, leg.digits.put_nowait, key)

        caller = await stage.call(presses)
        await stage.told()
        assert caller.bridges[0].controls == ["stop"] and stage.parts.bridges == {}
        assert "recorded" not in stage.hub.kinds() and stage.hub.kinds().count("recording_ended") == 1
        ended = next(
            each for each in stage.hub.events if isinstance(each, CallEvent) and each.kind == "recording_ended"
        )
        assert (ended.call_id, ended.tracking_number) == (f"CA{caller.id}", NUMBER)
        assert stage.hub.points[-1].answered, "the conversation went on to its end"
        assert list((tmp_path / "recordings").iterdir()) == [], "something of the recording is left"
        assert await stage.parts.journal.read("select sid from recording") == []

    on_stage(tmp_path, play)


@pytest.mark.parametrize("keys", ["", "1", "*"])
def test_another_key_in_the_conversation_ends_no_recording(tmp_path: Path, keys: str) -> None:
    async def play(stage: Stage) -> None:
        dial = Dial(numbers=(SALES,), record=True, end_key="9", mark="1.s.1.h.0")
        stage.hub.script = {("ringing", ""): (NOTICE, dial)}
        stage.engine.phones[SALES] = hangs_up_after(0.2)

        def presses(leg: FakeLeg) -> None:
            for key in keys:
                asyncio.get_running_loop().call_later(0.1, leg.digits.put_nowait, key)

        await stage.call(presses)
        await stage.told()
        assert stage.hub.kinds().count("recorded") == 1 and "recording_ended" not in stage.hub.kinds()

    on_stage(tmp_path, play)


@pytest.mark.parametrize(
    ("about", "verdict"),
    [
        ({"verdict": "TN-Validation-Passed", "attestation": "A"}, "A"),
        ({"verdict": "tn-validation-passed-c", "attestation": "C"}, "C"),
        ({"verdict": "TN-Validation-Failed-C"}, "failed"),
        ({"verdict": "No-TN-Validation"}, "none"),
        ({"verdict": "TN-Validation-Passed"}, None),
        ({"attestation": "A"}, None),
    ],
)
def test_the_trunks_verdict_is_known_while_it_rings_and_a_rejected_call_is_never_answered(
    tmp_path: Path, about: dict[str, str], verdict: str | None
) -> None:
    async def play(stage: Stage) -> None:
        stage.hub.script = {("ringing", ""): (HangUp(reject=True),)}
        caller = await stage.call(**about)
        await stage.told()
        assert stage.hub.points[0].attestation == verdict
        assert (caller.rejected, caller.answered, caller.heard) == (603, False, [])
        assert stage.hub.kinds() == ["ringing", "failed"]

    on_stage(tmp_path, play)


def test_a_menu_a_phone_that_is_busy_and_a_message(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        stage.hub.script = {
            ("ringing", ""): (Gather(prompts=(Say(text="For sales press 1."),), mark="1.m.1.n.0"),),
            ("digits", "1.m.1.n.0"): (Dial(numbers=(SALES, NIGHT), mark="1.d.2.n.0"),),
            ("dial_ended", "1.d.2.n.0"): (Say(text="Leave a message."), TakeMessage(mark="1.v.3.n.0")),
        }
        stage.engine.phones = {SALES: "busy", NIGHT: "silent"}

        def presses_and_speaks(leg: Any) -> None:
            leg.keys, leg.message = ["1"], b"\1\0" * 8000

        caller = await stage.call(presses_and_speaks)
        await stage.told()
        assert [point.digits for point in stage.hub.points if point.moment == "digits"] == ["1"]
        assert caller.heard == ["For sales press 1.", "Leave a message."]
        assert {"not_answered", "voicemail", "completed"} <= set(stage.hub.kinds())
        assert "answered" not in stage.hub.kinds() and stage.hub.asked()[-1] == "message_left"

    on_stage(tmp_path, play)


def test_a_caller_who_gives_up_while_a_phone_rings_is_not_answered(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        stage.hub.script = {("ringing", ""): (Dial(numbers=(SALES,), mark="1.s.1.n.0"),)}
        caller = await stage.call(gives_up_after())
        await stage.told()
        assert not caller.answered, "a phone that only rang costs the caller nothing"
        assert stage.engine.heard_by == [caller], "and an announcement of that phone's network is heard"
        assert set(stage.hub.kinds()) == {"ringing", "not_answered", "completed"}
        assert stage.hub.asked()[-1] == "dial_ended", "the hub learns that nobody answered, and may send a text"

    on_stage(tmp_path, play)


def test_while_the_hub_is_away_calls_are_led_as_before_and_never_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "LONGEST_WAIT", 0.1)

    async def play(stage: Stage) -> None:
        stage.hub.script = {
            ("ringing", ""): (GREETING, QUESTION),
            ("digits", "1.a.0.a.0"): (Dial(numbers=(SALES,), record=True, whisper=True, mark="1.s.1.h.0"),),
            ("whisper", "1.s.1.h.0"): (Say(text="From the flyer."),),
            ("dial_ended", "1.s.1.h.0"): (TakeMessage(mark="1.v.2.h.0"),),
        }
        stage.engine.phones[SALES] = hangs_up_after()
        await stage.call(lambda leg: leg.keys.extend("01"))
        await stage.told()
        before = len(stage.hub.events)
        stage.hub.away = True
        caller = await stage.call()
        phone = [leg for leg in stage.engine.all if leg.outgoing][-1]
        assert caller.heard == [GREETING.text], "the caller was asked about a recording that cannot be made"
        assert phone.heard == [], "the whisper of another call was heard"
        assert not caller.bridges[0].recording, "a conversation was recorded although the caller was told nothing"
        assert len(stage.hub.events) == before
        stage.hub.away = False
        await stage.told()
        late = [each.kind for each in stage.hub.events[before:] if isinstance(each, CallEvent)]
        assert late[0] == "ringing" and late[-1] == "completed" and "answered" in late, "reports come in their order"
        refused = await stage.call(called="+13125550199")
        assert refused.rejected == 404, "a call on a number that is not ours"

    on_stage(tmp_path, play)


def test_a_hub_that_comes_back_records_no_call_that_began_without_it(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        stage.hub.script = {
            ("ringing", ""): (NOTICE, Dial(numbers=(SALES,), record=True, mark="1.s.1.h.0")),
            ("dial_ended", "1.s.1.h.0"): (Dial(numbers=(NIGHT,), record=True, mark="1.n.2.h.0"),),
        }
        stage.engine.phones = {SALES: "busy", NIGHT: hangs_up_after()}
        await stage.call()
        stage.hub.away = True

        def rings_as_the_hub_comes_back(leg: Any) -> None:
            stage.hub.away = False
            raise Busy("busy", 486)

        stage.engine.phones[SALES] = rings_as_the_hub_comes_back
        caller = await stage.call()
        assert caller.bridges and not caller.bridges[0].recording

    on_stage(tmp_path, play)


def test_a_number_that_never_rang_before_is_left_to_the_trunk_while_the_hub_is_away(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        stage.hub.script = {("ringing", ""): (HangUp(reject=True),)}
        unwanted = await stage.call()
        assert unwanted.rejected == 603 and not unwanted.answered
        stage.hub.away = True
        caller = await stage.call()
        assert caller.rejected == 503, "what turned one caller away was repeated to the next"

    on_stage(tmp_path, play)


def test_calls_in_a_gateway_that_died_have_failed_with_that_reason_and_what_was_recorded_is_kept(
    tmp_path: Path, lite_hub: Callable[..., TestHub]
) -> None:
    rule = {"event": "call", "min_duration": "30s"}
    shop = lite_hub(conversions=[{"name": "talked", "when": rule, "send_to": {"network": {"action": 7}}}])
    hub = ScriptedHub()

    async def play() -> list[dict[str, Any]]:
        hub.script = {("ringing", ""): (NOTICE, Dial(numbers=(SALES,), record=True, mark="1.s.1.h.0"))}
        async with staged(tmp_path, hub) as stage:
            stage.engine.phones[SALES] = lambda leg: None
            talking = asyncio.ensure_future(stage.call())
            while not stage.parts.bridges:
                await asyncio.sleep(0.01)
            (_, bridge) = next(iter(stage.parts.bridges.values()))
            bridge.recording.write_bytes(header(2, 0) + b"\1\0\2\0" * 8000)
            await stage.told()
            lived = stamp(now() + timedelta(seconds=40))
            await stage.parts.journal.write(("insert or replace into fact values (?, ?)", (ALIVE, lived)))
            stage.parts.journal.write = _dead  # type: ignore[method-assign]
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)
        async with staged(tmp_path, hub) as after:
            assert await recover(after.parts) == [f"dialog of {NUMBER}", f"dialog of {SALES}"], "both parties get a BYE"
            await after.told()
            assert set(hub.kinds()[-2:]) == {"failed", "recorded"}
            assert await recover(after.parts) == [], "a call fails once"
            return await after.parts.journal.read("select * from leg")

    legs = in_a_thread(play())
    shop.tell(*hub.events)
    shop.flow()
    call = shop.call_of(connector="carrier")
    assert (call.status, call.failure, call.answered_by) == ("failed", "gateway_ended", SALES)
    assert call.duration is not None and 40 <= call.duration < 60, "from the answer to the last sign of life"
    assert sum(shop.deliver().values()) == 1, "it is a conversion by its known length"
    reader = CallListReader("The gateway", SipWebhook.call_id_form, None, None)  # type: ignore[arg-type]
    listed = [event for family in call_families(legs) for event in reader.call(*family)]
    shop.tell(*listed, connector="network", reported_by="reconcile")
    found = shop.call_of(connector="network")
    assert (found.status, found.failure, found.answered_by, found.duration) == (
        call.status, call.failure, call.answered_by, call.duration,
    ), "the gateway's list says the same as its reports"  # fmt: skip


async def _dead(*changes: Any) -> None:
    raise OSError("the process is gone")


@pytest.mark.parametrize("user", [SALES, "sip:anna"])
def test_a_call_back_rings_the_user_and_then_the_person_one_time(tmp_path: Path, user: str) -> None:
    async def play(stage: Stage) -> None:
        person = CALLER
        stage.engine.phones = {user: lambda leg: None, person: hangs_up_after()}
        call = CallBack(
            key="k1", tracking_number=NUMBER, user_number=user.replace("sip:", "phone:"), person_number=person
        )
        order = {
            "Key": call.key,
            "To": user,
            "From": NUMBER,
            "Twiml": stage.hub.connector.connect(call),
            "Timeout": 20,
            "StatusCallback": stage.hub.connector.addresses.of("outgoing_user", NUMBER, "", call.key),
        }
        placing = Placing(stage.parts)
        first, again = await asyncio.gather(placing.place(order), placing.place(order))
        assert first == again
        async with asyncio.timeout(90):
            while stage.parts.under_way:
                await asyncio.sleep(0.01)
        await stage.told()
        assert [(dial.number, dial.caller, dial.second) for dial in stage.engine.placed] == [
            (user, NUMBER, False),
            (person, NUMBER, user == SALES),
        ], "the leg that costs counts as a call back"
        told = [(each.leg, each.status) for each in stage.hub.events]  # type: ignore[union-attr]
        assert told[0] == ("user", "answered") and {("person", "completed"), ("user", "completed")} <= set(told)
        for change, code in (
            ({"From": "+13125550199"}, "caller_id"),
            ({"To": "+442079460000"}, "country"),
            ({"To": "sip:nobody"}, "number"),
            ({"To": "+19002345678"}, "country"),
        ):
            try:
                await placing.place(order | change | {"Key": code})
            except Refused as error:
                assert error.code == code
            else:
                raise AssertionError(f"a call was placed against the limit: {code}")

    on_stage(tmp_path, play, phones=PhonesSettings.model_validate(PHONES))


def test_a_reason_of_a_failure_that_the_hub_does_not_know_is_refused() -> None:
    def told(reason: str) -> str | None:
        fields = {"CallSid": "CA" + "0" * 32, "CallStatus": "failed", "To": NUMBER, "FailureReason": reason}
        body = urlencode({"AccountSid": "sip", **fields}).encode()
        url = "https://calls.example.com/webhooks/sip/status"
        (event,) = ScriptedHub().connector.parse_webhook(WebhookRequest("POST", url, body, now()))
        assert isinstance(event, CallEvent)
        return event.failure

    assert told("connection_lost") == "connection_lost" and told("") is None
    with pytest.raises(BadPayload, match="FailureReason is not a reason"):
        told("<script>")
