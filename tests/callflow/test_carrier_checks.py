"""What a carrier cannot do of a flow, by its manifest, with the sentence what to do."""

from __future__ import annotations

from typing import Any

import pytest
from flow_samples import BUSINESS, of_steps, played

from hub.config.callflow.carrier_checks import carrier_problems, document_length, unknown_phones
from hub.config.callflow.definition import Flow
from hub.contracts.answers import Say
from hub.contracts.languages import nearest_language
from plugins.carriers.bandwidth import Bandwidth
from plugins.carriers.plivo import Plivo
from plugins.carriers.sip import Sip
from plugins.carriers.telnyx import Telnyx
from plugins.carriers.twilio import Twilio
from plugins.carriers.vonage import Vonage

PHONES = [f"+1312555{line:04}" for line in range(100, 110)]
END = {"do": "hang_up"}


def problems(flow: Flow, plugin: type[Any]) -> list[str]:
    return [
        f"{'.'.join(map(str, each.place))}: {each.what}; {each.remedy}"
        for each in carrier_problems(flow, plugin.manifest)
    ]


def team(count: int) -> Flow:
    return of_steps("team", {"team": {"do": "simulcall", "numbers": PHONES[:count], "unanswered": "end"}})


def test_ten_phones_ring_at_once_at_twilio_and_eight_at_bandwidth() -> None:
    """Source: twilio.com/docs/voice/twiml/number; Bandwidth/api-docs site/docs/voice/bxml/transfer.mdx."""
    assert problems(team(8), Bandwidth) == problems(team(10), Twilio) == []
    assert problems(team(10), Bandwidth) == [
        "steps.team.numbers: rings at most 8 phones at once, and this step has 10; remove some, or ring them one after the "
        "other with round_robin"
    ]
    assert problems(team(2), Vonage) == [
        "steps.team: rings one phone at a time; ring them one after the other with round_robin and `tries`, and leave "
        "`also` out"
    ]


@pytest.mark.parametrize(
    ("plugin", "language", "spoken"),
    [
        *((Bandwidth, "pl-PL", False), (Bandwidth, "es-AR", True), (Bandwidth, "zh-TW", True), (Plivo, "ja-JP", False)),
        *((Plivo, "de-AT", True), (Telnyx, "zh-CN", True), (Telnyx, "uk-UA", False), (Twilio, "ar-SA", True)),
        *((Twilio, "sw-KE", False), (Vonage, "en-CA", True), (Vonage, "sw-KE", False), (Sip, "sw-KE", True)),
    ],
)
def test_a_language_that_the_carrier_does_not_speak_is_refused(plugin: type[Any], language: str, spoken: bool) -> None:
    flow = of_steps("a", {"a": {"do": "greeting", "say": "x", "then": "end"}}, language=language)
    found = problems(flow, plugin)
    assert (found == []) is spoken
    for each in found:
        assert each.startswith(f"language: does not speak {language}; it speaks ") and "choose one of these" in each


def test_a_step_speaks_its_own_language_and_the_carrier_must_know_it() -> None:
    steps = {
        "a": {"do": "menu", "say": "For English, press 1.", "keys": {"1": "b"}, "otherwise": "c"},
        "b": {"do": "hang_up", "say": "Bye."},
        "c": {"do": "voicemail", "say": "Deje su mensaje.", "language": "es-US", "then": "d"},
        "d": {"do": "hang_up", "say": "Adiós.", "language": "sw-KE"},
    }
    spanish = of_steps("a", steps, language="en-US")
    said = [each for turn in played(spanish) for each in turn.walk.instructions if isinstance(each, Say)]
    assert [(each.text, each.language) for each in said] == [("Deje su mensaje.", "es-US"), ("Adiós.", "sw-KE")]
    (found,) = problems(spanish, Bandwidth)
    assert found.startswith("steps.d.language: does not speak sw-KE; it speaks ")


