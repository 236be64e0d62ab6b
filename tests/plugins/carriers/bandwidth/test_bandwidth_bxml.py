"""Our documents are those that Bandwidth's own builder makes, and no text in them becomes a command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import canonicalize, fromstring

import pytest
from bandwidth_stage import BUSINESS, CALLER, COLLEAGUE, TRACKING

from hub.api import Rejected
from hub.api.carriers import Dial, Gather, HangUp, Instruction, Play, Say, TakeMessage
from plugins.carriers.bandwidth.bxml import Bxml
from plugins.carriers.bandwidth.sandbox.call import is_document

USER, PASSWORD = "ringfence", "a-made-up-password-of-callbacks"
BXML = Bxml(lambda path, mark: f"https://h.example/{path}?mark={mark}", USER, PASSWORD)
BASIC = {"username": USER, "password": PASSWORD}


@pytest.fixture(scope="module")
def sdk() -> Any:
    # Importing it takes a second, so only the process that uses it does.
    from bandwidth.models import bxml

    return bxml


def same(instructions: Sequence[Instruction], root: Any, records: bool = False) -> bool:
    ours = canonicalize(BXML.render(instructions, records).body)
    theirs = canonicalize(root.to_bxml())
    assert ours == theirs
    return True


def test_a_menu_and_what_follows_a_dial_are_the_builders_own(sdk: Any) -> None:
    menu = Gather(prompts=(Say(text="Press 1 & wait"), Play(url="https://h.example/a.wav")), seconds=6, mark="v1.menu")
    gather = sdk.Gather(
        [sdk.SpeakSentence("Press 1 & wait"), sdk.PlayAudio("https://h.example/a.wav")],
        gather_url="https://h.example/digits?mark=v1.menu",
        max_digits=1,
        first_digit_timeout=6,
        inter_digit_timeout=6,
        terminating_digits="#",
        **BASIC,
    )
    assert same((menu,), sdk.Response([gather]))
    assert same((HangUp(),), sdk.Response([sdk.Hangup()])) and same((), sdk.Response([sdk.Pause(duration=0.1)]))


def test_a_whisper_without_words_does_not_hang_up_on_the_person_who_answered(sdk: Any) -> None:
    """Source: Bandwidth/api-docs site/docs/voice/bxml/hangup.mdx: "An empty <Response/> is equivalent to a <Response>
    containing a <Hangup/>"."""
    assert len(fromstring(BXML.render((Say(text=" "),)).body)) == 1
    assert same((), sdk.Response([sdk.Pause(duration=0.1)]))


def test_a_rejection_is_the_hang_up_that_refuses_a_call_which_nobody_answered(sdk: Any) -> None:
    assert same((HangUp(reject=True),), sdk.Response([sdk.Hangup()]))


def test_a_message_is_taken_after_a_tone(sdk: Any) -> None:
    record = sdk.Record(
        record_complete_url="https://h.example/voicemail?mark=v1.night",
        recording_available_url="https://h.example/recording?mark=message",
        max_duration=90,
        file_format="wav",
        **BASIC,
    )
    built = sdk.Response([sdk.SendDtmf("1", tone_duration=500), record, sdk.Hangup()])
    assert same((TakeMessage(longest=90, mark="v1.night"),), built)


@pytest.mark.parametrize(
    ("dial", "answer_url"),
    [
        (Dial(numbers=(BUSINESS,), mark="v1.s"), None),
        (Dial(numbers=(BUSINESS, COLLEAGUE), whisper=True, mark="v1.s"), "https://h.example/whisper?mark=v1.s"),
        (Dial(numbers=(BUSINESS,), record=True, mark="v1.s"), "https://h.example/whisper?mark=~v1.s"),
    ],
)
def test_a_dial_asks_at_the_pick_up_only_if_it_must(sdk: Any, dial: Dial, answer_url: str | None) -> None:
    leg: dict[str, Any] = {"transfer_disconnect_url": "https://h.example/leg?mark=", "transfer_answer_url": answer_url}
    phones = [sdk.PhoneNumber(number, **leg, **BASIC) for number in dial.numbers]
    url = "https://h.example/dial?mark=v1.s"
    assert same((dial,), sdk.Response([sdk.Transfer(phones, transfer_complete_url=url, call_timeout=25, **BASIC)]))


