"""Our TeXML against a table of the verbs and attributes that Telnyx documents: its SDK has no builder to be the witness."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.api import WebhookRequest
from hub.api.carriers import AnswerPoint, Dial, Gather, HangUp, Instruction, Play, Say, TakeMessage
from hub.testing import FrozenClock, connect
from hub.testing.samples import ANSWERS
from plugins.carriers.telnyx import Telnyx
from plugins.carriers.telnyx.sandbox import Sandbox

TELNYX = connect(Telnyx, Sandbox())
BASE = TELNYX.services.webhook_url
NUMBER, BUSINESS, OTHER = "+13125550142", "+13125550199", "+13125550198"
POINT = AnswerPoint(moment="ringing", tracking_number=NUMBER, call_id="v3:aaaaaaaaaaaaaaaaaaaa")

URL = rf"{re.escape(BASE)}/[a-z]+\?.+&proof=[\w-]{{24}}"
METHOD, SECONDS, YES = "GET|POST", r"\d+", "true|false"
SHAPE: dict[str, tuple[frozenset[str], dict[str, str]]] = {
    "Response": (frozenset({"Say", "Play", "Dial", "Gather", "Record", "Redirect", "Hangup", "Reject"}), {}),
    "Say": (frozenset(), {"voice": r"man|woman|alice|(AWS\.)?Polly\..+", "language": r"[a-z]{2,3}(-[A-Za-z]+)*"}),
    "Play": (frozenset(), {"loop": SECONDS}),
    "Hangup": (frozenset(), {}),
    "Reject": (frozenset(), {}),
    "Redirect": (frozenset(), {"method": METHOD}),
    "Gather": (
        frozenset({"Say", "Play"}),
        {"action": URL, "input": "dtmf", "timeout": SECONDS, "numDigits": SECONDS, "minDigits": SECONDS,
         "maxDigits": SECONDS, "finishOnKey": "[0-9*#]*", "validDigits": "[0-9*#]+"},
    ),
    "Dial": (
        frozenset({"Number"}),
        {"action": URL, "method": METHOD, "timeout": SECONDS, "timeLimit": SECONDS, "callerId": r"\+\d+",
         "record": "do-not-record|record-from-answer|record-from-answer-dual|record-from-ringing(-dual)?",
         "recordingStatusCallback": URL, "recordingStatusCallbackMethod": METHOD},
    ),
    "Number": (
        frozenset(),
        {"url": URL, "method": METHOD, "statusCallback": URL, "statusCallbackMethod": METHOD,
         "statusCallbackEvent": "(initiated|ringing|answered|completed)( (initiated|ringing|answered|completed))*"},
    ),
    "Record": (
        frozenset(),
        {"action": URL, "method": METHOD, "finishOnKey": "[0-9*#]*", "timeout": SECONDS, "maxLength": SECONDS,
         "playBeep": YES, "trim": "trim-silence", "channels": "single|dual", "recordingStatusCallback": URL,
         "recordingStatusCallbackMethod": METHOD},
    ),
}  # fmt: skip
"""What may stand in what, with which attributes of which form: developers.telnyx.com, TeXML verbs. Of `<Number>` the
attributes are those of `<Dial>`'s webhooks in its reference of callbacks."""
RANGES = {("Dial", "timeout"): (5, 120), ("Gather", "timeout"): (1, 120), ("Gather", "maxDigits"): (1, 128),
          ("Record", "maxLength"): (0, 14400)}  # fmt: skip


def render(*instructions: Instruction, point: AnswerPoint = POINT) -> ElementTree.Element:
    document = TELNYX.render_answer(point, instructions)
    assert document.content_type == "text/xml"
    root = ElementTree.fromstring(document.body)
    fits(root)
    return root


def fits(element: ElementTree.Element) -> None:
    children, attributes = SHAPE[element.tag]
    for name, value in element.attrib.items():
        assert re.fullmatch(attributes[name], value), f"{element.tag} {name}={value}"
        low, high = RANGES.get((element.tag, name), (0, 10**6))
        assert not value.isdecimal() or low <= int(value) <= high, f"{element.tag} {name}={value}"
    for child in element:
        assert child.tag in children, f"{child.tag} in {element.tag}"
        fits(child)


