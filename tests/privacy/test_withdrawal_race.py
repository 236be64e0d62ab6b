"""People take back their consent while batches with their data leave: after the commit nothing of theirs is sent."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlmodel import col, select
from testbed import EVERY_CALL, SHARED, TestHub, finished_call

from hub.api.privacy import ConsentQuestion, Opinion
from hub.model import Call, ConsentEntry, ConversionRow, Delivery, Person
from hub.privacy.ledger import ConsentStatement
from hub.privacy.withdrawal import exclusive_person_lock, person_lock_keys, shared_person_lock, take_effect
from hub.store import Store
from hub.store.locks import hold_locks

Factory = Callable[..., TestHub]
PEOPLE = 60
RULES = [{**EVERY_CALL, "name": name} for name in ("first", "second")]


def listening(question: ConsentQuestion) -> Opinion:
    """A law that asks nothing but the person's own word."""
    word = question.latest_record()
    refused = word is not None and word.state != "given"
    return Opinion(verdict="deny" if refused else "allow", rule_id="paper.word", reason="The person's word.")


def crowd(stage: TestHub, people: int) -> list[Person]:
    """People who called once each, with their conversions in the outbox."""
    callers = [f"+1{414 + index // 100}5550{100 + index % 100}" for index in range(people)]
    calls = (finished_call(f"CA{caller}", SHARED, caller, True, 60, stage.clock()) for caller in callers)
    stage.tell(*(event for call in calls for event in call))
    stage.flow()
    assert len(stage.rows(Delivery, connector="network", state="ready")) == people * len(RULES)
    return stage.rows(Person)


def withdraw(stage: TestHub, person: Person) -> float:
    """The person takes everything back; the moment in the gates before the commit."""
    word = ConsentStatement(
        company_id=person.company_id,
        person_id=person.id,
        state="withdrawn",
        use="marketing",
        channel="agent",
        stated_at=stage.clock(),
    )
    with exclusive_person_lock(stage.hub.store, [person], word.state) as free:
        assert free
        before = time.monotonic()
        with stage.hub.store.writing() as session:
            take_effect(session, stage.hub.config, stage.hub.vault, [word], stage.clock())
    return before


@pytest.mark.soak
def test_nothing_of_a_person_is_sent_after_their_withdrawal_was_committed(hub: Factory) -> None:
    stages = [hub(conversions=RULES) for _ in range(3)]
    desk = hub(conversions=RULES)
    people = crowd(desk, PEOPLE)
    with desk.hub.store.reading() as session:
        owners = dict(session.exec(select(ConversionRow.key, ConversionRow.person_id)).all())
    ended: dict[str, float] = {}

    def slow(conversions: Sequence[Any]) -> str:
        time.sleep(0.002)
        ended.update({each.key: time.monotonic() for each in conversions})
        return "delivered"

    for stage in (*stages, desk):
        stage.law.rule = listening
        stage.network.script = [slow] * PEOPLE * len(RULES)
    withdrawn: dict[str, float] = {}

    def say() -> None:
        for person in random.Random(7).sample(people, PEOPLE - 5):
            withdrawn[person.id] = withdraw(desk, person)

    threads = [threading.Thread(target=stage.deliver) for stage in stages] + [threading.Thread(target=say)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for stage in stages:
        stage.deliver()
    for key, at in ended.items():
        owner = owners[key] or ""
        assert at < withdrawn.get(owner, at + 1), "it was sent after its person had taken their consent back"
    states = Counter(row.state for row in desk.rows(Delivery, connector="network"))
    assert states.keys() == {"delivered", "held"} and states["delivered"] == len(ended)
    assert len(desk.rows(ConsentEntry)) == len(withdrawn) == PEOPLE - 5


def test_what_is_queued_is_held_with_its_reason_at_the_commit_and_nothing_else(hub: Factory) -> None:
    stage = hub(conversions=RULES)
    first, second = crowd(stage, 2)
    withdraw(stage, first)
    with stage.hub.store.reading() as session:
        rows = session.exec(
            select(Call.person_id, Delivery).join(Delivery, col(Delivery.subject_id) == col(Call.id))
        ).all()
    told = {(owner, row.connector, row.state, row.code) for owner, row in rows if row.connector == "network"}
    assert told == {(first.id, "network", "held", "consent.withdrawn"), (second.id, "network", "ready", None)}
    assert {row.state for _, row in rows if row.connector == "crm"} <= {"ready"}, "the operation itself goes on"


def test_a_send_waits_while_a_word_is_written_down_and_a_word_while_a_send_is_under_way(hub: Factory) -> None:
    stage = hub(conversions=RULES)
    (person,) = crowd(stage, 1)
    gates = person_lock_keys(person.company_id, person.id, person.phone_number)
    store = stage.hub.store
    with shared_person_lock(store, gates, 1.0) as first, shared_person_lock(store, gates, 1.0) as second:
        assert first and second, "sends do not wait for each other"
        with exclusive_person_lock(store, [person], "refused", 0.02) as free:
            assert not free
        with exclusive_person_lock(store, [person], "given", 0.02) as free:
            assert free, "a yes waits for nobody"
    with (
        exclusive_person_lock(store, [person], "objected", 1.0) as free,
        shared_person_lock(store, gates, 0.02) as sent,
    ):
        assert free and not sent


HOLDER = """
import sys
from hub.store import Store
from hub.store.locks import hold_locks
with hold_locks(Store(sys.argv[1]), ["person/7"], 5.0) as free:
    print(free, flush=True)
    sys.stdin.read()
"""


@pytest.mark.soak
def test_the_gates_hold_between_processes_and_open_when_their_holder_dies(database_url: str) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, database_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None and holder.stdout.readline().strip() == "True"
    store = Store(database_url)
    with hold_locks(store, (), 0.02, shared=["person/7"]) as free:
        assert not free
    with hold_locks(store, ["person/8"], 0.02) as free:
        assert free
    holder.kill()
    holder.wait()
    with hold_locks(store, ["person/7"], 5.0) as free:
        assert free
    store.close()


@pytest.mark.parametrize("url", ["sqlite://", "file"])
def test_who_waits_to_be_alone_is_not_overtaken(url: str, tmp_path: Any) -> None:
    store = Store(url if url != "file" else f"sqlite:///{tmp_path / 'a.db'}")
    waits, inside = threading.Event(), []

    def alone() -> None:
        waits.set()
        with hold_locks(store, ["x"], 90.0) as free:
            inside.append(free)

    thread = threading.Thread(target=alone)
    with hold_locks(store, (), 1.0, shared=["x"]) as free:
        assert free
        thread.start()
        assert waits.wait(90)
        until = time.monotonic() + 90
        blocked = False
        while not blocked and time.monotonic() < until:
            with hold_locks(store, (), 0.0, shared=["x"]) as late:
                blocked = not late
        assert blocked, "a newcomer came in before who waited"
    thread.join()
    assert inside == [True]
    store.close()