def test_a_recording_begins_after_the_whisper_with_one_channel_for_each_party(sdk: Any) -> None:
    recording = sdk.StartRecording(
        recording_available_url="https://h.example/recording?mark=", multi_channel=True, file_format="wav", **BASIC
    )
    said = sdk.SpeakSentence("From the flyer")
    assert same((Say(text="From the flyer"),), sdk.Response([said, recording]), records=True)


def test_a_call_back_dials_the_person_with_the_tracking_number(sdk: Any) -> None:
    phone = sdk.PhoneNumber(CALLER, transfer_disconnect_url="https://h.example/outgoing_person?mark=k", **BASIC)
    theirs = sdk.Response([sdk.Transfer([phone], transfer_caller_id=TRACKING, call_timeout=300)])
    assert canonicalize(BXML.connect(TRACKING, CALLER, 900, "k").body) == canonicalize(theirs.to_bxml())


def test_a_text_with_marks_of_speech_stays_text() -> None:
    hostile = '</SpeakSentence><Transfer><PhoneNumber>+19005550100</PhoneNumber></Transfer><break time="9s"/>\x00'
    (said,) = fromstring(BXML.render((Say(text=hostile),)).body)
    assert (said.tag, len(said), said.text) == ("SpeakSentence", 0, hostile.rstrip("\x00"))


VOICES = "en_US en_UK de es es_MX es_US fr fr_CA it ja ru arb cmn-CN"
"""The column `locale` of Bandwidth/api-docs site/docs/voice/bxml/speakSentence.mdx, Supported Voices."""


@pytest.mark.parametrize(
    ("tag", "locale"),
    [
        *(("en-GB", "en_UK"), ("en-CA", "en_US"), ("es-US", "es_US"), ("es-ES", "es"), ("es-AR", "es_MX")),
        *(("fr-FR", "fr"), ("fr-CA", "fr_CA"), ("de-AT", "de"), ("it-IT", "it"), ("ja-JP", "ja"), ("ru-RU", "ru")),
        *(("zh-CN", "cmn-CN"), ("ar-SA", "arb"), ("pl-PL", None), (None, None)),
    ],
)
def test_only_a_locale_of_bandwidths_table_of_voices_is_asked_for(tag: str | None, locale: str | None) -> None:
    assert fromstring(BXML.render((Say(text="x", language=tag),)).body)[0].get("locale") == locale
    assert locale is None or locale in VOICES.split()


def test_the_root_is_the_response_with_which_every_page_about_webhooks_answers(sdk: Any) -> None:
    """Source: Bandwidth/api-docs site/docs/voice; `Bxml` stands only in `PUT /calls/{id}/bxml`."""
    assert fromstring(BXML.render(()).body).tag == fromstring(sdk.Response().to_bxml()).tag == "Response"
    assert is_document(fromstring(sdk.Response([sdk.Hangup()]).to_bxml()))
    assert not is_document(fromstring(sdk.Bxml([sdk.Hangup()]).to_bxml()))


def test_the_stand_in_refuses_nine_phones_and_a_locale_without_a_voice(sdk: Any) -> None:
    """Source: api-docs site/docs/voice/bxml/transfer.mdx ("a maximum of 8 phone numbers") and speakSentence.mdx."""
    eight = Dial(numbers=tuple(f"+1312555{line:04}" for line in range(100, 108)))
    assert is_document(fromstring(BXML.render((eight,)).body))
    assert not is_document(fromstring(BXML.render((replace(eight, numbers=(*eight.numbers, BUSINESS)),)).body))
    for locale in ("es_ES", "fr_FR", "de_DE", "it_IT"):
        assert not is_document(fromstring(sdk.Response([sdk.SpeakSentence("x", locale=locale)]).to_bxml()))


def test_a_document_above_64_kilobytes_is_not_sent() -> None:
    with pytest.raises(Rejected, match="64 KB"):
        BXML.render((Say(text="é" * 33_000),))


def test_a_blank_text_is_not_spoken_and_a_file_elsewhere_gets_no_password() -> None:
    (played,) = fromstring(BXML.render((Say(text=" "), Play(url="https://cdn.example/a.wav"))).body)
    assert (played.tag, dict(played.attrib)) == ("PlayAudio", {})
