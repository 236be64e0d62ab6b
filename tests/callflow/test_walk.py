"""The way of a call along its flow, without a carrier: what is heard, who is rung, and where every choice leads."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flow_samples import (
    BUSINESS,
    NUMBER,
    OFFICE,
    SECOND,
    THIRD,
    dials,
    flow,
    heard,
    known,
    of_steps,
    played,
    ring,
    steps_of,
)
from pydantic import ValidationError

from hub.config.callflow.checks import lacking
from hub.config.callflow.context import Permission
from hub.config.callflow.resume_token import parse_mark
from hub.config.callflow.route import Route, flow_of
from hub.config.callflow.walk import static, walk
from hub.contracts.answers import (
    MARK,
    AnswerPoint,
    Dial,
    Gather,
    HangUp,
    Play,
    Say,
    TakeMessage,
)
from hub.contracts.consent import Place


def test_a_call_in_open_hours_comes_to_the_menu_and_its_key_to_a_phone() -> None:
    turns = played(flow(), "1")
    assert steps_of(turns) == ["hours", "menu", "sales"]
    assert heard(turns) == ["For sales press 1, for service press 2.", "This call is recorded."]
    (dial,) = dials(turns)
    assert (dial.numbers, dial.record, dial.whisper) == ((BUSINESS,), True, True)


def test_a_call_at_night_comes_to_the_voicemail() -> None:
    turns = played(flow(), at=datetime(2026, 11, 24, 3, 0, tzinfo=UTC))
    assert steps_of(turns) == ["hours", "night"]
    assert isinstance(turns[0].walk.instructions[-1], TakeMessage)


@pytest.mark.parametrize(
    ("at", "step"),
    [
        ("2026-11-23T07:59", "night"),
        ("2026-11-23T08:00", "menu"),
        ("2026-11-23T16:59", "menu"),
        ("2026-11-23T17:00", "night"),
        ("2026-11-22T12:00", "night"),  # a Sunday
        ("2026-11-26T12:00", "night"),  # Thanksgiving
        ("2026-12-24T12:00", "menu"),
        ("2026-03-09T08:00", "menu"),  # the first Monday of daylight saving time
    ],
)
def test_hours_are_those_on_the_wall_of_the_company(at: str, step: str) -> None:
    local = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("America/Chicago"))
    assert steps_of(played(flow(), at=local.astimezone(UTC)))[1] == step


def test_days_of_ones_own_win_over_holidays_and_week_days() -> None:
    hours = {"do": "schedule", "hours": {"mon-sun": "0:00-24:00"}, "holidays": "US", "open": "day", "closed": "end"}
    hours |= {"dates": {"2026-11-26": "10:00-14:00", "2026-11-23": "closed"}, "holiday": "day"}
    wanted = of_steps("hours", {"hours": hours, "day": {"do": "dial", "number": BUSINESS, "unanswered": "end"}})
    assert ring(wanted).instructions == (HangUp(),)
    assert isinstance(ring(wanted, at=datetime(2026, 11, 26, 17, 0, tzinfo=UTC)).instructions[-1], Dial)
    assert ring(wanted, at=datetime(2026, 11, 26, 22, 0, tzinfo=UTC)).instructions == (HangUp(),)


def test_a_menu_is_said_again_and_then_goes_on_by_itself() -> None:
    turns = played(flow(), "7", "")
    assert [type(turn.walk.instructions[-1]) for turn in turns[:3]] == [Gather, Gather, Dial]
    assert steps_of(turns) == ["hours", "menu", "sales"]


def test_several_phones_ring_at_once_and_where_nobody_picks_up_the_caller_gets_a_text_and_the_voicemail() -> None:
    turns = played(flow(), "2", answers=False)
    assert dials(turns)[0].numbers == (BUSINESS, SECOND)
    assert steps_of(turns) == ["hours", "menu", "service", "missed", "night"]
    assert [each.text_back for turn in turns for each in turn.walk.taken if each.text_back] == [
        "We missed you and will call back."
    ]


def test_a_key_reaches_the_step_of_the_version_on_which_the_call_began() -> None:
    began = flow()
    (gather,) = ring(began).instructions
    assert isinstance(gather, Gather)
    mark = parse_mark(gather.mark)
    assert mark is not None and mark.version == 3
    changed = flow(OFFICE.replace('"1": sales', '"1": night'))
    point = AnswerPoint(moment="digits", tracking_number=NUMBER, call_id="CA1", mark=gather.mark, digits="1")
    assert any(isinstance(each, Dial) for each in walk(began, 4, point, known()).instructions)
    assert not any(isinstance(each, Dial) for each in walk(changed, 4, point, known()).instructions)


def test_every_mark_is_one_that_carriers_bring_back() -> None:
    longest = of_steps("a" * 32, {"a" * 32: {"do": "dial", "number": BUSINESS, "unanswered": "end"}})
    (dial,) = walk(longest, 999_999_999, AnswerPoint(moment="ringing", tracking_number=NUMBER), known()).instructions
    assert isinstance(dial, Dial) and re.fullmatch(MARK, dial.mark)


# recording


def test_without_permission_nothing_is_said_of_recording_and_nothing_recorded() -> None:
    turns = played(flow(), "1", recording=Permission())
    assert heard(turns) == ["For sales press 1, for service press 2."]
    assert [dial.record for dial in dials(turns)] == [False]
    assert [turn.walk.notice for turn in turns if turn.walk.notice] == []


def test_where_the_law_gives_a_choice_the_caller_may_refuse_by_a_key() -> None:
    offer = Permission(allowed=True, duties=frozenset({"announce", "offer_refusal"}))
    for key, recorded, choice in (("9", False, "refused"), ("", True, "not_refused"), ("4", True, "not_refused")):
        turns = played(flow(), "1", key, recording=offer)
        assert [dial.record for dial in dials(turns)] == [recorded]
        notices = [turn.walk.notice for turn in turns if turn.walk.notice]
        assert [notice.choice for notice in notices] == ["offered", choice]
        assert {notice.text for notice in notices} == {heard(turns)[1]}, (
            "the text that is kept is the one that is heard"
        )


@pytest.mark.parametrize(
    ("language", "notice", "said"),
    [
        (None, "Recorded.", ["Recorded. An outside service also transcribes this call. If you"]),
        ("es-US", "Se graba.", ["Se graba. Un servicio externo también transcribe esta llamada. If you"]),
        ("fr-CA", "Enregistré.", ["Enregistré. Un service externe transcrit aussi cet appel. If you"]),
        ("de-DE", "Aufnahme.", ["Aufnahme.", "An outside service also transcribes this call.", "If you"]),
        ("de-DE", "Wird transkribiert.", ["Wird transkribiert. If you"]),
        (None, "Recorded and transcribed.", ["Recorded and transcribed. If you"]),
    ],
)
def test_a_notice_without_a_word_on_transcription_gets_one_where_it_is_due(
    language: str | None, notice: str, said: list[str]
) -> None:
    step = {"do": "dial", "number": BUSINESS, "record": True, "unanswered": "end"}
    wanted = of_steps("first", {"first": step}, recording={"notice": notice}, language=language)
    duties = frozenset({"announce", "offer_refusal", "announce_transcription"})
    turns = played(wanted, "9", recording=Permission(allowed=True, duties=duties))
    texts = heard(turns)
    assert [text[: len(start)] for text, start in zip(texts, said, strict=True)] == said
    assert {turn.walk.notice.text for turn in turns if turn.walk.notice} == {" ".join(texts)}
    without = played(wanted, "9", recording=Permission(allowed=True, duties=duties - {"announce_transcription"}))
    assert heard(without)[0].startswith(f"{notice} If you")
    told = Permission(allowed=True, duties=frozenset({"announce", "announce_transcription"}))
    assert len(" ".join(heard(played(wanted, recording=told)))) >= len(notice)


def test_where_the_law_wants_a_yes_only_that_key_records() -> None:
    ask = Permission(allowed=True, duties=frozenset({"announce", "offer_refusal", "ask_yes"}))
    for key, recorded in (("1", True), ("", False), ("9", False)):
        assert [dial.record for dial in dials(played(flow(), "1", key, recording=ask))] == [recorded]


def test_who_refused_once_is_not_asked_again_by_the_next_phone_and_who_heard_the_notice_hears_it_once() -> None:
    first = {"do": "dial", "number": BUSINESS, "record": True, "unanswered": "second"}
    second = {"do": "dial", "number": SECOND, "record": True, "unanswered": "end"}
    wanted = of_steps("first", {"first": first, "second": second}, recording={"notice": "Recorded."})
    offer = Permission(allowed=True, duties=frozenset({"offer_refusal"}))
    refused = played(wanted, "9", answers=False, recording=offer)
    assert ([dial.record for dial in dials(refused)], len(heard(refused))) == ([False, False], 1)
    stayed = played(wanted, answers=False)
    assert ([dial.record for dial in dials(stayed)], heard(stayed)) == ([True, True], ["Recorded."])


def test_a_caller_who_may_end_the_recording_later_hears_how_and_the_dial_has_the_key() -> None:
    step = {"do": "dial", "number": BUSINESS, "record": True, "unanswered": "end"}
    texts = {"notice": "Recorded.", "refuse": "Not now: 9.", "end": "Press 9 at any time."}
    wanted = of_steps("first", {"first": step}, recording=texts)
    announced = played(wanted)
    assert (heard(announced), [dial.end_key for dial in dials(announced)]) == (
        ["Recorded. Press 9 at any time."],
        ["9"],
    )
    offer = Permission(allowed=True, duties=frozenset({"offer_refusal"}))
    stayed, refused = (played(wanted, key, recording=offer) for key in ("", "9"))
    assert heard(stayed) == ["Recorded. Not now: 9. Press 9 at any time."]
    assert ([dial.end_key for dial in dials(stayed)], [dial.end_key for dial in dials(refused)]) == (["9"], [""])
    assert [notice.text for turn in stayed if (notice := turn.walk.notice)] == heard(stayed) * 2
    assert [dial.end_key for dial in dials(played(wanted, recording=Permission()))] == [""]


def test_a_key_that_ends_the_recording_needs_a_carrier_that_hears_it() -> None:
    step = {"do": "dial", "number": BUSINESS, "record": True, "unanswered": "end"}
    texts = {"notice": "Recorded.", "end": "Press 9 at any time."}
    deaf = {"dial", "record", "gather", "say"}
    wanted = of_steps("first", {"first": step}, recording=texts)
    assert lacking(wanted, deaf) == {"first": {"end_recording"}} and lacking(wanted, deaf | {"end_recording"}) == {}


# who is calling, from where, by what


def test_a_round_robin_rings_by_weight_and_a_known_caller_reaches_the_phone_of_the_last_call() -> None:
    step = {"do": "round_robin", "numbers": {BUSINESS: 3, SECOND: 1}, "unanswered": "end"}
    wanted = of_steps("team", {"team": step})
    rung = [dials(played(wanted, call_id=f"CA{index}"))[0].numbers[0] for index in range(400)]
    assert 250 < rung.count(BUSINESS) < 350
    assert {dials(played(wanted, call_id=f"CA{n}", last_answered_by=SECOND))[0].numbers for n in range(9)} == {
        (SECOND,)
    }
    loose = of_steps("team", {"team": step | {"sticky": False}})
    assert len({dials(played(loose, call_id=f"CA{n}", last_answered_by=SECOND))[0].numbers for n in range(9)}) == 2


def test_a_round_robin_tries_each_phone_once() -> None:
    step = {"do": "round_robin", "numbers": {BUSINESS: 1, SECOND: 1, THIRD: 1}, "tries": 3, "unanswered": "end"}
    rung = [dial.numbers[0] for dial in dials(played(of_steps("team", {"team": step}), answers=False))]
    assert sorted(rung) == [BUSINESS, SECOND, THIRD]


PLACES = {
    "do": "geo_route",
    "places": {"US-IL": "near", "US": "far", "CA": "canada"},
    "otherwise": "end",
}


@pytest.mark.parametrize(
    ("places", "number"),
    [
        ((("US", "IL"),), BUSINESS),
        ((("US", "NY"),), SECOND),
        ((("CA", "NS"), ("CA", "PE")), THIRD),
        ((("US", "IL"), ("US", "NY")), None),
        ((("GB", None),), None),
        ((), None),
    ],
)
def test_a_call_goes_on_by_its_place_where_every_candidate_leads_to_the_same_step(places: Any, number: str) -> None:
    phones = {"near": BUSINESS, "far": SECOND, "canada": THIRD}
    steps: dict[str, Any] = {name: {"do": "dial", "number": to, "unanswered": "end"} for name, to in phones.items()}
    turns = played(
        of_steps("place", {"place": PLACES} | steps),
        places=tuple(Place(country=country, region=region) for country, region in places),
    )
    assert [dial.numbers[0] for dial in dials(turns)] == ([number] if number else [])


@pytest.mark.parametrize(
    ("case", "fitting", "other"),
    [
        ({"source": "google"}, {"source": "Google"}, {"source": "bing"}),
        ({"source": "google", "medium": "cpc"}, {"source": "google", "medium": "cpc"}, {"source": "google"}),
        ({"campaign": "spring*"}, {"campaign": "spring_2026"}, {"campaign": "autumn"}),
        ({"landing_page": "*/drains*"}, {"landing_page": "https://x.example.com/drains?a=b"}, {}),
        ({"caller": "first_time"}, {"first_time": True}, {"first_time": False}),
        ({"caller": "repeat"}, {"first_time": False}, {"first_time": None}),
        ({"tag": "vip"}, {"tags": frozenset({"vip"})}, {"tags": frozenset({"other"})}),
    ],
)
def test_a_call_goes_on_by_what_caused_it_and_who_calls(case: Any, fitting: Any, other: Any) -> None:
    steps = {
        "why": {"do": "attribution_route", "cases": [case | {"then": "phone"}], "otherwise": "end"},
        "phone": {"do": "dial", "number": BUSINESS, "unanswered": "end"},
    }
    assert steps_of(played(of_steps("why", steps), **fitting)) == ["why", "phone"]
    assert steps_of(played(of_steps("why", steps), **other)) == ["why"]


def test_a_tag_that_the_call_got_on_its_way_counts_at_once() -> None:
    steps = {
        "mark": {"do": "tag", "tags": ["flyer"], "then": "why"},
        "why": {"do": "attribution_route", "cases": [{"tag": "flyer", "then": "bye"}], "otherwise": "end"},
        "bye": {"do": "hang_up", "say": "Goodbye."},
    }
    walked = ring(of_steps("mark", steps))
    assert walked.instructions == (Say(text="Goodbye."), HangUp())
    assert [each.tags for each in walked.taken if each.tags] == [("flyer",)]


def test_the_answering_person_hears_the_source_and_the_flow_speaks_its_language() -> None:
    turns = played(flow(language="fr-CA"), "1", source_name="spring flyer")
    whispered = next(turn for turn in turns if turn.point.moment == "whisper")
    assert whispered.walk.instructions == (Say(text="From spring flyer.", language="fr-CA"),)


def test_a_language_without_its_region_is_no_language_of_a_flow() -> None:
    for language in ("es", "sv", "english", "en_US", "en-us"):
        with pytest.raises(ValidationError, match="language"):
            flow(language=language)


def test_an_audio_file_is_played_from_the_hub_without_telling_its_folder() -> None:
    steps = {"hello": {"do": "greeting", "play": "/srv/audio/hello.wav", "then": "end"}}
    (played_file, _) = ring(of_steps("hello", steps), public_url="https://calls.example.com").instructions
    assert isinstance(played_file, Play)
    assert played_file.url.startswith("https://calls.example.com/audio/") and played_file.url.endswith(".wav")
    assert "srv" not in played_file.url


# the forward


def test_what_is_only_forwarded_rings_one_phone_and_ends_in_the_first_voicemail() -> None:
    ringing = AnswerPoint(moment="ringing", tracking_number=NUMBER)
    assert static(flow(), ringing) == (Dial(numbers=(BUSINESS,)),)
    ended = AnswerPoint(moment="dial_ended", tracking_number=NUMBER)
    assert static(flow(), ended) == (HangUp(),)
    assert isinstance(walk(flow(), 3, ended, known()).instructions[-1], TakeMessage)


@pytest.mark.parametrize("mark", ["", "nonsense", "3.nowhere.1.n.0", "3.menu.99999.n.0", "3.hours.1.n.0"])
def test_a_mark_that_leads_nowhere_forwards_the_call(mark: str) -> None:
    point = AnswerPoint(moment="digits", tracking_number=NUMBER, mark=mark, digits="1")
    assert isinstance(walk(flow(), 3, point, known()).instructions[-1], Dial)


def test_a_route_is_a_flow_written_short() -> None:
    route = Route(dial=BUSINESS, greeting="Hello.", record=True, recording_notice="Recorded.", voicemail="Leave one.")
    turns = played(flow_of(route), answers=False)
    assert heard(turns) == ["Hello.", "Recorded.", "Leave one."]
    assert steps_of(turns) == ["greeting", "dial", "voicemail"]
    assert heard(played(flow_of(Route(dial=BUSINESS)), answers=False)) == []
