"""Texts that nobody wrote: an answer to a text, and to a call that nobody took; never a loop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from testbed import CALLER, OTHER_CALLER, POOL, SHARED, YELLOW_PAGES, TestHub, finished_call
from text_steps import accounts, outbound, words_of, write_in

from hub.api import CallEvent
from hub.model import CallStep

Factory = Callable[..., TestHub]
HOURS = {"auto_reply": "We are open from 8 to 5.", "missed_call": "Sorry that we missed your call."}


@pytest.fixture
def stage(hub: Factory) -> TestHub:
    """A hub whose first company answers texts and missed calls."""
    return hub(accounts=accounts(HOURS))


def test_a_text_is_answered_from_the_number_that_it_came_to(stage: TestHub) -> None:
    write_in(stage, "Hello?", number=YELLOW_PAGES)
    (row,) = outbound(stage)
    assert (row.purpose, row.tracking_number, words_of(stage, row)) == ("auto_reply", YELLOW_PAGES, HOURS["auto_reply"])


def test_two_machines_that_answer_each_other_stop_after_one_text(stage: TestHub) -> None:
    for _ in range(20):
        write_in(stage, "This is an automatic reply.")
        stage.send_texts()
        stage.clock.advance(minutes=1)
    assert len(outbound(stage)) == 1
    stage.clock.advance(hours=13)
    write_in(stage, "Hello again")
    assert len(outbound(stage)) == 2


@pytest.mark.parametrize("sender", [POOL[0], None])
def test_our_own_numbers_and_short_codes_get_no_answer(stage: TestHub, sender: str | None) -> None:
    write_in(stage, "Hello?", sender)
    assert outbound(stage) == []


@pytest.mark.parametrize("words", ["STOP", "HELP"])
def test_a_word_gets_its_own_answer_and_no_other(stage: TestHub, words: str) -> None:
    write_in(stage, words)
    assert len(outbound(stage)) == 1 and outbound(stage)[0].purpose != "auto_reply"


def test_who_stopped_gets_no_automatic_text(stage: TestHub) -> None:
    write_in(stage, "STOP")
    write_in(stage, "Are you open?")
    stage.call_in(answered=False)
    assert [row.purpose for row in outbound(stage)] == ["opt_out_confirmation"]


def test_a_caller_whom_nobody_answered_gets_a_text_half_a_minute_later(stage: TestHub) -> None:
    stage.call_in(answered=False, seconds=25)
    (row,) = outbound(stage)
    assert (row.purpose, row.person_number, row.tracking_number) == ("missed_call", CALLER, SHARED)
    assert stage.send_texts() == {}
    stage.clock.advance(minutes=2)
    assert stage.send_texts() == {"sent": 1}


def test_a_call_that_was_answered_gets_none_also_where_that_is_told_late(stage: TestHub) -> None:
    stage.call_in(caller=OTHER_CALLER)
    assert outbound(stage) == []
    call = stage.call_in(answered=False, seconds=25)
    stage.tell(CallEvent(kind="answered", call_id=call.carrier_call_id, at=stage.clock() + timedelta(seconds=5)))
    stage.clock.advance(minutes=2)
    assert stage.send_texts() == {"refused": 1}


def test_a_call_that_was_missed_long_ago_gets_none(stage: TestHub) -> None:
    stage.call_in(answered=False, at=stage.clock() - timedelta(hours=2))
    assert outbound(stage) == []


def test_the_same_call_is_answered_once(stage: TestHub) -> None:
    call = stage.call_in(answered=False)
    events: list[Any] = [
        CallEvent(kind="completed", call_id=call.carrier_call_id, at=stage.clock() + timedelta(seconds=91), duration=91)
    ]
    stage.tell(*events)
    stage.flow()
    assert len(outbound(stage)) == 1


def test_a_tracker_may_say_it_its_own_way_and_send_from_another_number(hub: Factory) -> None:
    made = accounts(HOURS)
    made[0]["companies"][0]["trackers"][1]["texts"] = {"auto_reply": "Thank you.", "from": YELLOW_PAGES}
    stage = hub(accounts=made)
    write_in(stage, "Hello?")
    (row,) = outbound(stage)
    assert (words_of(stage, row), row.tracking_number) == ("Thank you.", YELLOW_PAGES)


def test_the_text_of_a_calls_flow_goes_instead_of_the_companys(stage: TestHub) -> None:
    call_id = "CAFLOW"
    now = stage.clock()
    company = stage.directory.companies["lakeside"]
    step: dict[str, Any] = {"flow_version": 1, "point": "ringing", "at": now, "expires_at": now.replace(year=2030)}
    stage.add(
        CallStep(
            connector="carrier",
            carrier_call_id=call_id,
            company_id=company.id,
            position=0,
            step="missed",
            do="text_back",
            text_back="We will call you back.",
            **step,
        )
    )
    stage.tell(*finished_call(call_id, SHARED, CALLER, False, 25, now))
    stage.flow()
    (row,) = outbound(stage)
    assert (row.purpose, words_of(stage, row)) == ("text_back", "We will call you back.")
