"""Callers who wait for agents: their order, their ends and their waiting times, in played time and on both databases."""

from __future__ import annotations

import heapq
import itertools
import random
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from queue_desk import AGENTS, Desk, accounts, mark_of, rung
from sqlmodel import col, select
from testbed import TestHub, make_config

from hub.access.scope import scope_of_operator
from hub.answering.voicemail_boxes import sealed_pin
from hub.model import CallStep, QueueAgent, QueueEntry
from hub.queries.activity.queues import queues_now
from hub.store.encryption.keyfile import keyring_of

Factory = Callable[..., TestHub]
PIECE_SECONDS = 22
"""The longest time from one question of the carrier to the next: two pieces of music, and the wait for a key."""


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


@pytest.mark.parametrize("desk", [{"longest_wait": 60, "most_waiting": 1, "busy": "night"}], indirect=True)
def test_every_way_out_of_a_queue_has_its_reason(desk: Desk) -> None:
    for n in range(5):
        desk.ask(f"CA{n}")
    held = desk.ask("CA5")
    assert "TakeMessage" in desk.ask("CA6") and desk.entry("CA6").state == "full"
    desk.stage.clock.advance(seconds=61)
    assert "TakeMessage" in desk.ask("CA5", "digits", mark=mark_of(held)) and desk.entry("CA5").state == "too_long"
    held = desk.ask("CA7")
    assert "TakeMessage" in desk.ask("CA7", "digits", mark=mark_of(held), digits="1")
    assert desk.entry("CA7").state == "left"
    assert [row.result for row in desk.stage.rows(CallStep, carrier_call_id="CA7")] == [
        "waits at place 1", "the caller left the queue: night", "takes a message",
    ]  # fmt: skip
    held = desk.ask("CA8")
    desk.tell("CA8", "completed", duration=3)
    desk.ask("CA9")
    assert desk.entry("CA8").state == "abandoned"


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


