"""The stand-in lives a call by TwiML of Twilio's own builder, and sends what Twilio documents for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from twilio.rest import Client
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse
from twilio_stage import CLOCK

from hub.api import AnswerDocument, Rejected, WebhookRequest
from hub.api.sandbox import SimulatedCall
from plugins.carriers.twilio import Twilio
from plugins.carriers.twilio.sandbox import Sandbox

BASE = "https://calls.example.com/webhooks/twilio"
CALLER, TRACKING, ONE, TWO = "+13125550143", "+13125550142", "+13125550198", "+13125550199"
Told = list[tuple[str, dict[str, str]]]


def place(
    sandbox: Sandbox,
    *documents: VoiceResponse,
    watch: Callable[[str, dict[str, str]], None] = lambda path, told: None,
    **changes: Any,
) -> tuple[str, Told]:
    """Play a call whose questions get `documents`, one after the other; its CallSid and the webhooks."""
    waiting, told = list(documents), []

    def exchange(request: WebhookRequest) -> AnswerDocument | None:
        fields = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        told.append((request.path, fields))
        watch(request.path, fields)
        if request.path in ("status", "recording"):
            return AnswerDocument("text/xml", "<Response/>")
        return AnswerDocument("text/xml", str(waiting.pop(0) if waiting else VoiceResponse()))

    values = {"caller_number": CALLER, "tracking_number": TRACKING, "answering_number": TWO, "started_at": CLOCK()}
    return sandbox.place_call(SimulatedCall(**(values | changes)), BASE, exchange), told


def dialing(**options: Any) -> VoiceResponse:
    response = VoiceResponse()
    dial = Dial(action=f"{BASE}/dial", **options)
    for number in (ONE, TWO):
        dial.number(number, status_callback=f"{BASE}/status", status_callback_event="answered completed")
    response.append(dial)
    return response


def test_of_two_phones_the_one_that_does_not_pick_up_is_cancelled(sandbox: Sandbox, client: Client) -> None:
    sid, told = place(sandbox, dialing(timeout=20))
    statuses = [(fields["To"], fields["CallStatus"]) for path, fields in told if "ParentCallSid" in fields]
    assert statuses == [(TWO, "in-progress"), (ONE, "canceled"), (TWO, "completed")]
    assert [path for path, _ in told] == ["voice", "status", "status", "status", "dial", "status"]
    dial = told[4][1]
    assert (dial["DialCallStatus"], dial["DialBridged"], dial["DialCallDuration"]) == ("completed", "true", "90")
    legs = {call.to: call.status for call in client.calls.list()}
    assert legs == {TRACKING: "completed", ONE: "canceled", TWO: "completed"}
    assert {call.parent_call_sid for call in client.calls.list()} == {None, sid}


def test_each_step_of_a_dialed_leg_is_told_that_was_asked_for(sandbox: Sandbox) -> None:
    response = VoiceResponse()
    dial = Dial(action=f"{BASE}/dial")
    dial.number(TWO, status_callback=f"{BASE}/status", status_callback_event="initiated ringing answered completed")
    response.append(dial)
    _, told = place(sandbox, response)
    legs = [(fields["CallStatus"], fields["SequenceNumber"]) for _, fields in told if "ParentCallSid" in fields]
    assert legs == [("initiated", "0"), ("ringing", "1"), ("in-progress", "2"), ("completed", "3")]


def test_a_phone_that_rings_longer_than_it_may_is_not_answered(sandbox: Sandbox) -> None:
    _, told = place(sandbox, dialing(timeout=20), ring=timedelta(seconds=21))
    assert [fields["DialCallStatus"] for path, fields in told if path == "dial"] == ["no-answer"]
    assert "RecordingUrl" not in told[-2][1]


def test_a_menu_without_a_key_goes_on_to_the_next_verb(sandbox: Sandbox) -> None:
    response = VoiceResponse()
    gather = Gather(action=f"{BASE}/digits", num_digits=1, timeout=4)
    gather.say("Press 1.")
    response.append(gather)
    response.say("Nothing was pressed.")
    sid, told = place(sandbox, response)
    assert list(sandbox.spoken(sid)) == ["Press 1.", "Nothing was pressed."]
    assert [path for path, _ in told] == ["voice", "status"]
    sid, told = place(sandbox, response, keys=("123",))
    assert list(sandbox.spoken(sid)) == ["Press 1."]
    assert told[1][1]["Digits"] == "1"


def test_nothing_is_spoken_in_a_language_without_its_region(sandbox: Sandbox) -> None:
    response = VoiceResponse()
    response.say("Hola.", language="es")
    response.say("Buenos días.", language="es-US")
    sid, _ = place(sandbox, response)
    assert list(sandbox.spoken(sid)) == ["Buenos días."]


def test_a_document_that_twilio_cannot_read_is_asked_for_at_the_fallback(sandbox: Sandbox) -> None:
    asked = []

    def broken(request: WebhookRequest) -> AnswerDocument:
        asked.append((request.path, dict(parse_qsl(request.body.decode())).get("ErrorCode")))
        return AnswerDocument("text/xml", "<Response><Say>" if request.path == "voice" else "<Response/>")

    call = SimulatedCall(caller_number=CALLER, tracking_number=TRACKING, answering_number=TWO, started_at=CLOCK())
    sandbox.place_call(call, BASE, broken)
    assert asked == [("voice", None), ("fallback", "11200"), ("status", None)]


def test_a_recording_is_in_progress_until_the_talk_ends(sandbox: Sandbox, twilio: Twilio, client: Client) -> None:
    seen = []

    def watch(path: str, told: dict[str, str]) -> None:
        if told["CallStatus" if path == "status" else "CallSid"] == "in-progress":
            call_sid = told["ParentCallSid"]
            twilio.control_recording(call_sid, "pause")
            seen.append([one.status for one in client.calls(call_sid).recordings.list()])
            client.calls(call_sid).recordings("Twilio.CURRENT").update(status="in-progress")
            seen.append([one.status for one in client.calls(call_sid).recordings.list()])

    options = {"record": "record-from-answer-dual", "recording_status_callback": f"{BASE}/recording"}
    sid, told = place(sandbox, dialing(timeout=20, **options), watch=watch)
    assert seen == [["paused"], ["in-progress"]]
    assert list(sandbox.recording_controls(sid)) == ["pause", "resume"]
    (recording,) = client.recordings.list()
    assert (recording.status, recording.duration, recording.channels, recording.source) == (
        "completed",
        "90",
        2,
        "DialVerb",
    )
    assert told[-1][0] == "recording" and told[-1][1]["RecordingSid"] == recording.sid
    with pytest.raises(Rejected, match="20404"):
        twilio.control_recording(sid, "pause")


def test_a_caller_who_hangs_up_during_a_message_leaves_what_was_said(sandbox: Sandbox) -> None:
    response = VoiceResponse()
    response.record(action=f"{BASE}/voicemail", max_length=30, recording_status_callback=f"{BASE}/recording")
    _, told = place(sandbox, response, outcome="voicemail", talk=timedelta(seconds=20))
    assert (told[1][0], told[1][1]["CallStatus"], told[1][1]["RecordingDuration"]) == ("voicemail", "completed", "20")
    _, told = place(sandbox, response, outcome="voicemail", talk=timedelta(seconds=90))
    assert (told[1][1]["CallStatus"], told[1][1]["RecordingDuration"]) == ("in-progress", "30")
