"""What outgoing calls of the own line may be made, and how the day's counts live on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.carriers.sip.control import caps_reached
from plugins.carriers.sip.engine.interface import NotAllowed
from plugins.carriers.sip.engine.limits import WORDS, Meter, check_country
from plugins.carriers.sip.engine.settings import Caps
from plugins.carriers.sip.gateway.line import line_settings
from plugins.carriers.sip.settings import SipSettings

NUMBER, LONDON = "+13125550142", "+442079460190"
LINE = {
    "secret": "x" * 32,
    "trunk": {"host": "sip.example.com", "addresses": ["203.0.113.9"]},
    "numbers": ["+442079460190"],
}


@pytest.mark.parametrize(
    ("written", "country", "allowed"),
    [({}, "US", ("US", "CA")), ({"country": "GB"}, "GB", ("GB",)),
     ({"country": "GB", "limits": {"countries": ["US"]}}, "GB", ("US",))],
)  # fmt: skip
def test_a_line_abroad_may_call_its_own_country_if_nothing_else_is_written(
    written: dict[str, object], country: str, allowed: tuple[str, ...], tmp_path: Path
) -> None:
    line = line_settings(SipSettings.model_validate(LINE | written), tmp_path / "day.json")
    assert (line.country, line.caps.countries) == (country, allowed)


@pytest.mark.parametrize("code", ["UK", "gb", "ZZ", "Britain"])
def test_what_is_no_country_is_refused_with_an_example(code: str) -> None:
    with pytest.raises(ValueError, match=f"'{code}' is no country; write codes like US"):
        SipSettings.model_validate(LINE | {"country": code})


class Clock:
    """A time that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def limit_of(meter: Meter, number: str = NUMBER) -> str:
    """The limit that forbids a call; empty if it may be placed, and then it is over at once."""
    try:
        meter.begin("asked", number)
    except NotAllowed as refused:
        return refused.limit
    meter.end("asked")
    return ""


@pytest.mark.parametrize(
    ("number", "allowed"),
    [
        ("+13125550142", True),
        ("+16135550142", True),
        ("+442079460123", False),
        ("+18765550123", False),
        ("+19005550100", False),
        ("+8821612345678", False),
        ("+10005550100", False),
        ("3125550142", False),
        ("+1", False),
        ("+13125550142\r\nX: y", False),
    ],
)
def test_only_ordinary_numbers_of_the_listed_countries_are_called(number: str, allowed: bool) -> None:
    try:
        check_country(number, ("US", "CA"))
        was_allowed = True
    except NotAllowed as refused:
        was_allowed = False
        assert number not in str(refused), "an error holds no number"
    assert was_allowed is allowed


def test_as_many_call_backs_are_placed_at_once_as_the_limits_allow() -> None:
    meter = Meter(Caps(call_backs_at_once=2), Clock())
    meter.begin("a", NUMBER)
    meter.begin("b", NUMBER)
    assert limit_of(meter) == "concurrent"
    meter.begin("c", NUMBER, forward=True)
    meter.end("a")
    assert limit_of(meter) == ""


def test_a_call_back_with_both_of_its_legs_is_one_and_is_connected_once_its_first_leg_is_up() -> None:
    clock = Clock()
    meter = Meter(Caps(call_backs_at_once=1, call_backs_per_day=2, minutes=dict.fromkeys(WORDS, 2)), clock)
    meter.begin("user", NUMBER)
    meter.answered("user")
    clock.pass_by(61)
    meter.begin("person", NUMBER, second=True)
    meter.end("person")
    meter.end("user")
    assert limit_of(meter) == "call_backs", "a new one is refused"


def test_no_cap_refuses_or_ends_a_call_that_came_in() -> None:
    """A customer who calls is no fraud: the minutes are counted, and somebody is told."""
    clock = Clock()
    meter = Meter(Caps(call_backs_at_once=0, call_backs_per_day=0, minutes=dict.fromkeys(WORDS, 3)), clock)
    meter.begin("a", NUMBER, forward=True)
    meter.answered("a")
    clock.pass_by(601)
    assert meter.used()["forwards"] == (11, 3)
    meter.begin("b", NUMBER, forward=True)
    meter.end("a")
    meter.end("a")
    assert meter.used() == {"forwards": (11, 3), "call_backs": (0, 3), "abroad": (0, 3)}