def tags(element: ElementTree.Element) -> list[str]:
    return [one.tag for one in element.iter()]


@pytest.mark.parametrize(("moment", "instructions"), ANSWERS.values(), ids=ANSWERS.keys())
def test_every_kind_of_answer_is_of_the_shape_that_telnyx_documents(
    moment: str, instructions: Sequence[Instruction]
) -> None:
    render(*instructions, point=AnswerPoint(moment=moment, tracking_number=NUMBER))  # type: ignore[arg-type]


def test_a_recorded_dial_with_a_whisper_tells_where_telnyx_asks_next() -> None:
    root = render(Dial(numbers=(BUSINESS,), ring_seconds=20, record=True, whisper=True, mark="v1.sales"))
    dial, number = root[0], root[0][0]
    assert dial.get("record") == "record-from-answer-dual" and dial.get("timeout") == "20"
    paths = [str(dial.get("action")), str(dial.get("recordingStatusCallback")), str(number.get("statusCallback"))]
    assert [path.removeprefix(BASE).partition("?")[0] for path in paths] == ["/dial", "/recording", "/leg"]
    assert "mark=v1.sales" in str(dial.get("action")) and "mark=v1.sales" in str(number.get("url"))
    assert all("call=v3%3Aaaaa" in path for path in paths), "the caller's call is lost on the dialed leg"


def test_a_plain_dial_neither_records_nor_whispers() -> None:
    dial = render(Dial(numbers=(BUSINESS, OTHER)))[0]
    assert dial.get("record") is None and [number.text for number in dial] == [BUSINESS, OTHER]
    assert all(number.get("url") is None for number in dial)


def test_a_menu_goes_on_where_no_key_comes() -> None:
    root = render(Gather(prompts=(Say(text="Press 1."),), most_digits=3, seconds=6, mark="v1.menu"))
    assert tags(root) == ["Response", "Gather", "Say", "Redirect"]
    assert root[1].text == root[0].get("action"), "both ways lead to the same step"
    assert (root[0].get("maxDigits"), root[0].get("timeout")) == ("3", "6")


def test_a_message_ends_by_itself_and_is_not_transcribed() -> None:
    record = render(TakeMessage(longest=90, mark="v1.night"))[0]
    assert (record.get("maxLength"), record.get("timeout"), record.get("playBeep")) == ("90", "0", "true")


def test_a_language_is_told_and_needs_a_voice_that_speaks_it() -> None:
    spoken = render(Say(text="Willkommen", language="de-DE"), Say(text="Welcome"), Play(url="https://a.example/x.wav"))
    assert spoken[0].attrib == {"voice": "alice", "language": "de-DE"} and spoken[1].get("language") is None


def test_a_call_is_rejected_only_before_it_was_answered() -> None:
    assert tags(render(HangUp(reject=True))) == ["Response", "Reject"]
    assert tags(render(Say(text="Goodbye."), HangUp(reject=True))) == ["Response", "Say", "Hangup"]


def test_blank_texts_are_left_out_and_the_call_ends() -> None:
    assert tags(render(Say(text=" "), HangUp())) == ["Response", "Hangup"]


@pytest.mark.parametrize("seconds", [1, 4, 5, 120, 500])
def test_ringing_stays_within_what_telnyx_takes(seconds: int) -> None:
    assert 5 <= int(str(render(Dial(numbers=(BUSINESS,), ring_seconds=seconds))[0].get("timeout"))) <= 120


def test_a_notice_is_acknowledged_with_an_empty_response() -> None:
    empty = WebhookRequest("POST", BASE, b"", FrozenClock()())
    assert tags(ElementTree.fromstring(TELNYX.acknowledge_webhook(empty).body)) == ["Response"]


@settings(max_examples=60)
@given(st.text(), st.from_regex(r"[A-Za-z0-9._-]{0,64}", fullmatch=True))
def test_whatever_is_said_stays_text(text: str, mark: str) -> None:
    root = render(Say(text=text), Gather(prompts=(Say(text=text),), mark=mark))
    assert tags(root) in (
        ["Response", "Say", "Gather", "Say", "Redirect"],
        ["Response", "Gather", "Redirect"],
    )
