"""Callers who keep their place in a queue and are called back when it is their turn."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from call_desk import event, place, spoken
from page_client import signed_in
from queue_desk import AGENTS, Desk, accounts, mark_of, rung
from testbed import TestHub

from hub.model import OutgoingCall
from hub.worker.queue_call_backs import tend_queues

Factory = Callable[..., TestHub]
TEAM = [{"name": "Ana", "phone": AGENTS[0]}]


@pytest.fixture
def desk(hub: Factory, request: pytest.FixtureRequest) -> Desk:
    made = Desk(hub(accounts=accounts(getattr(request, "param", TEAM), call_back_key="2", leave_key=None, leave=None)))
    signed_in(made.stage)  # the account has an owner
    return made


def keeps_the_place(desk: Desk, call: str) -> None:
    """A caller comes in, asks to be called back and hangs up."""
    desk.tell(call, "ringing")
    held = desk.ask(call)
    assert "You keep your place" in desk.ask(call, "digits", mark=mark_of(held), digits="2")
    desk.tell(call, "completed", duration=20)
    desk.stage.flow()


def free(desk: Desk, call: str, dial: str) -> None:
    """The conversation of the agent ends, and the pause after it too."""
    desk.tell(call, "completed", duration=60)
    desk.ask(call, "dial_ended", mark=mark_of(dial), answered=True, connected=True)
    desk.stage.clock.advance(seconds=11)


def test_who_keeps_the_place_is_called_back_in_turn_before_those_who_came_later(desk: Desk) -> None:
    dial = desk.ask("CA1")
    keeps_the_place(desk, "CA2")
    held = desk.ask("CA3")
    tend_queues(desk.stage.hub)
    assert not desk.stage.rows(OutgoingCall), "the agent talks"
    free(desk, "CA1", dial)
    assert rung(desk.ask("CA3", "digits", mark=mark_of(held))) is None, "the one to call back is first"
    tend_queues(desk.stage.hub)
    tend_queues(desk.stage.hub)
    assert place(desk.stage) == {"placed": 1}
    (order,) = desk.stage.carrier.placed
    assert (order.user_number, order.person_number) == (AGENTS[0], "+17735550102")
    desk.stage.tell(*spoken(desk.stage, desk.stage.one(OutgoingCall)))
    desk.stage.clock.advance(seconds=80)
    tend_queues(desk.stage.hub)
    entry = desk.entry("CA2")
    assert (entry.state, entry.talk_seconds) == ("called_back", 60)


def test_an_agent_who_does_not_pick_up_costs_nobody_the_place_and_a_person_is_tried_twice(desk: Desk) -> None:
    dial = desk.ask("CA1")
    keeps_the_place(desk, "CA2")
    free(desk, "CA1", dial)
    for leg, later in (("user", 61), ("person", 301), ("person", 0)):
        tend_queues(desk.stage.hub)
        place(desk.stage)
        call = desk.stage.rows(OutgoingCall)[-1]
        desk.stage.tell(event(desk.stage, call, leg, "no_answer"))
        tend_queues(desk.stage.hub)
        assert desk.entry("CA2").state == ("not_reached" if not later else "call_back")
        desk.stage.clock.advance(seconds=later)
    assert len(desk.stage.rows(OutgoingCall)) == 3


def test_a_wait_whose_call_is_over_ends_though_nobody_else_calls(desk: Desk) -> None:
    desk.tell("CA1", "ringing")
    desk.ask("CA1")
    desk.tell("CA1", "failed", failure="gateway_ended")
    tend_queues(desk.stage.hub)
    assert desk.entry("CA1").state == "failed"


@pytest.mark.parametrize("desk", [[{"name": "Ana", "phone": "phone:ana"}]], indirect=True)
def test_an_agent_at_a_sip_phone_is_engaged_while_it_talks_and_gets_calls_back(desk: Desk) -> None:
    desk.tell("CA1", "ringing")
    desk.tell("CA1", "answered", answered_by="phone:ana")  # a call outside of the queue
    keeps_the_place(desk, "CA2")
    tend_queues(desk.stage.hub)
    assert not desk.stage.rows(OutgoingCall), "the agent talks"
    desk.tell("CA1", "completed", duration=60)
    desk.stage.flow()
    tend_queues(desk.stage.hub)
    assert place(desk.stage) == {"placed": 1}
    assert [each.user_number for each in desk.stage.carrier.placed] == ["phone:ana"]
