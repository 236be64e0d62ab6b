"""What is refused when a flow is saved, and what every flow that passes keeps: whatever its caller does, the call ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flow_samples import BUSINESS, NUMBER, OFFICE, SECOND, flow, known, of_steps
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hub.config.callflow.checks import flow_problems, lacking, undialable
from hub.config.callflow.definition import Flow
from hub.config.callflow.resume_token import MAX_WAITS
from hub.config.callflow.walk import walk
from hub.contracts.answers import AnswerPoint, Dial, Gather, HangUp, Moment, TakeMessage

DIAL = {"do": "dial", "number": BUSINESS, "unanswered": "end"}


def problems(wanted: Flow, *own: str) -> list[str]:
    return [f"{'.'.join(map(str, place))}: {text}" for place, text in flow_problems(wanted, own)]


def test_a_right_flow_has_no_problems() -> None:
    assert problems(flow()) == []


@pytest.mark.parametrize(
    ("piece", "instead", "said"),
    [
        ("start: hours", "start: hour", "start: no step is named 'hour'; did you mean `hours`?"),
        ('"1": sales', '"1": seles', "steps.menu.keys.1: no step is named 'seles'; did you mean `sales`?"),
        ("closed: night", "closed: menu", ""),
        ("then: night", "then: nowhere", "steps.missed.then: no step is named 'nowhere'; there are hours,"),
        ("otherwise: sales", "otherwise: hours", ""),
        ("recording: {notice: This call is recorded.}", "", "steps.sales.record: nobody may be recorded without notice"),
        ("US-IL", "US-XX", "steps.hours.holidays: no holiday calendar is known for 'US-XX'"),
        ("do: schedule,", "do: schedule, time_zone: Mars/Base,", "time_zone: 'Mars/Base' is not an IANA time zone"),
        (f'number: "{BUSINESS}"', 'number: "+19005550199"', "steps.sales.number: +19005550199 is a premium-rate number"),
        (f'forward: "{BUSINESS}"', 'forward: "+870773111632"', "forward: +870773111632 is an expensive satellite"),
        (f'["{BUSINESS}", "{SECOND}"]', f'["{BUSINESS}", "{NUMBER}"]', f"numbers.1: {NUMBER} is one of your own"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(piece: str, instead: str, said: str) -> None:
    assert piece in OFFICE
    found = problems(flow(OFFICE.replace(piece, instead)), NUMBER)
    assert any(said in each for each in found) if said else found == []


def test_a_loop_in_which_nobody_is_waited_for_is_refused() -> None:
    steps = {"a": {"do": "greeting", "say": "Hello.", "then": "b"}, "b": {"do": "tag", "tags": ["x"], "then": "a"}}
    assert {each.split(":")[1] for each in problems(of_steps("a", steps))} == {
        " the call would loop here forever without waiting for anyone; add a way out of the loop"
    }


def test_a_loop_without_an_exit_is_refused() -> None:
    steps = {
        "a": {"do": "menu", "say": "Press 1.", "keys": {"1": "b"}, "otherwise": "b"},
        "b": {"do": "greeting", "say": "Again.", "then": "a"},
    }
    assert all("no path leads from here to an end" in each for each in problems(of_steps("a", steps)))
    steps["a"]["keys"] = {"1": "b", "2": "end"}
    assert problems(of_steps("a", steps)) == []


def test_a_step_to_which_no_call_comes_is_refused() -> None:
    assert problems(of_steps("a", {"a": DIAL, "b": DIAL})) == [
        "steps.b: no call ever comes to this step; lead to it or remove it"
    ]


def test_costly_numbers_are_dialled_only_where_the_flow_says_so() -> None:
    assert undialable("+19005550199", ()) and undialable("+19005550199", (), ("premium",)) is None
    assert undialable("+870773111632", ()) and undialable("+870773111632", (), ("satellite",)) is None
    assert (
        undialable("+10005550199", ())
        == "+10005550199 is not a working phone number; write the number of the phone to ring"
    )
    assert undialable(BUSINESS, ()) is None


def test_an_audio_file_must_be_there_and_be_what_its_name_says(tmp_path: Path) -> None:
    said = {"hello.wav": b"RIFF....WAVE", "wrong.mp3": b"<html>", "text.txt": b"hello"}
    for name, content in said.items():
        (tmp_path / name).write_bytes(content)
    told = {
        name: problems(of_steps("a", {"a": {"do": "greeting", "play": str(tmp_path / name), "then": "end"}}))
        for name in (*said, "away.wav")
    }
    assert told["hello.wav"] == []
    assert "does not contain what its name says" in told["wrong.mp3"][0]
    assert "carriers play nothing else" in told["text.txt"][0]
    assert "away.wav does not exist" in told["away.wav"][0]


def test_a_carrier_that_cannot_do_a_step_is_told_with_the_step() -> None:
    assert lacking(flow(), ("dial", "say", "gather", "message", "record", "whisper")) == {
        "service": frozenset({"dial_several"})
    }
    assert lacking(flow(), ("dial", "say", "gather", "message", "dial_several", "whisper")) == {
        "sales": frozenset({"record"})
    }


def test_the_hash_as_a_menus_key_needs_a_carrier_that_tells_of_it() -> None:
    keys = {"1": "end", "#": "end"}
    wanted = of_steps("a", {"a": {"do": "menu", "say": "Press.", "keys": keys, "otherwise": "end"}})
    assert lacking(wanted, ("dial", "say", "gather")) == {"a": frozenset({"gather_hash"})}
    del keys["#"]
    without = of_steps("a", {"a": {"do": "menu", "say": "Press.", "keys": keys, "otherwise": "end"}})
    assert lacking(without, ("dial", "say", "gather")) == {}


# any flow at all

NAMES = [f"s{number}" for number in range(6)]
TARGETS = st.sampled_from([*NAMES, "end"])
DIALS = {"record": st.booleans(), "unanswered": TARGETS}


TWO = {BUSINESS: 1, SECOND: 2}
KEYS = st.dictionaries(st.sampled_from("0123456789*#"), TARGETS, min_size=1, max_size=3)
STEP: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"do": st.just("greeting"), "say": st.just("Hello."), "then": TARGETS}),
    st.fixed_dictionaries({"do": st.just("tag"), "tags": st.just(["x"]), "then": TARGETS}),
    st.fixed_dictionaries({"do": st.just("text_back"), "text": st.just("Hello."), "then": TARGETS}),
    st.fixed_dictionaries({**DIALS, "do": st.just("dial"), "number": st.just(BUSINESS)}),
    st.fixed_dictionaries({**DIALS, "do": st.just("round_robin"), "numbers": st.just(TWO), "tries": st.just(2)}),
    st.fixed_dictionaries({"do": st.just("voicemail"), "say": st.just("Leave one."), "then": TARGETS}),
    st.fixed_dictionaries({"do": st.just("hang_up")}),
    st.fixed_dictionaries({"do": st.just("menu"), "say": st.just("Press."), "keys": KEYS, "otherwise": TARGETS}),
    st.fixed_dictionaries(
        {"do": st.just("schedule"), "hours": st.just({"mon": "8:00-17:00"}), "open": TARGETS, "closed": TARGETS}
    ),
    st.fixed_dictionaries(
        {"do": st.just("geo_route"), "places": st.fixed_dictionaries({"US": TARGETS}), "otherwise": TARGETS}
    ),
)  # fmt: skip


@st.composite
def checked_flows(draw: st.DrawFn) -> Flow:
    """Flows that may be saved: steps to which no call comes are left out, as their author would."""
    steps = {name: draw(STEP) for name in NAMES}
    wanted = of_steps("s0", steps, recording={"notice": "Recorded."})
    lost = {str(place[1]) for place, text in flow_problems(wanted) if "no call ever comes" in text}
    if lost:
        wanted = of_steps("s0", {n: s for n, s in steps.items() if n not in lost}, recording={"notice": "Recorded."})
    assume(not problems(wanted))
    return wanted


@settings(max_examples=20, deadline=None)
@given(
    wanted=checked_flows(),
    behavior=st.lists(st.sampled_from(["", "1", "2", "9", "#", "picks up"]), max_size=60),
    patience=st.sampled_from(["", "1", "9", "#"]),
)
def test_every_call_on_a_flow_that_was_saved_ends_whatever_its_caller_does(
    wanted: Flow, behavior: list[str], patience: str
) -> None:
    acts = iter(behavior)
    point = AnswerPoint(moment="ringing", tracking_number=NUMBER, call_id="CA1")
    for _turn in range(MAX_WAITS + 5):
        walked = walk(wanted, 1, point, known())
        assert all(isinstance(each, str) for taken in walked.taken for each in taken.tags)
        last = walked.instructions[-1]
        if isinstance(last, HangUp):
            return
        waits: dict[type, Moment] = {Gather: "digits", Dial: "dial_ended", TakeMessage: "message_left"}
        act = next(acts, patience)
        assert isinstance(last, Gather | Dial | TakeMessage)
        point = AnswerPoint(
            moment=waits[type(last)],
            tracking_number=NUMBER,
            call_id="CA1",
            mark=last.mark,
            digits=act if act in "129#" else "",
            answered=act == "picks up",
        )
    raise AssertionError("the call did not end")


@settings(max_examples=10, deadline=None)
@given(wanted=checked_flows())
def test_a_flow_comes_back_from_the_database_as_it_was_saved(wanted: Flow) -> None:
    assert Flow.model_validate(wanted.model_dump(mode="json")) == wanted
    assert Flow.model_validate_json(wanted.model_dump_json()) == wanted
