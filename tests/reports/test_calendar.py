"""Days, months and years of a company: every moment is in one day, and pieces add up to the span that was asked for."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.reports.calendar import bounds, day_of, days_between, months_between, years_between
from hub.reports.report import joined, pieces

ZONES = ("UTC", "America/Chicago", "Europe/Berlin", "Asia/Kolkata", "America/Sao_Paulo", "Asia/Beirut", "Pacific/Apia")
days = st.dates(date(2005, 1, 1), date(2030, 12, 31))


@given(st.datetimes(datetime(2005, 1, 1), datetime(2030, 1, 1)), st.sampled_from(ZONES))
def test_every_moment_lies_within_its_day_alone(naive: datetime, name: str) -> None:
    at, zone = naive.replace(tzinfo=UTC), ZoneInfo(name)
    day = day_of(at, zone)
    start, end = bounds(day, zone)
    assert start <= at < end
    assert bounds(day + timedelta(days=1), zone)[0] == end


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 8), 23), ((2026, 11, 1), 25), ((2026, 5, 1), 24)])
def test_a_day_on_which_clocks_change_is_shorter_or_longer(day: tuple[int, int, int], hours: int) -> None:
    start, end = bounds(date(*day), ZoneInfo("America/Chicago"))
    assert end - start == timedelta(hours=hours)


@given(days, st.integers(0, 1_500))
def test_pieces_add_up_to_the_span_and_are_few(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    found = joined(pieces(first, last))
    covered: Counter[date] = Counter()
    rows = 0
    for piece in found:
        for begins in days_between(piece.first, piece.last):
            within = {
                "day_rollup": [(begins, begins)],
                "month_rollup": [each for each in months_between(begins, begins) if each[0] == begins],
                "year_rollup": [each for each in years_between(begins, begins) if each[0] == begins],
            }[piece.table.name]
            rows += len(within)
            for begin, end in within:
                covered.update(dict.fromkeys(days_between(begin, end), piece.sign))
    assert {day for day, times in covered.items() if times} == set(days_between(first, last))
    assert max(covered.values()) == 1
    assert len(found) <= 9 and rows <= 60