def test_seconds_beyond_the_carriers_are_refused() -> None:
    """Source: developer.vonage.com/en/voice/voice-api/ncco-reference, input: `timeOut` is 10 at most."""
    menu = {"do": "menu", "say": "Press 1.", "keys": {"1": "end"}, "seconds": 30, "otherwise": "end"}
    assert problems(of_steps("menu", {"menu": menu}), Vonage) == [
        "steps.menu.seconds: waits for a key for at most 10 seconds, not 30; write 10 or less"
    ]
    assert problems(of_steps("menu", {"menu": menu}), Plivo) == []


def test_a_text_longer_than_the_carrier_speaks_is_refused() -> None:
    """Source: twilio.com/docs/api/errors/13521 (4,096 bytes); Telnyx' SpeakRequest (3,000 letters)."""
    dial = {"do": "dial", "number": BUSINESS, "record": True, "unanswered": "end"}
    recording = {"notice": "é" * 1000, "refuse": "é" * 1000, "end": "é" * 1000}
    flow = of_steps("dial", {"dial": dial}, recording=recording)
    (found,) = [each for each in problems(flow, Twilio) if "bytes" in each]
    assert found.startswith("recording.notice: speaks at most 4096 bytes at once, and this text has 60")
    assert problems(of_steps("a", {"a": {"do": "hang_up", "say": "x" * 1000}}), Telnyx) == []


def test_more_than_a_document_holds_is_refused_at_the_step_from_which_it_is_said() -> None:
    """Source: Bandwidth/api-docs site/docs/voice/bxml/about.mdx: "The maximum size of a BXML document is 64 KB"."""
    names = [f"s{number}" for number in range(20)]
    steps: dict[str, Any] = {
        name: {"do": "greeting", "say": "&" * 1000, "then": following}
        for name, following in zip(names, [*names[1:], "night"], strict=True)
    }
    flow = of_steps("s0", {**steps, "night": {"do": "voicemail", "say": "Leave a message."}})
    for plugin in (Bandwidth, Plivo, Twilio):
        (found,) = problems(flow, plugin)
        assert found.startswith("steps.s0: takes documents of at most ") and "shorten the texts" in found
    assert problems(flow, Vonage) == []
    assert document_length(flow, "s0") > document_length(flow, "s19") > document_length(flow, "night") > 0


def test_a_loop_without_a_pause_has_a_length_too() -> None:
    steps = {"a": {"do": "greeting", "say": "x", "then": "b"}, "b": {"do": "greeting", "say": "x", "then": "a"}}
    assert document_length(of_steps("a", steps), "a") > 0


@pytest.mark.parametrize(
    ("tag", "found"), [("no-NO", "nb-NO"), ("zh-TW", "cmn-CN"), ("ar-EG", "arb"), ("xx-XX", None), ("", None)]
)
def test_the_nearest_language_is_of_the_same_macrolanguage(tag: str, found: str | None) -> None:
    """Source: ISO 639-3, macrolanguages."""
    assert nearest_language(tag, ("en-US", "nb-NO", "cmn-CN", "arb")) == found


def test_a_phone_of_the_business_rings_only_at_a_line_where_it_signs_in() -> None:
    flow = of_steps("a", {"a": {"do": "simulcall", "numbers": [PHONES[0], {"phone": "anna"}], "unanswered": "end"}})
    assert [*unknown_phones(flow, ["anna", "ben"])] == problems(flow, Sip) == problems(flow, Twilio) == []
    assert problems(flow, Plivo) == [
        "steps.a: rings telephone numbers alone, and no phones of your own; write the number of that phone, or use a number "
        "of a carrier at which it can sign in"
    ]
    for known, words in ((["ann"], "ann"), ([], "none")):
        (unknown,) = unknown_phones(flow, known)
        assert (unknown.place, unknown.what) == (("steps", "a", "numbers", 1), f"has no phone 'anna'; it has {words}")
