"""Quarantine: of a batch that a process died of, only the row that kills again and again is set aside."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from hub.model import ConfigProcess, ConnectorState, Delivery, SyncSlot
from hub.plugin_host.guard import Guard
from hub.store import Store
from hub.store.claims import LEASE, claim, complete
from hub.store.engine import Suspect
from hub.store.heartbeat import Heartbeat
from hub.store.quarantine import deaths
from hub.store.quarantine.items import count_quarantined, in_quarantine, replay_quarantined
from hub.testing import FrozenClock

LATER = LEASE + timedelta(seconds=1)


class Processes:
    """One process after the other on the same database; each handles what is due until it dies."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock = store, FrozenClock()
        self.deaths = 0

    def start(self, worked: timedelta = timedelta(minutes=1)) -> None:
        deaths._renew()
        self.store.suspect = Suspect(working_since=self.clock() - worked)

    def work(self, deadly: str, limit: int = 200) -> None:
        """Handle batches; a batch with the row `deadly` kills the process."""
        while True:
            token, rows = claim(self.store, SyncSlot, now=self.clock(), limit=limit)
            if not rows:
                return
            if deadly in {row.id for row in rows}:
                self.deaths += 1
                return
            with self.store.writing() as session:
                complete(session, SyncSlot, [row.id for row in rows], token, state="done")

    def live_and_die(self, deadly: str) -> None:
        self.start()
        self.work(deadly)
        self.clock.advance(seconds=LATER.total_seconds())


@pytest.fixture
def processes(store: Store) -> Processes:
    return Processes(store)


def put(processes: Processes, count: int) -> list[str]:
    slots = [SyncSlot(connector=f"crm_{index}", due_at=processes.clock()) for index in range(count)]
    with processes.store.writing() as session:
        session.add_all(slots)
    return sorted(slot.id for slot in slots)


def state_of(store: Store, row_id: str) -> SyncSlot:
    with store.reading() as session:
        return session.exec(select(SyncSlot).where(SyncSlot.id == row_id)).one()


def test_of_a_batch_of_200_only_the_row_that_kills_is_quarantined_after_three_deaths(processes: Processes) -> None:
    ids = put(processes, 200)
    for _ in range(5):
        processes.live_and_die(ids[77])
    assert processes.deaths == 3
    with processes.store.reading() as session:
        assert [item.id for item in in_quarantine(session)] == [ids[77]]
        assert session.exec(select(SyncSlot.id).where(SyncSlot.state != "done")).all() == [ids[77]]
        (item,) = in_quarantine(session, kind="sync", connector="crm_77")
        assert in_quarantine(session, connector="crm_7") == []
        assert count_quarantined(session) == {"sync": 1}
    assert item.reason == "3 processes died while connector 'crm_77' handled it."


def test_processes_that_are_killed_soon_after_their_start_put_nothing_into_quarantine(processes: Processes) -> None:
    (slot,) = put(processes, 1)
    for _ in range(9):
        processes.start(worked=timedelta(seconds=1))
        claim(processes.store, SyncSlot, now=processes.clock(), limit=200)
        processes.clock.advance(seconds=LATER.total_seconds())
    processes.start()
    assert [row.id for row in claim(processes.store, SyncSlot, now=processes.clock(), limit=200)[1]] == [slot]


def test_a_connector_whose_sync_kills_is_paused_until_the_replay(processes: Processes) -> None:
    (slot,) = put(processes, 1)
    for _ in range(4):
        processes.live_and_die(slot)
    with processes.store.writing() as session:
        state = session.get_one(ConnectorState, "crm_0")
        assert state.paused_at is not None and "processes died" in (state.reason or "")
        items = in_quarantine(session)
        assert replay_quarantined(session, items, processes.clock(), actor="root", about="all") == 1
        assert replay_quarantined(session, items, processes.clock(), actor="root", about="all") == 0
    with processes.store.reading() as session:
        assert session.get_one(ConnectorState, "crm_0").paused_at is None
    row = state_of(processes.store, slot)
    assert (row.state, row.deaths, row.attempts) == ("ready", 0, 4)
    processes.start()
    processes.work("")
    assert state_of(processes.store, slot).state == "done"


def test_an_error_a_graceful_stop_and_a_process_that_still_lives_are_no_deaths(processes: Processes) -> None:
    (slot,) = put(processes, 1)
    store, clock = processes.store, processes.clock
    processes.start()
    for _ in range(4):  # the same process claims again what it left after an error
        assert claim(store, SyncSlot, now=clock(), limit=1)[1]
        clock.advance(seconds=LATER.total_seconds())
    alive = ConfigProcess(
        id=deaths.process_id(), role="worker", host="h", pid=1, version=1, started_at=clock(), seen_at=clock(),
        memory_bytes=1, threads_alive=1, threads_expected=1,
    )  # fmt: skip
    with store.writing() as session:
        session.add(alive)
    processes.start()
    token, _ = claim(store, SyncSlot, now=clock(), limit=1)
    assert state_of(store, slot).deaths == 0
    heart = Heartbeat(store, clock, every=60)
    with heart.keeping(SyncSlot, token):
        heart.close()
    clock.advance(seconds=LATER.total_seconds())
    processes.start()
    assert claim(store, SyncSlot, now=clock(), limit=1)[1][0].deaths == 0


def test_one_process_handles_one_suspect_at_a_time_and_everything_else_beside_it(processes: Processes) -> None:
    ids = put(processes, 2)
    for _ in range(2):  # both die with their processes twice
        processes.start()
        assert len(claim(processes.store, SyncSlot, now=processes.clock(), limit=2)[1]) == 2
        processes.clock.advance(seconds=LATER.total_seconds())
    processes.start()
    (fresh,) = put(processes, 1)
    now = processes.clock()
    token, (first,) = claim(processes.store, SyncSlot, now=now, limit=9)
    assert [row.id for row in claim(processes.store, SyncSlot, now=now, limit=9)[1]] == [fresh]
    assert claim(processes.store, SyncSlot, now=now, limit=9)[1] == []
    with processes.store.writing() as session:
        complete(session, SyncSlot, [first.id], token, state="done")
    (second,) = claim(processes.store, SyncSlot, now=now, limit=9)[1]
    assert {first.id, second.id} == set(ids)


def test_the_hook_that_began_last_names_the_connector(processes: Processes) -> None:
    now: datetime = processes.clock()
    row: dict[str, Any] = {"hook": "upload_conversions", "dedup_key": "k", "item_key": "k", "subject_id": "s"}
    with processes.store.writing() as session:
        session.add(Delivery(connector="network", due_at=now, made_at=now, **row))
    heart, guard = Heartbeat(processes.store, processes.clock, every=60), Guard("law")
    for _ in range(3):
        processes.start()
        token, _rows = claim(processes.store, Delivery, now=processes.clock(), limit=9)
        with heart.keeping(Delivery, token):
            guard.call("judge", lambda: None)
        processes.clock.advance(seconds=LATER.total_seconds())
    processes.start()
    assert claim(processes.store, Delivery, now=processes.clock(), limit=9)[1] == []
    with processes.store.reading() as session:
        (item,) = in_quarantine(session, connector="law")
        assert session.exec(select(Delivery.reason)).one() == item.reason
    assert item.reason == "3 processes died while connector 'law' handled it in judge."
    guard.close()
