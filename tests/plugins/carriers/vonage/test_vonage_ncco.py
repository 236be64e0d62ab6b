"""Each step of a call flow is an NCCO that Vonage's own models accept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.api.carriers import AnswerPoint, CallBack, Dial, Gather, HangUp, Instruction, Play, Say, TakeMessage
from hub.testing import samples
from plugins.carriers.vonage import Vonage

CALL = "CON-aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"
CALLER = "+13125550142"
POINT = AnswerPoint(moment="ringing", tracking_number=samples.TRACKING_NUMBER, call_id=CALL, caller_number=CALLER)


def ncco(vonage: Vonage, *instructions: Instruction) -> list[dict[str, Any]]:
    document = vonage.render_answer(POINT, instructions)
    assert document.content_type == "application/json"
    actions: list[dict[str, Any]] = json.loads(document.body)
    for action in actions:
        accepted(action)
    return actions


def accepted(action: dict[str, Any]) -> None:
    """Vonage's model reads the action and writes the same."""
    from vonage_voice.models import Connect, Input, Notify, Record, Stream, Talk

    models = {"connect": Connect, "input": Input, "notify": Notify, "record": Record, "stream": Stream, "talk": Talk}
    renamed = {"from_" if name == "from" else name: value for name, value in action.items()}
    written = models[action["action"]](**renamed).model_dump(by_alias=True, exclude_none=True, mode="json")
    assert written == action


@pytest.mark.parametrize("name", [name for name in samples.ANSWERS if name != "several phones at once"])
def test_each_answer_of_the_hub_is_an_ncco_as_vonage_knows_it(vonage: Vonage, name: str) -> None:
    ncco(vonage, *samples.ANSWERS[name][1])


def test_a_rejected_call_gets_no_action_because_an_ncco_cannot_refuse_it(vonage: Vonage) -> None:
    assert ncco(vonage, HangUp(reject=True)) == []


def test_a_recorded_dial_records_both_sides_rings_one_phone_and_asks_who_answers_what(vonage: Vonage) -> None:
    record, connect = ncco(
        vonage, Dial(numbers=(samples.DIAL,), ring_seconds=500, record=True, whisper=True, mark="v1.a")
    )
    assert (record["split"], record["channels"]) == ("conversation", 2)
    assert "endOnSilence" not in record, "a pause in the conversation would end its recording"
    assert connect["endpoint"][0]["number"] == "13125550199"
    assert (connect["from"], connect["timeout"], connect["eventType"]) == ("13125550100", 120, "synchronous")
    for address in (record["eventUrl"][0], connect["eventUrl"][0], connect["endpoint"][0]["onAnswer"]["url"]):
        assert "&proof=" in address and CALLER[1:] not in address, "the caller's number stands in no address"
    (plain,) = ncco(vonage, Dial(numbers=(samples.DIAL,)))
    assert plain["action"] == "connect" and "onAnswer" not in plain["endpoint"][0]


def test_a_message_ends_by_silence_a_key_or_its_limit_and_the_hub_is_asked_then(vonage: Vonage) -> None:
    record, notify = ncco(vonage, TakeMessage(longest=90, mark="v1.night"))
    assert (record["endOnSilence"], record["endOnKey"], record["timeOut"], record["beepStart"]) == (10, "#", 90, True)
    assert "/voicemail?" in notify["eventUrl"][0] and "v1.night" in notify["eventUrl"][0]


def test_prompts_of_a_menu_can_be_cut_short_and_long_waits_are_as_long_as_vonage_allows(vonage: Vonage) -> None:
    talk, stream, listen = ncco(
        vonage,
        Gather(prompts=(Say(text="Press 1."), Play(url="https://calls.example.com/a.wav")), seconds=30, most_digits=40),
    )
    assert talk["bargeIn"] and stream["bargeIn"]
    assert listen["dtmf"] == {"maxDigits": 20, "timeOut": 10, "submitOnHash": True}
    (hashed,) = ncco(vonage, Gather(hash_key=True))
    assert hashed["dtmf"]["submitOnHash"] is False


def test_a_long_text_is_spoken_in_parts_and_a_tag_in_it_is_no_markup(vonage: Vonage) -> None:
    parts = ncco(vonage, Say(text="word " * 700, language="en-GB"))
    assert len(parts) == 3 and all(part["language"] == "en-GB" for part in parts)
    assert sum(part["text"].count("word") for part in parts) == 700
    (spoken,) = ncco(vonage, Say(text="<speak><break time='99s'/></speak>"))
    assert "<" not in spoken["text"]
    assert ncco(vonage, HangUp()) == ncco(vonage, Say(text=" ")) == []


@pytest.mark.parametrize(
    ("tag", "spoken"),
    [("en-US", "en-US"), ("fr-CA", "fr-CA"), ("en-CA", "en-US"), ("de-AT", "de-DE"), ("nl-BE", "nl-NL"), ("ar-SA", "ar"),
     ("zh-CN", "cmn-CN"), ("zh-TW", "cmn-TW"), ("zh-HK", "yue-CN"), ("sv-FI", "sv-SE"), ("et-EE", None)],
)  # fmt: skip
def test_a_language_of_a_flow_is_spoken_by_a_voice_that_vonage_has(
    vonage: Vonage, tag: str, spoken: str | None
) -> None:
    """Source: the table of developer.vonage.com/en/voice/voice-api/guides/text-to-speech, read 2026-11-30."""
    (talk,) = ncco(vonage, Say(text="Hello", language=tag))
    assert talk.get("language") == spoken


def test_every_language_of_vonages_own_library_is_in_our_table() -> None:
    from vonage_voice.models import TtsLanguageCode

    from plugins.carriers.vonage.ncco import LANGUAGES

    assert {each.value for each in TtsLanguageCode} <= set(LANGUAGES)
    assert len(LANGUAGES) == len(set(LANGUAGES)) == 50


def test_a_call_back_dials_the_person_with_the_tracking_number(vonage: Vonage) -> None:
    call = CallBack(
        key="call-1", tracking_number=samples.TRACKING_NUMBER, user_number=samples.DIAL, person_number=CALLER
    )
    (connect,) = json.loads(vonage.connect(call))
    accepted(connect)
    assert (connect["endpoint"][0]["number"], connect["from"], connect["timeout"]) == (CALLER[1:], "13125550100", 30)
    assert "eventType" not in connect and "/outgoing_person?" in connect["eventUrl"][0]
