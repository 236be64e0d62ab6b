"""Fourteen hundred leases by many at once, on both databases: never do two visitors hold one number."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import text
from testbed import ACCOUNTS, SHARED, TestHub, company, open_stage

from hub.testing import FrozenClock
from hub.visits.batch_writer import VisitBatchWriter
from hub.visits.visit_request import NumberShown, VisitRequest

pytestmark = pytest.mark.soak

Opener = Callable[..., TestHub]
NUMBERS = [f"+131255502{index:02}" for index in range(100)]
CROWD = [{**ACCOUNTS[0], "companies": [company("lakeside", NUMBERS, SHARED)]}]
VISITORS = 1_400
"""So many are lent a number, and some of them another one later."""
CLIENTS, PROCESSES = 64, 4
TURN = timedelta(seconds=200)
"""Between two turns of any client: then about as many numbers come back as are wanted, and some visitors find none."""
VISIT = VisitRequest(
    landing_page="https://lakeside.example.com/",
    referrer=None,
    human=True,
    user_agent="Mozilla/5.0 (X11; Linux x86_64)",
)


def crowd(stage: TestHub, clients: int, visitors: int, processes: int = 1) -> None:
    """Many clients of one process come, stay or leave, and come again; the clock goes on meanwhile.

    Each client has several visits under way at a time, as browsers' requests overlap; so they meet in one transaction.
    """
    desk = VisitBatchWriter(stage.hub)
    lakeside = stage.directory.companies["lakeside"]
    turning = threading.Lock()
    failures: list[BaseException] = []

    def client(number: int) -> None:
        try:
            left = visitors // clients + (number < visitors % clients)
            while left > 0:
                with turning:
                    stage.clock.now += processes * TURN
                visits = [desk.receive(stage.directory, lakeside, VISIT) for _ in range(min(left, 6))]
                shown: list[NumberShown] = [each.result(60) for each in visits]
                own = [each for each in shown if each.lease_until is not None]
                left -= len(own)
                # One of three stays, one leaves, one is not heard of any more.
                answers = [
                    desk.receive(stage.directory, lakeside, replace(VISIT, landing_page=None, visit_id=each.visit_id))
                    for each in own[0::3]
                ]
                leaving = [desk.dismiss(lakeside, each.visit_id or "") for each in own[1::3]]
                for kept, again in zip(own[0::3], answers, strict=True):
                    assert again.result(60).visit_id == kept.visit_id
                for each in leaving:
                    each.result(60)
                # Every other one who left was only loading the page again.
                reloading = [
                    desk.receive(stage.directory, lakeside, replace(VISIT, visit_id=each.visit_id))
                    for each in own[1::6]
                ]
                for again in reloading:
                    again.result(60)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desk.close()
    assert failures == []


def no_number_has_two_holders(stage: TestHub) -> None:
    with stage.hub.store.reading() as session:
        rows = session.connection().execute(
            text("SELECT tracking_number_id, granted_at, expires_at FROM lease ORDER BY 1, 2, 3")
        )
        leases = [tuple(row) for row in rows]
        told = text(
            "SELECT count(*) FROM tracking_number n JOIN lease l ON l.id = n.lease_id AND l.expires_at = n.leased_until"
        )
        agreeing = session.connection().execute(told).scalar_one()
    assert len(leases) >= VISITORS
    assert agreeing == len({number for number, _, _ in leases}), "the numbers and their history agree"
    for (number, _, ended), (other, granted, _) in pairwise(leases):
        assert number != other or ended <= granted, "two visitors held one number"


def test_sixty_four_clients_on_sqlite_never_hold_one_number_twice(sqlite_url: str, open_hub_on: Opener) -> None:
    stage = open_hub_on(sqlite_url, accounts=CROWD)
    crowd(stage, CLIENTS, VISITORS)
    no_number_has_two_holders(stage)


def test_four_processes_on_postgresql_never_hold_one_number_twice(postgres_url: str, open_hub_on: Opener) -> None:
    stage = open_hub_on(postgres_url, accounts=CROWD)
    command = [sys.executable, __file__, postgres_url, str(VISITORS // PROCESSES), stage.clock().isoformat()]
    path = ":".join([str(Path(__file__).parent.parent), *sys.path])
    processes = [
        subprocess.Popen(command, env={"PYTHONPATH": path}, stderr=subprocess.PIPE, text=True) for _ in range(PROCESSES)
    ]
    for process in processes:
        _, errors = process.communicate(timeout=100)
        assert process.returncode == 0, errors[-2000:]
    no_number_has_two_holders(stage)


if __name__ == "__main__":
    url, share, begun = sys.argv[1:]
    with open_stage(url, FrozenClock(datetime.fromisoformat(begun)), accounts=CROWD) as opened:
        crowd(opened, 16, int(share), PROCESSES)