def test_call_backs_and_calls_abroad_have_minutes_of_their_own() -> None:
    clock = Clock()
    caps = Caps(minutes={"forwards": 100, "call_backs": 5, "abroad": 2}, countries=("US", "CA", "GB"))
    meter = Meter(caps, clock)
    meter.begin("a", NUMBER)
    meter.answered("a")
    clock.pass_by(4 * 60)
    assert limit_of(meter) == "", "it would be the fifth minute"
    clock.pass_by(60)
    assert limit_of(meter) == "call_backs"
    meter.begin("b", LONDON, forward=True)
    meter.answered("b")
    clock.pass_by(90)
    with pytest.raises(NotAllowed) as refused:
        meter.begin("c", LONDON, forward=True)
    assert refused.value.limit == "abroad"
    meter.begin("d", NUMBER, forward=True)
    assert limit_of(Meter(Caps(home=("GB",), countries=("GB",), minutes=caps.minutes), clock), LONDON) == ""


def test_the_days_counts_survive_a_restart_and_end_with_the_companys_day(tmp_path: Path) -> None:
    clock, file = Clock(), tmp_path / "line" / "counts.json"  # 6 am in Chicago
    caps = Caps(call_backs_per_day=2, time_zone="America/Chicago")
    first = Meter(caps, clock, file)
    assert limit_of(first) == limit_of(first) == ""
    second = Meter(caps, clock, file)
    assert limit_of(second) == "daily"
    assert NUMBER not in file.read_text()
    clock.pass_by(17 * 3600)
    assert limit_of(second) == "daily", "midnight in UTC is the middle of an evening"
    clock.pass_by(3600)
    assert limit_of(second) == ""


@pytest.mark.parametrize(
    ("used", "said"),
    [
        (79, ""),
        (80, "80 % of the 100 minutes a day for forwarded calls are used; limits.forward_minutes_per_day sets them"),
        (100, "the 100 minutes a day for forwarded calls are used up: calls that come in go on reaching your phones; "
              "limits.forward_minutes_per_day sets them"),
    ],
)  # fmt: skip
def test_a_cap_is_named_at_80_percent_and_when_it_is_used_up(used: int, said: str) -> None:
    assert caps_reached({"forwards": [used, 100], "abroad": [0, 0]}) == said
    assert caps_reached(None) == ""


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"date": "2026-03-02"}', '{"date": 1, "call_backs": "x", "minutes": null}']
)
def test_a_broken_file_of_counts_stops_nothing(text: str, tmp_path: Path) -> None:
    file = tmp_path / "counts.json"
    file.write_text(text)
    meter = Meter(Caps(), Clock(), file)
    assert limit_of(meter) == ""
    assert json.loads(file.read_text())["call_backs"] == 1


Steps = st.lists(st.tuples(st.sampled_from(["begin", "answer", "end", "wait"]), st.integers(0, 9)), max_size=60)


@settings(max_examples=30, deadline=None)
@given(steps=Steps, concurrent=st.integers(0, 4), daily=st.integers(0, 12), minutes=st.integers(0, 12))
def test_no_order_of_events_gets_past_a_cap(
    steps: list[tuple[str, int]], concurrent: int, daily: int, minutes: int
) -> None:
    clock = Clock()
    meter = Meter(
        Caps(call_backs_at_once=concurrent, call_backs_per_day=daily, minutes=dict.fromkeys(WORDS, minutes)), clock
    )
    placed = 0
    running: set[str] = set()
    for deed, which in steps:
        call = f"call{which}"
        if deed == "begin" and call not in running:
            try:
                meter.begin(call, NUMBER)
            except NotAllowed:
                continue
            placed += 1
            running.add(call)
        elif deed == "answer":
            meter.answered(call)
        elif deed == "end":
            meter.end(call)
            running.discard(call)
        else:
            clock.pass_by(10 * which)
        assert len(running) <= concurrent and placed <= daily
