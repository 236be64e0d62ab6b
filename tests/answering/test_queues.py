"""Callers who wait for agents: their order, their ends and their waiting times, in played time and on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from queue_desk import AGENTS, Desk, Hour, accounts, mark_of, rung
from sqlmodel import col, select
from testbed import TestHub, make_config

from hub.access.scope import scope_of_operator
from hub.answering.voicemail_boxes import sealed_pin
from hub.model import CallStep, QueueAgent, QueueEntry
from hub.queries.activity.queues import queues_now
from hub.store.encryption.keyfile import keyring_of

Factory = Callable[..., TestHub]


@pytest.fixture
def desk(hub: Factory, request: pytest.FixtureRequest) -> Iterator[Desk]:
    made = Desk(hub(accounts=accounts(**getattr(request, "param", {}))))
    yield made
    made.answerer.close()


def test_a_caller_alone_reaches_an_agent_at_once_and_the_next_one_hears_music_and_the_place(desk: Desk) -> None:
    assert [rung(desk.ask(f"CA{n}")) for n in range(5)] == AGENTS, "who has waited longest for a call gets it"
    held = desk.ask("CA5")
    assert "You are number 1 in line." in held and "less than 2 minutes" in held
    assert re.search(r"/audio/[0-9a-f]{24}-0\.wav", held)
    held = desk.ask("CA6")
    assert "You are number 2 in line." in held
    desk.stage.clock.advance(seconds=11)
    again = desk.ask("CA6", "digits", mark=mark_of(held))
    assert "number" not in again and "-1.wav" in again, "the music goes on, and the place is said once a minute"
    assert desk.ask("CA6", "digits", mark=mark_of(held)) == again, "a repeated request gets the same"
    desk.stage.clock.advance(seconds=60)
    assert "You are number" in desk.ask("CA6", "digits", mark=mark_of(again))


def test_an_agent_who_is_free_gets_the_first_caller_and_one_who_does_not_pick_up_rests(desk: Desk) -> None:
    rings = [desk.ask(f"CA{n}") for n in range(5)]
    first, second = desk.ask("CA5"), desk.ask("CA6")
    desk.tell("CA2", "answered", answered_by=AGENTS[2])
    desk.ask("CA2", "dial_ended", mark=mark_of(rings[2]), answered=True, connected=True)
    desk.tell("CA2", "completed", duration=60)
    desk.stage.clock.advance(seconds=5)
    assert rung(desk.ask("CA5", "digits", mark=mark_of(first))) is None, "the agent has a pause"
    desk.stage.clock.advance(seconds=6)
    assert rung(desk.ask("CA6", "digits", mark=mark_of(second))) is None, "somebody else is before"
    dial = desk.ask("CA5", "digits", mark=mark_of(first))
    assert rung(dial) == AGENTS[2]
    desk.stage.clock.advance(seconds=25)
    back = desk.ask("CA5", "dial_ended", mark=mark_of(dial), why="no_answer")
    assert rung(back) is None and "Gather" in back, "the caller keeps the place"
    desk.stage.clock.advance(seconds=61)
    assert rung(desk.ask("CA5", "digits", mark=mark_of(back))) == AGENTS[2]


def repeated(desk: Desk, call: str, *asked: str, **more: str) -> str:
    """The document of a request that the carrier repeats, because the first answer was lost; the wait ends one time."""
    first = desk.ask(call, *asked, **more)
    desk.stage.clock.advance(seconds=1)
    assert desk.ask(call, *asked, **more) == first
    assert len(desk.stage.rows(QueueEntry, carrier_call_id=call)) == 1, "a second wait"
    return first


@pytest.mark.parametrize("desk", [{"longest_wait": 60, "most_waiting": 1, "busy": "night"}], indirect=True)
def test_every_way_out_of_a_queue_has_its_reason(desk: Desk) -> None:
    for n in range(5):
        desk.ask(f"CA{n}")
    held = desk.ask("CA5")
    assert "TakeMessage" in repeated(desk, "CA6") and desk.entry("CA6").state == "full"
    desk.stage.clock.advance(seconds=61)
    assert "TakeMessage" in repeated(desk, "CA5", "digits", mark=mark_of(held))
    assert desk.entry("CA5").state == "too_long"
    held = desk.ask("CA7")
    assert "TakeMessage" in repeated(desk, "CA7", "digits", mark=mark_of(held), digits="1")
    assert desk.entry("CA7").state == "left"
    assert [row.result for row in desk.stage.rows(CallStep, carrier_call_id="CA7")] == [
        "waits at place 1", "the caller left the queue: night", "takes a message",
    ]  # fmt: skip
    held = desk.ask("CA8")
    desk.tell("CA8", "completed", duration=3)
    desk.ask("CA9")
    assert desk.entry("CA8").state == "abandoned"


def test_a_conversation_whose_reports_come_late_was_answered_and_not_given_up(desk: Desk) -> None:
    dial, other = desk.ask("CA1"), desk.ask("CA2")
    desk.tell("CA1", "completed", duration=60)
    desk.tell("CA2", "completed", duration=5)
    desk.ask("CA3")
    desk.ask("CA1", "dial_ended", mark=mark_of(dial), answered=True, connected=True)
    desk.stage.clock.advance(seconds=11)
    desk.ask("CA4")
    assert [desk.entry(call).state for call in ("CA1", "CA2")] == ["answered", "abandoned"] and rung(other) is not None


SPANISH = [{"name": "Ana", "phone": AGENTS[0], "skills": ["spanish"], "hours": {"mon": "8:00-12:00"}}]


@pytest.mark.parametrize("desk", [{"agents": SPANISH, "skills": ["spanish"]}], indirect=True)
def test_agents_take_calls_in_their_hours_only(desk: Desk) -> None:
    zone = ZoneInfo(desk.stage.directory.companies["lakeside"].time_zone)
    desk.stage.clock.now = datetime(2026, 11, 30, 11, 59, tzinfo=zone).astimezone(UTC)
    assert rung(desk.ask("CA1")) == AGENTS[0]
    desk.stage.clock.advance(minutes=2)
    assert "TakeMessage" in desk.ask("CA2") and desk.entry("CA2").state == "no_agents"


def test_an_agent_signs_in_and_out_by_phone_with_an_own_pin(hub: Factory) -> None:
    keyring, pins = keyring_of(make_config("sqlite://").hub), ("482915", "739164")
    team = [
        {"name": f"Agent {at}", "phone": AGENTS[at], "pin": sealed_pin(keyring, pin)} for at, pin in enumerate(pins)
    ]
    company, *others = accounts(team)[0]["companies"]
    flow = company["flows"][0]
    flow["steps"]["desk"] = {"do": "sign_in", "say": "Your PIN?", "repeat": 0, "otherwise": "line"}
    flow["steps"]["line"]["leave"] = "desk"
    desk = Desk(hub(accounts=[{"name": "agency", "title": "Agency", "companies": [company, *others]}]))

    def signs(call: str, pin: str, key: str) -> str:
        asked = desk.ask(call, "digits", mark=mark_of(desk.ask(call)), digits="1")
        chosen = desk.ask(call, "digits", mark=mark_of(asked), digits=pin)
        return desk.ask(call, "digits", mark=mark_of(chosen), digits=key)

    assert rung(desk.ask("CA0")) == AGENTS[0] and rung(desk.ask("CA1")) == AGENTS[1]
    assert "You are signed out." in signs("CA2", pins[1], "3") and "HangUp" in signs("CA3", pins[0], "2")
    states = {row.phone: (row.state, row.changed_by) for row in desk.stage.rows(QueueAgent)}
    assert states == {AGENTS[0]: ("break", "phone"), AGENTS[1]: ("out", "phone")}
    steps = [row.result for row in desk.stage.rows(CallStep, carrier_call_id="CA2") if row.step == "desk"]
    assert steps == ["asks for a key", "an agent's PIN", "an agent: out"] and pins[1] not in str(steps)
    desk.answerer.close()


def test_a_wrong_pin_signs_nobody_in_and_no_agent_shares_a_pin(hub: Factory) -> None:
    keyring = keyring_of(make_config("sqlite://").hub)
    team = [{"name": f"Agent {at}", "phone": AGENTS[at], "pin": sealed_pin(keyring, "482915")} for at in (0, 1)]
    made = accounts(team)
    made[0]["companies"][0]["flows"][0] |= {"start": "desk"}
    steps = made[0]["companies"][0]["flows"][0]["steps"]
    steps["desk"] = {"do": "sign_in", "say": "Your PIN?", "repeat": 1, "otherwise": "line"}
    desk = Desk(hub(accounts=made))
    for call, pin in (("CA1", "111111"), ("CA2", "482915")):
        asked = desk.ask(call)
        for _ in range(2):
            asked = desk.ask(call, "digits", mark=mark_of(asked), digits=pin)
        assert rung(asked) is not None, "after a wrong PIN they are a caller like any other"
    assert all(row.changed_at is None for row in desk.stage.rows(QueueAgent))
    desk.answerer.close()


def hub_dies(desk: Desk) -> None:
    """Without a goodbye: another hub begins on the same database."""
    old = desk.answerer
    desk.begin()
    old.close()


@pytest.mark.soak
def test_fifty_callers_and_five_agents_in_an_hour_with_kills_of_hub_and_gateway(desk: Desk) -> None:
    hour = Hour(desk, seed=1)
    calls = [f"CA{n}" for n in range(50)]
    for call in calls:
        hour.at(hour.began + timedelta(seconds=hour.chance.randint(0, 3000)), lambda call=call: hour.comes(call))  # type: ignore[misc]
    for minute in (10, 25, 40):
        hour.at(hour.began + timedelta(minutes=minute), lambda: hub_dies(desk))
    hour.at(hour.began + timedelta(minutes=30), lambda: hour.dies(calls[::2]))
    hour.run()
    desk.stage.clock.advance(minutes=1)
    desk.ask("CA98")  # the next caller
    rows = {row.carrier_call_id: row for row in desk.stage.rows(QueueEntry) if row.carrier_call_id in calls}
    assert {call: rows[call].state for call in calls} == hour.ends, "a caller is lost, or has another end"
    assert len(rows) == 50 and all(row.left_at for row in rows.values())
    assert {"answered", "abandoned", "failed"} <= set(hour.ends.values()), "the hour was too quiet"
    hour.check_order()
    with desk.stage.hub.store.reading() as session:
        scope, place = scope_of_operator(), desk.stage.directory.companies["lakeside"]
        days = (hour.began.date() - timedelta(days=1), hour.began.date() + timedelta(days=1))
        found = queues_now(session, scope, [place], desk.stage.hub.config, days, desk.stage.clock())
        (last,) = found.waits
        called = session.exec(select(QueueEntry.carrier_call_id).where(col(QueueEntry.left_at).is_(None))).one()
    assert (called, last.state, last.waited) == ("CA98", "rings", 0)
    hour.check_report(found.figures)
