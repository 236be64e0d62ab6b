"""Bandwidth's callbacks: the stand-in's are those of its own models, and each is read as what it means."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from bandwidth_stage import BUSINESS, CALLER, CLOCK, COLLEAGUE, HUB, TRACKING, bodies, played

from hub.api import BadPayload, CallEvent
from hub.api.carriers import (
    AnswerPoint,
    CallBack,
    CallBackEvent,
    Dial,
    Gather,
    MessageEvent,
    MessageStatusEvent,
    OutboundText,
    Say,
    TakeMessage,
)
from plugins.carriers.bandwidth import Bandwidth
from plugins.carriers.bandwidth.sandbox import Sandbox
from plugins.carriers.bandwidth.translate import attestation, iso_seconds

TEAM = Dial(numbers=(BUSINESS, COLLEAGUE), record=True, whisper=True, mark="v1.team")
MODELS = {
    "initiate": "InitiateCallback",
    "gather": "GatherCallback",
    "transferAnswer": "TransferAnswerCallback",
    "transferDisconnect": "TransferDisconnectCallback",
    "transferComplete": "TransferCompleteCallback",
    "recordComplete": "RecordingCompleteCallback",
    "recordingAvailable": "RecordingAvailableCallback",
    "disconnect": "DisconnectCallback",
    "answer": "AnswerCallback",
    "message-received": "InboundCallback",
    "message-sending": "StatusCallback",
    "message-delivered": "StatusCallback",
    "message-failed": "StatusCallback",
}


def script(path: str) -> Any:
    return {
        "voice": (Gather(prompts=(Say(text="Press 1"),), mark="v1.menu"),),
        "digits": (TEAM,),
        "whisper": (Say(text="From the flyer"),),
        "dial": (TakeMessage(longest=5, mark="v1.night"),),
    }.get(path, ())


def test_every_callback_has_the_fields_of_bandwidths_own_models(sandbox: Sandbox, connector: Bandwidth) -> None:
    from bandwidth import models

    requests = played(sandbox, connector, script, keys=("1",))
    requests += played(sandbox, connector, script, keys=("1",), outcome="voicemail", talk=timedelta(seconds=9))
    receipt = connector.place_call(call_back())
    requests += sandbox.play_call_back(str(receipt.reference), "answered")
    requests.append(sandbox.message_webhook(CALLER, TRACKING, "Is 5 pm ok?", HUB, [b"picture"]))
    sent = connector.send_text(OutboundText(key="k", sender=TRACKING, recipient_number=CALLER, body="Yes"))
    for status in ("sent", "delivered", "failed"):
        requests.append(sandbox.text_status_webhook(str(sent.reference), status, HUB))  # type: ignore[arg-type]
    seen = set()
    for request in requests:
        content = json.loads(request.body)
        for event in content if isinstance(content, list) else [content]:
            kind = event.get("eventType") or event["type"]
            parsed = getattr(models, MODELS[kind]).from_dict(event)
            assert parsed is not None and not parsed.additional_properties, (kind, parsed.additional_properties)
            seen.add(kind)
    assert seen == set(MODELS)


def call_back(**changes: Any) -> CallBack:
    values = {"key": "call-1", "tracking_number": TRACKING, "user_number": BUSINESS, "person_number": CALLER}
    return CallBack(**(values | changes))


def test_a_conversation_is_recorded_from_the_pick_up_on_after_the_whisper(
    sandbox: Sandbox, connector: Bandwidth
) -> None:
    requests = played(sandbox, connector, script, keys=("1",), answering_number=COLLEAGUE)
    events = [each for request in requests for each in connector.parse_webhook(request)]
    (recorded,) = [each for each in events if isinstance(each, CallEvent) and each.kind == "recorded"]
    (ring,), (answer,) = bodies(requests, "voice"), bodies(requests, "whisper")
    leg, call_id = answer["callId"], ring["callId"]
    assert leg != call_id and recorded.call_id == call_id and str(recorded.recording_id).startswith(f"{leg}.r-")
    (shown,) = sandbox.held_recordings.values()
    assert (shown["channels"], recorded.recording_duration) == (2, 90), "not a second of the ringing"
    assert sandbox.spoken(call_id) == ("Press 1",), "the caller does not hear the whisper"
    assert {each.answered_by for each in events if isinstance(each, CallEvent)} == {None, COLLEAGUE}


def test_nothing_is_recorded_if_the_document_at_the_pick_up_does_not_say_so(
    sandbox: Sandbox, connector: Bandwidth
) -> None:
    whispered = Dial(numbers=(BUSINESS,), whisper=True, mark="v1.s")
    played(sandbox, connector, lambda path: (whispered,) if path == "voice" else ())
    assert not sandbox.held_recordings
    point = AnswerPoint(moment="whisper", tracking_number=TRACKING)
    assert "StartRecording" not in connector.render_answer(point, ()).body, "the document in memory never records"


@pytest.mark.parametrize(
    ("sent", "verdict"),
    [
        ({"verstat": "TN-Validation-Passed", "attestationIndicator": "B"}, "B"),
        ({"verstat": "Tn-Validation-Passed", "attestationIndicator": "C"}, "C"),
        ({"verstat": "TN-Validation-Failed", "attestationIndicator": "A"}, "failed"),
        ({"verstat": "TN-Validation-Passed", "attestationIndicator": "Z"}, None),
        ({"attestationIndicator": "A"}, None),
        ({}, None),
        (None, None),
        ("A", None),
    ],
)
def test_a_signature_counts_only_if_it_was_verified(sent: Any, verdict: str | None) -> None:
    assert attestation(sent) == verdict


@pytest.mark.parametrize(("text", "seconds"), [("PT13.67S", 13), ("PT1H2M3S", 3723), ("PT2M", 120), ("PT0.0S", 0)])
def test_a_recordings_length_is_read(text: str, seconds: int) -> None:
    assert iso_seconds(text) == seconds
    for wrong in ("13", "P1D", "PT-1S", "PT99999999S"):
        with pytest.raises(BadPayload):
            iso_seconds(wrong)


@pytest.mark.parametrize("hidden", ["Anonymous", "Restricted", "Private", "Unavailable", "sip:x@example.com"])
def test_a_caller_who_hides_is_nobody(sandbox: Sandbox, connector: Bandwidth, hidden: str) -> None:
    ring = {"eventType": "initiate", "accountId": sandbox.account_id, "callId": sandbox.new_call_id(), "to": TRACKING}
    (event,) = connector.parse_webhook(sandbox.callback(f"{HUB}/voice", ring | {"from": hidden}, CLOCK()))
    assert isinstance(event, CallEvent) and (event.kind, event.caller_number) == ("ringing", None)


def test_several_texts_in_one_callback_are_several_events(sandbox: Sandbox, connector: Bandwidth) -> None:
    first = json.loads(sandbox.message_webhook(CALLER, TRACKING, "One", HUB).body)
    second = json.loads(sandbox.message_webhook(CALLER, TRACKING, "STOP", HUB).body)
    both = sandbox.callback(f"{HUB}/message", first + second, CLOCK())
    events = connector.parse_webhook(both)
    assert [each.body for each in events if isinstance(each, MessageEvent)] == ["One", "STOP"]
    keys = {
        connector.verify_webhook(sandbox.callback(f"{HUB}/message", each, CLOCK())).event_key
        for each in (first, second)
    }
    assert connector.verify_webhook(both).event_key not in keys and len(keys) == 2


def test_layout_files_and_pictures_elsewhere_are_left_out(sandbox: Sandbox, connector: Bandwidth) -> None:
    content = json.loads(sandbox.message_webhook(CALLER, TRACKING, "", HUB, [b"x"]).body)
    (picture,) = content[0]["message"]["media"]
    content[0]["message"]["media"] += [picture.replace(".png", ".smil"), "https://files.example.net/a.png"]
    (event,) = connector.parse_webhook(sandbox.callback(f"{HUB}/message", content, CLOCK()))
    assert isinstance(event, MessageEvent) and event.media_urls == (picture,)


def test_a_stop_is_learnt_from_the_report(sandbox: Sandbox, connector: Bandwidth) -> None:
    sandbox.block(TRACKING, CALLER)
    text = OutboundText(key="k", sender=TRACKING, recipient_number=CALLER, body="Hello")
    reference = str(connector.send_text(text).reference)
    (event,) = connector.parse_webhook(sandbox.text_status_webhook(reference, "failed", HUB))
    assert isinstance(event, MessageStatusEvent)
    assert (event.status, event.code, event.opted_out) == ("failed", "4775", True)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("voice", {"eventType": "initiate", "callId": "c-0000000000000000", "accountId": "1", "to": TRACKING}),
        ("voice", {"eventType": "disconnect"}),
        ("status", []),
        ("status", "x"),
        ("message", {}),
        ("message", []),
        ("message", [{"type": "message-received", "message": {"id": "0123456789", "applicationId": "another"}}]),
        ("message", [{"type": "message-teleported", "message": {}}]),
    ],
)
def test_what_makes_no_sense_is_parked(sandbox: Sandbox, connector: Bandwidth, path: str, content: Any) -> None:
    request = sandbox.callback(f"{HUB}/{path}", content, CLOCK())
    assert (
        connector.verify_webhook(request).event_key and connector.verify_webhook(request).answer is None
    ) or path == "voice"
    with pytest.raises(BadPayload):
        connector.parse_webhook(request)


def test_a_user_who_picks_up_gets_the_person_from_the_tag_and_nobody_waits_for_the_flow(
    sandbox: Sandbox, connector: Bandwidth
) -> None:
    receipt = connector.place_call(call_back(person_ring_seconds=33))
    answer, *_ = sandbox.play_call_back(str(receipt.reference), "answered")
    verified = connector.verify_webhook(answer)
    assert verified.answer is None and verified.document is not None
    (transfer,) = fromstring(verified.document.body)
    assert (transfer.get("transferCallerId"), transfer.get("callTimeout")) == (TRACKING, "33")
    assert [each.text for each in transfer] == [CALLER]
    (event,) = connector.parse_webhook(answer)
    assert isinstance(event, CallBackEvent) and (event.leg, event.status, event.key) == ("user", "answered", "call-1")
    content = json.loads(answer.body) | {"tag": '{"dial": "sip:evil@example.com"}'}
    changed = connector.verify_webhook(sandbox.callback(answer.url, content, CLOCK()))
    assert changed.document is None, "a tag without a phone number dials nobody"
