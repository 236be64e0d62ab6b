"""Our TwiML against the documents that Twilio's own builder makes."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.twiml.voice_response import Dial, VoiceResponse

from hub.api import AnswerPoint, Route, WebhookRequest
from hub.testing import FrozenClock, connect
from plugins.carriers.twilio import Twilio
from plugins.carriers.twilio.sandbox import Sandbox

TWILIO = connect(Twilio, Sandbox())
BASE = TWILIO.services.webhook_url
NUMBER = "+13125550142"
FULL = Route(
    dial="+13125550199",
    greeting="Smith & Sons <plumbing>",
    recording_notice="This call is recorded.",
    record=True,
    whisper="A call from [source].",
    ring_seconds=20,
    voicemail="Please leave a message.",
)


def ours(step: str, route: Route = FULL, source: str = "Google Ads") -> str:
    document = TWILIO.render_answer(AnswerPoint(step, NUMBER), route, source)  # type: ignore[arg-type]
    assert document.content_type == "text/xml"
    return document.body


def same(document: str, oracle: VoiceResponse) -> bool:
    return ElementTree.canonicalize(document) == ElementTree.canonicalize(str(oracle))


def address(path: str) -> str:
    return f"{BASE}/{path}?tracking_number=%2B13125550142"


def test_a_ringing_call_is_greeted_told_of_the_recording_and_dialled() -> None:
    oracle = VoiceResponse()
    oracle.say("Smith & Sons <plumbing>")
    oracle.say("This call is recorded.")
    dial = Dial(
        action=address("dial"),
        timeout=20,
        record="record-from-answer-dual",
        recording_status_callback=address("recording"),
    )
    dial.number(
        "+13125550199",
        url=address("whisper"),
        status_callback=address("status"),
        status_callback_event="answered completed",
    )
    oracle.append(dial)
    assert same(ours("ringing"), oracle)


def test_the_static_route_only_dials() -> None:
    oracle = VoiceResponse()
    dial = Dial(action=address("dial"), timeout=20)
    dial.number("+13125550199", status_callback=address("status"), status_callback_event="answered completed")
    oracle.append(dial)
    assert same(ours("ringing", FULL.static()), oracle)


def test_nothing_is_recorded_without_a_notice() -> None:
    assert "record" not in ours("ringing", FULL.model_copy(update={"recording_notice": None}))
    assert "This call is recorded." not in ours("ringing", FULL.model_copy(update={"record": False}))


def test_the_answering_person_hears_the_source() -> None:
    oracle = VoiceResponse()
    oracle.say("A call from Bing & <friends>.")
    assert same(ours("whisper", source="Bing & <friends>"), oracle)


def test_where_nobody_answers_a_message_is_recorded() -> None:
    oracle = VoiceResponse()
    oracle.say("Please leave a message.")
    oracle.record(
        action=address("voicemail"),
        max_length=180,
        play_beep=True,
        recording_status_callback=address("recording"),
    )
    oracle.hangup()
    assert same(ours("after_dial"), oracle)


@pytest.mark.parametrize(("step", "route"), [("done", FULL), ("after_dial", FULL.static())])
def test_where_nothing_is_left_to_do_the_call_ends(step: str, route: Route) -> None:
    oracle = VoiceResponse()
    oracle.hangup()
    assert same(ours(step, route), oracle)


def test_a_notice_is_acknowledged_with_an_empty_response() -> None:
    empty = WebhookRequest("POST", BASE, b"", FrozenClock()())
    assert same(TWILIO.acknowledge_webhook(empty).body, VoiceResponse())


@settings(deadline=None)
@given(st.text(), st.text())
def test_whatever_is_said_stays_text(greeting: str, source: str) -> None:
    route = FULL.model_copy(update={"greeting": greeting, "whisper": "[source]"})
    tags = [element.tag for element in ElementTree.fromstring(ours("ringing", route)).iter()]
    assert tags in (["Response", "Say", "Say", "Dial", "Number"], ["Response", "Say", "Dial", "Number"])
    whisper = ElementTree.fromstring(ours("whisper", route, source))
    assert [element.tag for element in whisper.iter()] in (["Response", "Say"], ["Response"])