class Hour:
    """An hour of a telephone service: callers come, wait, talk and hang up, and agents pick up or do not."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk, self.chance = desk, random.Random(seed)
        self.began = desk.stage.clock()
        self.order = itertools.count()
        self.due: list[tuple[datetime, int, Callable[[], None]]] = []
        self.talking: dict[str, str] = {}
        """Phone of an agent → the call that rings there or talks."""
        self.came: dict[str, datetime] = {}
        self.answered: dict[str, datetime] = {}
        self.given: list[tuple[datetime, str]] = []
        """When a call got an agent for the first time."""
        self.ends: dict[str, str] = {}
        self.patience: dict[str, datetime] = {}

    def at(self, at: datetime, what: Callable[[], None]) -> None:
        heapq.heappush(self.due, (at, next(self.order), what))

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        self.at(self.desk.stage.clock() + timedelta(seconds=seconds), what)

    def run(self) -> None:
        while self.due:
            at, _, what = heapq.heappop(self.due)
            self.desk.stage.clock.now = max(at, self.desk.stage.clock())
            what()

    def comes(self, call: str) -> None:
        now = self.desk.stage.clock()
        self.came[call] = now
        patience = self.chance.choice([90, 3600, 3600, 3600, 3600])
        self.patience[call] = now + timedelta(seconds=patience)
        self.at(self.patience[call], lambda: self.gives_up(call))
        self.desk.tell(call, "ringing")
        self.follows(call, self.desk.ask(call))

    def gives_up(self, call: str) -> None:
        if call not in self.ends and call not in self.answered:
            self.ends[call] = "abandoned"
            self.talking = {phone: other for phone, other in self.talking.items() if other != call}
            self.desk.tell(call, "completed", duration=1)

    def follows(self, call: str, document: str) -> None:
        """The carrier does what the document says."""
        phone, mark = rung(document), mark_of(document)
        if phone is not None:
            assert phone not in self.talking, "an agent has two calls"
            self.talking[phone] = call
            if call not in dict(map(reversed, self.given)):  # type: ignore[arg-type]
                self.given.append((self.desk.stage.clock(), call))
            if self.chance.random() < 0.1:
                self.later(25, lambda: self.not_picked_up(call, phone, mark))
            else:
                self.later(self.chance.randint(2, 8), lambda: self.talks(call, phone, mark))
        elif "Gather" in document:
            self.later(11 * len(re.findall("[.]wav", document)), lambda: self.asks(call, mark))
        else:
            self.ends.setdefault(call, self.desk.entry(call).state)
            self.desk.tell(call, "completed", duration=1)

    def asks(self, call: str, mark: str) -> None:
        if call not in self.ends:
            self.follows(call, self.desk.ask(call, "digits", mark=mark))

    def not_picked_up(self, call: str, phone: str, mark: str) -> None:
        if call not in self.ends:
            del self.talking[phone]
            self.follows(call, self.desk.ask(call, "dial_ended", mark=mark, why="no_answer"))

    def talks(self, call: str, phone: str, mark: str) -> None:
        if call not in self.ends:
            self.answered[call] = self.desk.stage.clock()
            self.desk.tell(call, "answered", answered_by=phone)
            self.later(self.chance.expovariate(1 / 330) + 20, lambda: self.hangs_up(call, phone, mark))

    def hangs_up(self, call: str, phone: str, mark: str) -> None:
        if call not in self.ends:
            self.ends[call] = "answered"
            del self.talking[phone]
            self.desk.tell(call, "completed", duration=60)
            self.desk.ask(call, "dial_ended", mark=mark, answered=True, connected=True)

    def dies(self, calls: list[str]) -> None:
        """The gateway that has these calls dies: its successor reports them."""
        for call in calls:
            if call in self.came and call not in self.ends:
                self.ends[call] = "answered" if call in self.answered else "failed"
                self.talking = {phone: other for phone, other in self.talking.items() if other != call}
                self.desk.tell(call, "failed", failure="gateway_ended")

    def hub_dies(self) -> None:
        """Without a goodbye: another hub begins on the same database."""
        old = self.desk.answerer
        self.desk.begin()
        old.close()


@pytest.mark.soak
def test_fifty_callers_and_five_agents_in_an_hour_with_kills_of_hub_and_gateway(desk: Desk) -> None:
    hour = Hour(desk, seed=1)
    calls = [f"CA{n}" for n in range(50)]
    for call in calls:
        hour.at(hour.began + timedelta(seconds=hour.chance.randint(0, 3000)), lambda call=call: hour.comes(call))  # type: ignore[misc]
    for minute in (10, 25, 40):
        hour.at(hour.began + timedelta(minutes=minute), hour.hub_dies)
    hour.at(hour.began + timedelta(minutes=30), lambda: hour.dies(calls[::2]))
    hour.run()
    desk.ask("CA98")  # the next caller
    rows = {row.carrier_call_id: row for row in desk.stage.rows(QueueEntry) if row.carrier_call_id in calls}
    assert {call: rows[call].state for call in calls} == hour.ends, "a caller is lost, or has another end"
    assert len(rows) == 50 and all(row.left_at for row in rows.values())
    assert {"answered", "abandoned", "failed"} <= set(hour.ends.values()), "the hour was too quiet"
    given = dict(map(reversed, hour.given))  # type: ignore[arg-type]
    for call, other in itertools.permutations(given, 2):
        if hour.came[other] < hour.came[call]:
            assert given[other] <= given[call] + timedelta(seconds=PIECE_SECONDS), f"{call} overtook {other}"
    with desk.stage.hub.store.reading() as session:
        scope, place = scope_of_operator(), desk.stage.directory.companies["lakeside"]
        days = (hour.began.date() - timedelta(days=1), hour.began.date() + timedelta(days=1))
        found = queues_now(session, scope, [place], desk.stage.hub.config, days, desk.stage.clock())
        (figures,), (last,) = found.figures, found.waits
        called = session.exec(select(QueueEntry.carrier_call_id).where(col(QueueEntry.left_at).is_(None))).one()
    assert (called, last.state, last.waited) == ("CA98", "rings", 0)
    waited = [round((hour.answered[call] - hour.came[call]).total_seconds()) for call in hour.answered]
    counted = list(hour.ends.values())
    assert (figures.came, figures.answered, figures.abandoned) == (50, len(waited), counted.count("abandoned"))
    assert figures.average_wait == round(sum(waited) / len(waited))
    assert figures.in_time == sum(seconds <= 60 for seconds in waited)
