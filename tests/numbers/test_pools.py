"""The figures of a pool: visitors, use, overflow, and the size that they need."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from testbed import ACCOUNTS, HOLD, POOL, SHARED, TestHub, company

from hub.model import Attribution, Lease
from hub.numbers.erlang import blocking, numbers_needed
from hub.numbers.pools import PoolFigures, pool_figures
from hub.privacy.retention import sweep

Factory = Callable[..., TestHub]


def figures(stage: TestHub, days: float = 7, blocked: float = 0.01) -> PoolFigures:
    with stage.hub.store.reading() as session:
        [found] = pool_figures(session, stage.directory, ["lakeside"], days=days, blocked=blocked, now=stage.clock())
    return found


def swept(stage: TestHub) -> dict[str, int]:
    done = sweep(stage.hub.store, stage.clock())
    return {name: rows for name, rows in done.items() if name in ("leases", "overflows")}


def test_a_pool_that_nobody_visited_has_no_figures_and_needs_no_numbers(hub: Factory) -> None:
    found = figures(hub())
    assert (found.size, found.live, found.arrivals, found.overflows, found.recommended) == (3, 0, 0, 0, 0)
    assert (found.mean_rate, found.peak_rate, found.utilization, found.overflow_rate) == (0, 0, 0, 0)
    assert found.hold == timedelta(minutes=30) and found.rest is None


def test_visitors_are_counted_with_those_who_found_no_number(hub: Factory) -> None:
    stage = hub()
    for _ in range(5):
        stage.visit()
    found = figures(stage)
    assert (found.live, found.arrivals, found.overflows, found.overflow_rate) == (3, 5, 2, 0.4)
    assert (found.mean_rate, found.peak_rate) == (5, 5)


def test_use_is_the_time_that_numbers_were_held(hub: Factory) -> None:
    stage = hub()
    stage.visit()
    stage.clock.advance(hours=2)
    found = figures(stage)
    assert found.utilization == pytest.approx(0.5 / (3 * 2)), "half an hour of three numbers' two hours"
    assert found.mean_rate == 0.5 and found.hold == timedelta(minutes=30)
    assert found.rest == timedelta(hours=5.5)


def test_the_time_held_is_measured_and_not_believed(hub: Factory) -> None:
    stage = hub()
    shown = stage.visit()
    stage.clock.advance(minutes=20)
    stage.visit(visit_id=shown.visit_id)
    stage.clock.advance(hours=1)
    assert figures(stage).hold == timedelta(minutes=50)


def test_the_advised_size_is_erlangs_for_the_busiest_hour(hub: Factory) -> None:
    numbers = [f"+131255502{index:02}" for index in range(40)]
    stage = hub(accounts=[{**ACCOUNTS[0], "companies": [company("lakeside", numbers, SHARED)]}])
    for each, minutes in ((24, 60), (3, 60), (3, 60)):
        for _ in range(each):
            stage.visit()
            stage.clock.advance(minutes=minutes / each)
    found = figures(stage)
    assert (found.arrivals, found.peak_rate, found.mean_rate) == (30, 24, 10)
    assert found.recommended == numbers_needed(24 * 0.5, 0.01) == 20
    assert figures(stage, blocked=0.1).recommended < 20
    assert found.expected_overflow == blocking(40, 12)


def test_only_the_days_that_are_asked_for_are_looked_at(hub: Factory) -> None:
    stage = hub()
    for _ in range(3):
        stage.visit()
    stage.clock.advance(days=10)
    stage.visit()
    stage.clock.advance(hours=3)
    assert figures(stage, days=1).arrivals == 1 and figures(stage, days=30).arrivals == 4
    assert figures(stage, days=1).mean_rate == pytest.approx(1 / 24)
    assert figures(stage, days=30).since == stage.clock() - timedelta(days=10, hours=3), "the first visitor's day"


def test_a_lease_that_reaches_into_the_time_counts_for_its_part(hub: Factory) -> None:
    stage = hub()
    stage.visit()
    stage.clock.advance(minutes=15)
    now: datetime = stage.clock()
    stage.clock.advance(hours=24)
    found = figures(stage, days=1)
    assert stage.one(Lease).expires_at == now + timedelta(minutes=15)
    assert found.arrivals == 0 and found.utilization == pytest.approx(0.25 / (3 * 24))


def test_companies_have_figures_of_their_own(hub: Factory) -> None:
    stage = hub()
    stage.visit("northgate")
    assert figures(stage).arrivals == 0
    assert len(POOL) == figures(stage).size


# How long the history is kept


def test_leases_and_overflows_are_forgotten_when_a_visit_of_their_time_would_be(hub: Factory) -> None:
    stage = hub()
    stayed, *_ = (stage.visit() for _ in range(5))
    stage.clock.advance(days=396)
    assert swept(stage) == {"overflows": 2}, "the leases ran on for half an hour"
    fresh = stage.visit()
    stage.clock.advance(minutes=30)
    assert swept(stage) == {"leases": 3}
    assert swept(stage) == {}
    assert [lease.visit_id for lease in stage.rows(Lease)] == [fresh.visit_id]
    assert stage.visit(visit_id=stayed.visit_id).lease_until == stage.clock() + HOLD, "a number is lent all the same"


def test_what_late_callers_and_reports_need_is_still_there_the_day_before(hub: Factory) -> None:
    stage = hub(conversions=[])
    shown = stage.visit()
    first = stage.call_in(shown.number or "")
    stage.clock.advance(days=395, hours=23)
    sweep(stage.hub.store, stage.clock())
    assert figures(stage, days=396).arrivals == 1
    again = stage.call_in(shown.number or "")
    assert first.person_id == again.person_id
    found = stage.one(Attribution, subject_id=again.id)
    assert (found.visit_id, found.rule) == (shown.visit_id, "person.remembered")
