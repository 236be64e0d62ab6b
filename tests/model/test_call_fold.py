"""A call only moves forward, whatever its carrier sends, in whatever order, however often."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from hub.api import CallEvent
from hub.contracts.events import FAILURE_WORDS, CallEventKind
from hub.model.calls import MAX_CALL_SECONDS, STATUS_RANK, CallState, caller_name, fold
from hub.testing import FrozenClock

BEGIN = FrozenClock()()
COLUMNS = tuple(CallState.model_fields)
numbers = st.sampled_from([None, "+13125550142", "+13125550143", "anonymous", "+", "12"])

events = st.builds(
    CallEvent,
    kind=st.sampled_from(get_args(CallEventKind)),
    call_id=st.just("CA1"),
    at=st.integers(0, 600).map(lambda seconds: BEGIN + timedelta(seconds=seconds)),
    tracking_number=numbers,
    caller_number=numbers,
    answered_by=numbers,
    answered_device=st.sampled_from([None, "", "client", "sip", "a word longer than the column"]),
    duration=st.none() | st.integers(-5, 10**12),
    recording_id=st.sampled_from([None, "RE1", "RE2"]),
    recording_url=st.sampled_from([None, "", "https://carrier.example.com/1"]),
    recording_duration=st.none() | st.integers(-5, 10**12),
    attestation=st.sampled_from([None, "A", "B", "C"]),
    failure=st.sampled_from([None, *FAILURE_WORDS]),
)


def folded(told: Sequence[CallEvent]) -> dict[str, object]:
    """The call that `told` adds up to, in that order."""
    state: CallState | None = None
    for event in told:
        state = fold(state, event)
    assert state is not None
    return {name: getattr(state, name) for name in COLUMNS}


@given(told=st.lists(events, min_size=1, max_size=8), doubled=st.lists(st.integers(0, 7)), seed=st.integers())
def test_no_order_and_no_doubling_of_events_changes_the_call(
    told: list[CallEvent], doubled: list[int], seed: int
) -> None:
    shuffled = told + [told[index % len(told)] for index in doubled]
    random.Random(seed).shuffle(shuffled)
    assert folded(shuffled) == folded(told)


@given(told=st.lists(events, min_size=1, max_size=6), late=st.lists(events, min_size=1, max_size=4))
def test_late_events_never_move_a_call_backwards(told: list[CallEvent], late: list[CallEvent]) -> None:
    before, after = folded(told), folded([*told, *late])
    assert STATUS_RANK[str(after["status"])] >= STATUS_RANK[str(before["status"])]
    for name in ("tracking_number", "caller_number", "answered_at", "ended_at", "duration", "recording_id"):
        assert before[name] is None or after[name] is not None, f"{name} was lost"
    assert (before["duration"] or 0) <= (after["duration"] or 0)  # type: ignore[operator]
    assert after["voicemail"] or not before["voicemail"]


@given(told=st.lists(events, min_size=2, max_size=6), missing=st.integers(0, 5))
def test_an_event_that_comes_at_last_leads_to_the_same_call(told: list[CallEvent], missing: int) -> None:
    late = told[missing % len(told)]
    others = [event for event in told if event is not late]
    assert folded([*others, late]) == folded(told) if others else True


@given(told=st.lists(events, min_size=1, max_size=6))
def test_whatever_a_carrier_says_fits_the_columns(told: list[CallEvent]) -> None:
    call = folded(told)
    for name in ("tracking_number", "caller_number", "answered_by"):
        assert call[name] is None or str(call[name]).startswith("+")
    for name in ("duration", "recording_duration"):
        assert call[name] is None or 0 <= call[name] <= MAX_CALL_SECONDS  # type: ignore[operator]


@given(told=st.lists(st.sampled_from([None, "", "Ada", "Bo\0b", "\ud800"]) | st.text()), late=st.none() | st.text())
def test_no_order_of_events_changes_what_the_caller_is_called_and_any_name_can_be_sealed(
    told: list[str | None], late: str | None
) -> None:
    name = caller_name([*told, late])
    assert name == caller_name([late, *reversed(told)]) == caller_name([caller_name(told), late, caller_name(told)])
    assert name is None or ("\0" not in name and name.encode())


def an(kind: CallEventKind, seconds: int, **more: object) -> CallEvent:
    return CallEvent(kind=kind, call_id="CA1", at=BEGIN + timedelta(seconds=seconds), **more)  # type: ignore[arg-type]


def test_an_answer_that_names_the_phone_or_the_device_counts_before_one_that_does_not() -> None:
    plain, client = an("answered", 6), an("answered", 8, answered_device="client")
    phone = an("answered", 9, answered_by="+13125550190")
    assert folded([plain, client])["answered_device"] == "client"
    call = folded([plain, client, phone])
    assert (call["answered_by"], call["answered_device"]) == ("+13125550190", None)


def test_an_answered_call_tells_when_who_and_how_long() -> None:
    call = folded([an("ringing", 0), an("answered", 8, answered_by="+13125550190"), an("completed", 98, duration=98)])
    assert call["status"] == "completed"
    assert call["started_at"] == BEGIN and call["answered_at"] == BEGIN + timedelta(seconds=8)
    assert call["answered_by"] == "+13125550190" and call["duration"] == 98


def test_a_completed_call_is_believed_over_a_failed_one() -> None:
    call = folded([an("completed", 9), an("failed", 12, failure="gateway_ended")])
    assert (call["status"], call["failure"]) == ("completed", None)


def test_a_call_that_broke_off_keeps_its_answer_its_known_length_and_the_reason() -> None:
    told = [an("ringing", 0), an("answered", 8), an("failed", 50, duration=42, failure="gateway_ended")]
    call = folded(told)
    assert (call["status"], call["failure"], call["duration"]) == ("failed", "gateway_ended", 42)
    assert call["answered_at"] == BEGIN + timedelta(seconds=8) and call["ended_at"] == BEGIN + timedelta(seconds=50)
    assert folded([an("failed", 3, duration=0)])["duration"] is None, "a call that was never connected has no length"


def test_a_call_known_by_its_end_alone_is_reckoned_back_to_its_start() -> None:
    assert folded([an("completed", 98, duration=98)])["started_at"] == BEGIN
    told = folded([an("completed", 98, duration=60), an("ringing", 0)])
    assert told["started_at"] == BEGIN, "a told start is believed over a reckoned one"


def test_the_longest_recording_of_a_call_is_kept() -> None:
    short = an("recorded", 50, recording_id="RE1", recording_url="https://carrier.example.com/1", recording_duration=3)
    long = replace(short, recording_id="RE2", recording_url="https://carrier.example.com/2", recording_duration=40)
    for order in ([short, long], [long, short]):
        call = folded(order)
        assert (call["recording_id"], call["recording_duration"]) == ("RE2", 40)


def test_the_first_answer_counts() -> None:
    first, second = an("answered", 5, answered_by="+13125550190"), an("answered", 9, answered_by="+13125550191")
    call = folded([second, first])
    assert (call["answered_by"], call["answered_at"]) == ("+13125550190", first.at)


def test_a_voicemail_is_no_answer() -> None:
    call = folded([an("ringing", 0), an("not_answered", 25), an("voicemail", 40, recording_id="RE1")])
    assert call["voicemail"] and call["answered_at"] is None
