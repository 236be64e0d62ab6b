"""Claims: of many workers one gets a row, keeps it while it lives, and only it may complete it."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from hub.model import SyncSlot
from hub.store import Store
from hub.store.claims import LEASE, claim, complete, complete_each, held_ids
from hub.store.heartbeat import Heartbeat
from hub.testing import FrozenClock

NOW = FrozenClock()()
SECOND = timedelta(seconds=1)


def put(store: Store, count: int, **more: Any) -> list[str]:
    """Rows of work that are due now, longest due first; their ids."""
    rows = [SyncSlot(connector="x", due_at=NOW - index * SECOND, **more) for index in reversed(range(count))]
    with store.writing() as session:
        session.add_all(rows)
    return [row.id for row in rows]


def row_of(store: Store, row_id: str) -> SyncSlot:
    with store.reading() as session:
        return session.exec(select(SyncSlot).where(SyncSlot.id == row_id)).one()


def test_what_is_due_longest_is_claimed_first_and_no_more_than_asked(store: Store) -> None:
    ids = put(store, 5)
    token, rows = claim(store, SyncSlot, now=NOW, limit=3)
    assert [row.id for row in rows] == ids[:3]
    assert {row.state for row in rows} == {"leased"} and {row.lease_token for row in rows} == {token}
    assert {row.attempts for row in rows} == {1} and rows[0].lease_until == NOW + LEASE
    _, others = claim(store, SyncSlot, now=NOW, limit=10)
    assert [row.id for row in others] == ids[3:]


def test_what_is_not_due_yet_or_done_is_not_claimed(store: Store) -> None:
    put(store, 1, state="done")
    with store.writing() as session:
        session.add(SyncSlot(connector="x", due_at=NOW + SECOND))
    assert claim(store, SyncSlot, now=NOW, limit=10)[1] == []


def test_the_rows_of_a_worker_that_died_are_taken_over(store: Store) -> None:
    [row_id] = put(store, 1)
    dead, _ = claim(store, SyncSlot, now=NOW, limit=1)
    assert claim(store, SyncSlot, now=NOW + LEASE, limit=1)[1] == []
    alive, rows = claim(store, SyncSlot, now=NOW + LEASE + SECOND, limit=1)
    assert [row.id for row in rows] == [row_id] and rows[0].attempts == 2
    with store.writing() as session:
        assert held_ids(session, SyncSlot, [row_id], dead) == set()
        assert complete(session, SyncSlot, [row_id], dead, state="done", result="late") == 0
        assert complete(session, SyncSlot, [row_id], alive, state="done", result="in time") == 1
    assert row_of(store, row_id).result == "in time"


def test_only_the_tokens_holder_completes_each_of_many(store: Store) -> None:
    ids = put(store, 2)
    mine, _ = claim(store, SyncSlot, now=NOW, limit=1)
    theirs, _ = claim(store, SyncSlot, now=NOW, limit=1)
    with store.writing() as session:
        complete_each(session, SyncSlot, mine, [(each, {"state": "done", "result": each}) for each in ids])
    first, second = row_of(store, ids[0]), row_of(store, ids[1])
    assert (first.state, first.result, first.lease_token) == ("done", ids[0], None)
    assert (second.state, second.result, second.lease_token) == ("leased", None, theirs)


def test_a_heartbeat_keeps_a_lease_while_its_worker_lives(store: Store) -> None:
    clock = FrozenClock()
    heart = Heartbeat(store, clock, every=0.01)
    [row_id] = put(store, 1)
    token, _ = claim(store, SyncSlot, now=clock(), limit=1)
    with heart.keeping(SyncSlot, token):
        clock.advance(minutes=5)
        beaten = threading.Event()
        for _ in range(500):
            if row_of(store, row_id).lease_until == clock() + LEASE:
                beaten.set()
                break
            beaten.wait(0.01)
        assert beaten.is_set()
        assert claim(store, SyncSlot, now=clock(), limit=1)[1] == []
    heart.close()


def test_a_beat_never_revives_what_is_completed(store: Store) -> None:
    clock = FrozenClock()
    heart = Heartbeat(store, clock, every=0.01)
    [row_id] = put(store, 1)
    token, _ = claim(store, SyncSlot, now=clock(), limit=1)
    with heart.keeping(SyncSlot, token):
        with store.writing() as session:
            complete(session, SyncSlot, [row_id], token, state="done")
        threading.Event().wait(0.05)
    heart.close()
    assert row_of(store, row_id).lease_until is None


def test_threads_that_claim_at_once_never_share_a_row(store: Store) -> None:
    ids = put(store, 300)
    taken: list[str] = []
    lock = threading.Lock()

    def work() -> None:
        while True:
            token, rows = claim(store, SyncSlot, now=NOW, limit=7)
            if not rows:
                return
            with store.writing() as session:
                assert complete(session, SyncSlot, [row.id for row in rows], token, state="done") == len(rows)
            with lock:
                taken.extend(row.id for row in rows)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    # On PostgreSQL a claimer that finds everything locked goes home early; the rows are still there for the next.
    while rows := claim(store, SyncSlot, now=NOW, limit=50)[1]:
        taken.extend(row.id for row in rows)
    assert Counter(taken) == Counter(ids)


CLAIMER = """
import sys
from hub.model import SyncSlot
from hub.store import Store
from hub.store.claims import claim
from hub.testing import FrozenClock
store = Store(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
idle = 0
while idle < 3:
    token, rows = claim(store, SyncSlot, now=FrozenClock()(), limit=5)
    idle = 0 if rows else idle + 1
    for row in rows:
        print(row.id)
"""


@pytest.mark.soak
def test_processes_that_claim_at_once_on_postgresql_never_share_a_row(postgres_url: str) -> None:
    store = Store(postgres_url)
    ids = put(store, 200)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIMER, postgres_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    taken: list[str] = []
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        told, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        taken += told.split()
    taken += [row.id for row in claim(store, SyncSlot, now=NOW, limit=500)[1]]
    store.close()
    assert Counter(taken) == Counter(ids)


@pytest.mark.parametrize("plan", ["enable_hashjoin,enable_hashagg", "enable_hashjoin,enable_mergejoin,enable_material"])
def test_whatever_plan_postgresql_makes_no_more_is_claimed_than_asked(postgres_url: str, plan: str) -> None:
    store = Store(f"{postgres_url}&options=" + "%20".join(f"-c%20{name}%3Doff" for name in plan.split(",")))
    put(store, 200)
    with store.writing() as session:
        session.execute(text("ANALYZE sync_slot"))
    assert len(claim(store, SyncSlot, now=NOW, limit=3)[1]) == 3
    store.close()
