"""The hours of pools: what was held at once, who found none, added up once and never again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from testbed import POOL, TestHub

from hub.model import Lease, PoolHour, PoolOverflow, TrackingNumber, Visit
from hub.numbers.pool_hours import most_at_once, roll_up_pools

Factory = Callable[..., TestHub]


def lend(stage: TestHub, number: str, minutes: float, after: float = 0) -> None:
    """A lease that begins `after` minutes from now."""
    stage.visit("northgate")
    visit = stage.rows(Visit)[0]
    row = stage.one(TrackingNumber, number=number)
    begin = stage.clock() + timedelta(minutes=after)
    stage.add(
        Lease(
            tracking_number_id=row.id,
            visit_id=visit.id,
            granted_at=begin,
            expires_at=begin + timedelta(minutes=minutes),
        )
    )


def hours(stage: TestHub) -> list[tuple[int, int, int, int, int]]:
    pool = stage.one(TrackingNumber, number=POOL[0]).tracker_id
    rows = sorted(
        stage.rows_of(PoolHour) if hasattr(stage, "rows_of") else stage.rows(PoolHour), key=lambda row: row.hour
    )
    return [
        (row.hour.hour, row.most_held, row.lent, row.overflows, row.held_seconds)
        for row in rows
        if row.tracker_id == pool
    ]


def test_an_hour_that_is_over_is_added_up_once(lite_hub: Factory) -> None:
    stage = lite_hub()  # 3 pm UTC
    lend(stage, POOL[0], 30)
    lend(stage, POOL[1], 30, after=10)
    lend(stage, POOL[2], 90, after=45)  # into the next two hours
    lend(stage, POOL[0], 10, after=40)
    pool = stage.one(TrackingNumber, number=POOL[0]).tracker_id
    stage.add(PoolOverflow(tracker_id=pool, at=stage.clock() + timedelta(minutes=20)))
    roll_up_pools(stage.hub.store, stage.clock() + timedelta(minutes=59))
    assert hours(stage) == []
    for _ in range(2):
        while roll_up_pools(stage.hub.store, stage.clock() + timedelta(hours=3)):
            pass
        assert hours(stage) == [(15, 2, 4, 1, 85 * 60), (16, 1, 0, 0, 3600), (17, 1, 0, 0, 15 * 60)]


def test_a_quiet_week_between_two_visitors_leaves_no_rows(lite_hub: Factory) -> None:
    stage = lite_hub()
    lend(stage, POOL[0], 30)
    roll_up_pools(stage.hub.store, stage.clock() + timedelta(hours=1))
    lend(stage, POOL[0], 30, after=5 * 24 * 60)
    while roll_up_pools(stage.hub.store, stage.clock() + timedelta(days=6)):
        pass
    assert [row[0] for row in hours(stage)] == [15, 15]


def test_numbers_that_follow_each_other_are_not_held_at_once(lite_hub: Factory) -> None:
    at = lite_hub().clock()
    minute = timedelta(minutes=1)
    assert most_at_once([(at, at + minute), (at + minute, at + 2 * minute)], at, at + 60 * minute) == 1
    assert most_at_once([(at - minute, at + minute), (at, at + 2 * minute)], at, at + 60 * minute) == 2
