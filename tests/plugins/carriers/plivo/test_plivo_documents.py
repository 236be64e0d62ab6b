"""Plivo XML: the same documents as Plivo's own library builds, within the ranges that Plivo documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from plivo_wire import CALL, HUB, TRACKING

from hub.api.carriers import Dial, Gather, HangUp, Instruction, Play, Say, TakeMessage
from hub.testing import samples
from plugins.carriers.plivo.plivo_xml import PlivoXml
from plugins.carriers.plivo.sandbox.call import is_valid

MENU, SALES, NIGHT = f"{HUB}/digits?m=v1.menu", f"{HUB}/dial?m=v1.sales", f"{HUB}/voicemail?m=v1.night"
LEG, WHISPER, RECORDING = f"{HUB}/leg?m=", f"{HUB}/whisper?m=v1.sales", f"{HUB}/recording?m="
HELLO = Say(text="Guten Tag & willkommen", language="de-DE")


def written(*instructions: Instruction) -> str:
    return PlivoXml(lambda path, mark: f"{HUB}/{path}?m={mark}").render(instructions).body


def tree(text: str) -> Any:
    """A document as nested tuples."""

    def shape(element: ElementTree.Element) -> Any:
        return element.tag, dict(element.items()), (element.text or "").strip(), [shape(child) for child in element]

    return shape(ElementTree.fromstring(text))


def theirs(*elements: Any) -> str:
    from plivo import plivoxml

    response = plivoxml.ResponseElement()
    for element in elements:
        response.add(element)
    text: str = response.to_string(False)
    return text


def a_greeting(x: Any) -> list[Any]:
    return [
        x.SpeakElement("Guten Tag & willkommen", language="de-DE"),
        x.PlayElement("https://calls.example.com/a.wav"),
    ]


def a_menu(x: Any) -> list[Any]:
    asking = x.GetInputElement(
        action=MENU,
        method="POST",
        input_type="dtmf",
        num_digits=1,
        execution_timeout=6,
        digit_end_timeout="6",
        finish_on_key="#",
        log=False,
    )
    asking.add(x.SpeakElement("For sales press 1."))
    return [asking, x.RedirectElement(MENU, method="POST")]


def a_recorded_dial(x: Any) -> list[Any]:
    recorded = x.RecordElement(
        start_on_dial_answer=True,
        redirect=False,
        max_length=14400,
        file_format="wav",
        record_channel_type="stereo",
        callback_url=RECORDING,
        callback_method="POST",
    )
    ringing = x.DialElement(
        action=SALES,
        method="POST",
        timeout=20,
        callback_url=LEG,
        callback_method="POST",
        confirm_sound=WHISPER,
    )
    return [recorded, ringing.add_number(samples.DIAL)]


def several_phones(x: Any) -> list[Any]:
    ringing = x.DialElement(
        action=f"{HUB}/dial?m=v1.team", method="POST", timeout=20, callback_url=LEG, callback_method="POST"
    )
    return [ringing.add_number(samples.DIAL).add_number(samples.OTHER_DIAL)]


def a_message(x: Any) -> list[Any]:
    taken = x.RecordElement(
        action=NIGHT,
        method="POST",
        max_length=90,
        play_beep=True,
        file_format="wav",
        record_channel_type="mono",
        callback_url=f"{RECORDING}message",
        callback_method="POST",
    )
    return [taken, x.HangupElement()]


WITNESSED: dict[str, tuple[tuple[Instruction, ...], Callable[[Any], list[Any]]]] = {
    "a greeting": ((HELLO, Play(url="https://calls.example.com/a.wav")), a_greeting),
    "a menu": ((samples.WAITING["keys"],), a_menu),
    "a recorded dial": ((samples.WAITING["dial"],), a_recorded_dial),
    "several phones": ((samples.WAITING["several"],), several_phones),
    "a message": ((samples.WAITING["message"],), a_message),
    "the end": ((Say(text="Goodbye."), HangUp()), lambda x: [x.SpeakElement("Goodbye."), x.HangupElement()]),
    "a refusal": ((HangUp(reject=True),), lambda x: [x.HangupElement(reason="rejected")]),
    "nothing": ((), lambda x: []),
}


@pytest.mark.parametrize("name", WITNESSED)
def test_plivos_library_builds_the_same_document(name: str) -> None:
    from plivo import plivoxml

    ours, build = WITNESSED[name]
    assert tree(written(*ours)) == tree(theirs(*build(plivoxml)))


def test_plivos_library_builds_the_same_document_for_a_call_back() -> None:
    from plivo import plivoxml

    ours = PlivoXml(lambda path, mark: f"{HUB}/{path}?m={mark}").connect(CALL).body
    dial = plivoxml.DialElement(
        timeout=30, caller_id=TRACKING, callback_url=f"{HUB}/outgoing_person?m=call-1", callback_method="POST"
    )
    assert tree(ours) == tree(theirs(dial.add_number(str(CALL.person_number))))


@pytest.mark.parametrize(("seconds", "keys"), [(1, 1), (5, 4), (30, 1), (60, 12), (120, 40)])
def test_waiting_for_keys_stays_within_plivos_ranges(seconds: int, keys: int) -> None:
    document = ElementTree.fromstring(written(Gather(seconds=seconds, most_digits=keys, mark="v1.menu")))
    assert all(map(is_valid, document))


def test_a_menu_with_the_hash_key_ends_at_no_key() -> None:
    document = ElementTree.fromstring(written(Gather(hash_key=True, mark="v1.menu")))
    assert document[0].get("finishOnKey") == "none"


@pytest.mark.parametrize(
    ("wanted", "spoken"),
    [("en-US", "en-US"), ("es-MX", "es-US"), ("de", "de-DE"), ("pt-PT", "pt-PT"), ("ja-JP", None), ("EN-gb", "en-US")],
)
def test_a_language_is_spoken_as_near_as_plivo_can(wanted: str, spoken: str | None) -> None:
    document = ElementTree.fromstring(written(Say(text="Hello", language=wanted)))
    assert document[0].get("language") == spoken


def test_every_address_of_a_document_is_asked_by_post() -> None:
    waiting = (samples.WAITING["dial"], samples.WAITING["keys"], TakeMessage())
    document = ElementTree.fromstring(written(*waiting))
    methods = {"action": "method", "callbackUrl": "callbackMethod"}
    asked = [(verb.tag, verb.get(methods[name])) for verb in document for name in methods if verb.get(name)]
    assert len(asked) == 6 and {method for _, method in asked} == {"POST"}


def test_only_a_dial_that_is_to_be_recorded_has_a_recording() -> None:
    assert "Record" not in written(Dial(numbers=(samples.DIAL,), whisper=True))


def test_a_message_and_a_conversation_are_told_apart_by_our_own_address() -> None:
    addresses = [
        verb.get("callbackUrl", "")
        for instruction in (samples.WAITING["dial"], samples.WAITING["message"])
        for verb in ElementTree.fromstring(written(instruction)).iter("Record")
    ]
    assert [parse_qs(urlsplit(one).query).get("m") for one in addresses] == [None, ["message"]]


def test_a_rejected_call_is_never_answered_and_a_hang_up_after_words_is_no_rejection() -> None:
    from plivo import plivoxml

    assert tree(written(HangUp(reject=True))) == tree(theirs(plivoxml.HangupElement(reason="rejected")))
    assert "rejected" not in written(HELLO, HangUp(reject=True))
