"""Timetables: every node agrees on the slots, whatever its clock and its time zone do."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.config.schedule import Schedule, parse_schedule

NOW = datetime(2026, 11, 24, 15, 7, 30, tzinfo=UTC)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
spans = st.sampled_from(["every 1 second", "every 90 seconds", "every 15 minutes", "every 6 hours", "every 1 day"])
lines = st.sampled_from(["*/15 * * * *", "0 3 * * *", "30 2 * * 0", "0 0 1 * *", "5 4 29 2 *"])


@given(text=spans | lines, now=moments, missed=st.integers(0, 400 * 86_400))
def test_the_newest_slot_is_due_is_new_and_is_written_once(text: str, now: datetime, missed: int) -> None:
    schedule = parse_schedule(text)
    after = now - timedelta(seconds=missed)
    slot = schedule.latest_slot(now, after=after)
    if slot is None:
        return
    assert after < slot <= now
    assert schedule.latest_slot(now, after=slot) is None, "however many were missed, they are caught up once"
    assert schedule.latest_slot(slot) == slot, "every node that asks then names the same slot"


@given(text=spans, now=moments, hours=st.integers(-14, 14))
def test_a_nodes_time_zone_changes_no_slot(text: str, now: datetime, hours: int) -> None:
    schedule = parse_schedule(text)
    assert schedule.latest_slot(now.astimezone(timezone(timedelta(hours=hours)))) == schedule.latest_slot(now)


@pytest.mark.parametrize(
    ("text", "now", "after", "slot"),
    [
        ("every 15 minutes", "15:07:30", None, "15:00:00"),
        ("every 15 minutes", "15:07:30", "14:00:00", "15:00:00"),
        ("every 15 minutes", "15:07:30", "15:00:00", None),
        ("every 15 minutes", "14:59:59", "15:00:00", None),
        ("*/15 * * * *", "15:07:30", "12:00:00", "15:00:00"),
        ("*/15 * * * *", "15:00:00", "14:45:00", "15:00:00"),
        ("*/15 * * * *", "15:07:30", "15:00:00", None),
        ("0 3 * * *", "15:07:30", None, "03:00:00"),
        ("*/15 * * * *", "15:14:59", None, "15:00:00"),
        ("0 3 * * 2", "15:07:30", None, "03:00:00"),  # a Tuesday: 0 and 7 are Sunday
        ("0 3 * * tue", "15:07:30", None, "03:00:00"),
        ("0 3 * * 1", "15:07:30", None, None),
        ("0 3 13 * 2", "15:07:30", None, "03:00:00"),  # the 13th, and each Tuesday
    ],
)
def test_slots(text: str, now: str, after: str | None, slot: str | None) -> None:
    def at(clock: str | None) -> datetime | None:
        return datetime.fromisoformat(f"2026-11-24T{clock}+00:00") if clock else None

    present = at(now)
    assert present is not None
    assert parse_schedule(text).latest_slot(present, after=at(after)) == at(slot)


@pytest.mark.parametrize("zone", ["America/Chicago", "Europe/London", "Australia/Lord_Howe"])
@pytest.mark.parametrize(
    "day", [datetime(2026, 3, 8), datetime(2026, 3, 29), datetime(2026, 10, 25), datetime(2026, 11, 1)]
)
def test_a_change_to_or_from_summer_time_neither_skips_nor_doubles_a_slot(zone: str, day: datetime) -> None:
    schedule = parse_schedule("every 15 minutes")
    begin = day.replace(tzinfo=UTC)
    slots: list[datetime] = []
    for minute in range(0, 48 * 60, 5):
        local = (begin + timedelta(minutes=minute)).astimezone(ZoneInfo(zone))
        slot = schedule.latest_slot(local, after=slots[-1] if slots else None)
        if slot is not None:
            slots.append(slot)
    gaps = {later - earlier for earlier, later in itertools.pairwise(slots)}
    assert gaps == {timedelta(minutes=15)} and len(slots) == 48 * 4


def test_a_clock_that_falls_back_makes_no_slot_twice() -> None:
    schedule = parse_schedule("every 15 minutes")
    slot = schedule.latest_slot(NOW)
    assert slot is not None
    assert schedule.latest_slot(NOW - timedelta(hours=2), after=slot) is None
    assert schedule.latest_slot(NOW + timedelta(minutes=15), after=slot) == slot + timedelta(minutes=15)


def test_after_a_year_of_rest_a_slot_a_minute_is_found_at_once() -> None:
    schedule = parse_schedule("* * * * *")
    assert schedule.latest_slot(NOW, after=NOW - timedelta(days=365)) == NOW.replace(second=0)


def test_after_years_of_rest_a_rare_slot_is_still_found() -> None:
    schedule = parse_schedule("5 4 29 2 *")
    assert schedule.latest_slot(NOW, after=NOW - timedelta(days=3_000)) == datetime(2024, 2, 29, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "every", "every 0 seconds", "every blue moon", "* * * *", "61 * * * *", "hourly", None, 5]
)
def test_what_is_no_timetable_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(ValueError, match="is not a schedule; write it like `every 15 minutes`"):
        parse_schedule(text)


@pytest.mark.parametrize("text", ["every 15 minutes", "*/15 * * * *"])
def test_the_ticker_fires_at_the_slots(text: str) -> None:
    schedule = parse_schedule(text)
    fired = schedule.trigger().get_next_fire_time(None, NOW)
    assert fired == datetime(2026, 11, 24, 15, 15, tzinfo=UTC)
    assert schedule.latest_slot(fired) == fired


def test_a_timetable_is_read_once() -> None:
    schedule = Schedule("every 1 hour", timedelta(hours=1))
    assert parse_schedule(schedule) is schedule
