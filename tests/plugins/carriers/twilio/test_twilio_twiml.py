"""Our TwiML against the documents that Twilio's own builder makes."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.twiml.voice_response import Dial as DialVerb
from twilio.twiml.voice_response import VoiceResponse

from hub.api import WebhookRequest
from hub.api.carriers import AnswerPoint, AskToAccept, Dial, Gather, HangUp, Instruction, Moment, Play, Say, TakeMessage
from hub.testing import FrozenClock, connect, samples
from plugins.carriers.twilio import Twilio
from plugins.carriers.twilio.sandbox import Sandbox

TWILIO = connect(Twilio, Sandbox())
BASE = TWILIO.services.webhook_url
NUMBER = "+13125550142"
Oracle = Callable[[VoiceResponse], object]


def ours(*instructions: Instruction, moment: Moment = "ringing") -> str:
    document = TWILIO.render_answer(AnswerPoint(moment=moment, tracking_number=NUMBER), instructions)
    assert document.content_type == "text/xml"
    return document.body


def same(document: str, oracle: VoiceResponse) -> bool:
    return ElementTree.canonicalize(document) == ElementTree.canonicalize(str(oracle))


def address(path: str, mark: str = "") -> str:
    return f"{BASE}/{path}?tracking_number=%2B13125550142{f'&mark={mark}' if mark else ''}"


def dialed(
    response: VoiceResponse, *numbers: str, seconds: int, mark: str = "", record: bool = False, whisper: bool = False
) -> None:
    recording = {
        "record": "record-from-answer-dual",
        "recording_status_callback": address("recording"),
    }
    dial = DialVerb(
        action=address("dial", mark), timeout=seconds, answer_on_bridge=True, **(recording if record else {})
    )
    for number in numbers:
        leg = {"status_callback": address("status"), "status_callback_event": "answered completed"}
        dial.number(number, **leg, **({"url": address("whisper", mark)} if whisper else {}))
    response.append(dial)


def gathered(response: VoiceResponse, mark: str, seconds: int, digits: int = 1) -> VoiceResponse:
    return response.gather(
        action=address("digits", mark), input="dtmf", num_digits=digits, timeout=seconds, action_on_empty_result=True
    )


def message(response: VoiceResponse) -> None:
    response.say("Please leave a message.")
    response.record(
        action=address("voicemail", "v1.night"),
        max_length=90,
        play_beep=True,
        recording_status_callback=address("recording"),
    )
    response.hangup()


def menu_with_a_file(response: VoiceResponse) -> None:
    gather = gathered(response, "", 5)
    gather.play("https://calls.example.com/audio/menu.wav")
    gather.say("Press 1.")


def greeting_and_dial(response: VoiceResponse) -> None:
    response.say("Thank you for calling.")
    dialed(response, samples.DIAL, seconds=20, mark="v1.sales", record=True, whisper=True)


def choice(response: VoiceResponse) -> None:
    response.say("Connecting.", language="en-GB")
    dialed(response, samples.DIAL, seconds=25)


def farewell(response: VoiceResponse) -> None:
    response.say("Goodbye.")
    response.hangup()


ORACLES: dict[str, Oracle] = {
    "greeting and dial": greeting_and_dial,
    "only the forward": lambda response: dialed(response, samples.DIAL, seconds=25),
    "several phones at once": lambda response: dialed(
        response, samples.DIAL, samples.OTHER_DIAL, seconds=20, mark="v1.team"
    ),
    "menu": lambda response: gathered(response, "v1.menu", 6).say("For sales press 1."),
    "menu with a file": menu_with_a_file,
    "choice": choice,
    "message": message,
    "end": lambda response: response.hangup(),
    "farewell": farewell,
    "whisper": lambda response: response.say("Call from Spring flyer."),
    "no whisper": lambda response: None,
}


@pytest.mark.parametrize("name", samples.ANSWERS)
def test_every_kind_of_answer_is_what_twilios_own_builder_makes(name: str) -> None:
    moment, instructions = samples.ANSWERS[name]
    oracle = VoiceResponse()
    ORACLES[name](oracle)
    assert same(ours(*instructions, moment=moment), oracle)


def test_a_rejected_call_is_never_answered() -> None:
    oracle = VoiceResponse()
    oracle.reject()
    assert same(ours(HangUp(reject=True)), oracle)


def test_whatever_the_business_writes_is_escaped_as_twilio_does() -> None:
    oracle = VoiceResponse()
    oracle.say("Smith & Sons <plumbing>")
    oracle.play("https://calls.example.com/audio/a.wav?a=1&b=2")
    assert same(
        ours(Say(text="Smith & Sons <plumbing>"), Play(url="https://calls.example.com/audio/a.wav?a=1&b=2")), oracle
    )


def test_the_hash_is_a_key_like_the_others_where_a_menu_wants_it() -> None:
    oracle = VoiceResponse()
    oracle.gather(
        action=address("digits", "v1.menu"),
        input="dtmf",
        num_digits=1,
        timeout=5,
        action_on_empty_result=True,
        finish_on_key="",
    )
    assert same(ours(Gather(hash_key=True, mark="v1.menu")), oracle)


def test_a_notice_is_acknowledged_with_an_empty_response() -> None:
    empty = WebhookRequest("POST", BASE, b"", FrozenClock()())
    assert same(TWILIO.acknowledge_webhook(empty).body, VoiceResponse())


@settings(deadline=None)
@given(st.text(), st.text())
def test_whatever_is_said_stays_text(greeting: str, prompt: str) -> None:
    document = ours(Say(text=greeting), Gather(prompts=(Say(text=prompt),)))
    tags = [element.tag for element in ElementTree.fromstring(document).iter()]
    said = [["Say"] if text.strip() else [] for text in (greeting, prompt)]
    assert tags == ["Response", *said[0], "Gather", *said[1]]


@settings(deadline=None)
@given(st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True))
def test_a_mark_comes_back_as_it_was(mark: str) -> None:
    sandbox = Sandbox()
    twilio = connect(Twilio, sandbox)
    for waiting in (Dial(numbers=(samples.DIAL,), mark=mark), Gather(mark=mark), TakeMessage(mark=mark)):
        document = twilio.render_answer(AnswerPoint(moment="ringing", tracking_number=NUMBER), (waiting,)).body
        verb = ElementTree.fromstring(document)[0]
        fields = {"CallSid": "CA" + "1" * 32, "To": NUMBER, "DialCallStatus": "busy"}
        point = twilio.verify_webhook(sandbox.form_webhook(verb.get("action", ""), fields, FrozenClock()())).answer
        assert point is not None and (point.mark, point.tracking_number) == (mark, NUMBER)


def test_a_call_that_a_key_takes_is_a_gather_that_ends_the_leg_without_the_key() -> None:
    """Source: twilio.com/docs/voice/twiml/number (url) and /gather."""
    asking = Dial(numbers=("+13125550199",), whisper=True, accept_key="1", time_limit=600, mark="v1.s")
    dial = VoiceResponse()
    verb = DialVerb(action=address("dial", "v1.s"), timeout=25, answer_on_bridge=True, time_limit=600)
    verb.number("+13125550199", url=address("whisper", "v1.s"))
    dial.append(verb)
    assert same(ours(asking), dial), "its status would call a voicemail a person"
    question = VoiceResponse()
    gather = question.gather(action=address("accept", "v1.s"), input="dtmf", num_digits=1, timeout=10)
    gather.say("Press 1.")
    question.hangup()
    assert same(ours(AskToAccept(prompts=(Say(text="Press 1."),), mark="v1.s"), moment="whisper"), question)
