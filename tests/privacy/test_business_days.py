"""The business calendar agrees with a counter that was written another way, and counts months as the law does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from working_days import HOLIDAYS, counted_on, working_days

from hub.privacy.business_days import (
    POLICY_NOTICE,
    Calendar,
    Period,
    add_months,
    known_places,
)

ONE_MONTH = Period(1, "months", True)  # GDPR Art. 12(3); Regulation (EEC, Euratom) 1182/71 Art. 3(2)(c), 3(4)
"""A month as the GDPR and the UK GDPR count it: to the same date of the next month, or its last day where it has no such date;
one that ends on a Saturday, Sunday or holiday ends with the next working day. ICO, guide to the right of access, counts the
same way from the day of receipt."""
THREE_MONTHS = Period(
    3, "months", True
)  # GDPR Art. 12(3): extended by two further months, told with reasons within the first
US_STATE_REQUEST = Period(
    45, "days", False
)  # Cal. Civ. Code 1798.130(a)(2); most US states alike; not extended, to be safe
CALIFORNIA_OPT_OUT = Period(15, "business_days")  # 11 CCR 7026(f): as soon as feasible, at most 15 business days

JURISDICTIONS = [("US",), ("GB-ENG",), ("DE",), ("CA-QC",), ("US", "CA-QC")]
PLACES = st.sampled_from(["US", "US-CA", "CA-ON", "CA-QC", "GB", "GB-SCT", "DE-BY", "FR", "IE", "AU-NSW"])
CALENDARS = st.builds(Calendar, st.frozensets(PLACES, max_size=3))
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize("places", JURISDICTIONS, ids="+".join)
def test_eighty_notices_of_thirty_business_days_end_where_the_other_counter_ends_them(places: tuple[str, ...]) -> None:
    calendar, days = Calendar(frozenset(places)), working_days(*places)
    starts = [date(2026, 1, 1) + timedelta(days=8 * number + number % 7) for number in range(80)]
    assert len(set(starts)) == 80
    found = {start: POLICY_NOTICE.last_day(start, calendar) for start in starts}
    assert found == {start: counted_on(start, 30, days) for start in starts}


@pytest.mark.parametrize("place", HOLIDAYS)
def test_every_day_of_two_years_is_free_or_not_as_the_authorities_say(place: str) -> None:
    calendar, days = Calendar(frozenset({place})), set(working_days(place))
    year = [date(2026, 1, 1) + timedelta(days=number) for number in range(730)]
    assert [day for day in year if calendar.is_business_day(day) != (day in days)] == []


def test_a_state_keeps_the_federal_holidays_and_its_own() -> None:
    california = Calendar(frozenset({"US-CA"}))
    assert not california.is_business_day(date(2026, 10, 12)), "Columbus Day"
    assert not california.is_business_day(date(2026, 11, 27)), "the day after Thanksgiving"
    assert Calendar(frozenset({"US"})).is_business_day(date(2026, 11, 27))


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-09-03", "2026-10-05"),  # 3 October is a Saturday (and a holiday in Germany)
        ("2026-01-31", "2026-03-02"),  # 28 February is a Saturday
        ("2027-01-29", "2027-03-01"),  # 28 February is a Sunday
        ("2028-01-30", "2028-02-29"),
        ("2026-03-06", "2026-04-07"),  # Easter Monday
        ("2026-11-30", "2026-12-30"),
        ("2026-12-01", "2027-01-04"),  # New Year's Day is a Friday
    ],
)
def test_a_month_of_the_gdpr_ends_on_the_same_date_or_the_next_working_day(received: str, due: str) -> None:
    germany = Calendar(frozenset({"DE"}), "Europe/Berlin")
    assert ONE_MONTH.last_day(date.fromisoformat(received), germany).isoformat() == due


def test_a_deadline_is_over_when_its_last_day_is_over_there() -> None:
    los_angeles = Calendar(frozenset({"US"}), "America/Los_Angeles")
    late_evening = datetime(2026, 3, 1, 7, 30, tzinfo=UTC)  # 28 February, 23:30 there
    assert US_STATE_REQUEST.due(late_evening, los_angeles) == datetime(2026, 4, 15, 7, tzinfo=UTC)
    assert CALIFORNIA_OPT_OUT.due(late_evening, los_angeles) == datetime(2026, 3, 21, 7, tzinfo=UTC)
    assert THREE_MONTHS.due(late_evening, los_angeles) == datetime(2026, 5, 29, 7, tzinfo=UTC)


def test_a_day_that_begins_when_the_clocks_jump_begins_then() -> None:
    chile = Calendar(time_zone="America/Santiago")
    # On 6 September 2026 the clocks go from midnight to one o'clock.
    assert chile.begins(date(2026, 9, 6)) == datetime(2026, 9, 6, 4, tzinfo=UTC)
    assert chile.ends(date(2026, 9, 5)) == chile.begins(date(2026, 9, 6))
    assert chile.ends(date(2026, 9, 6)) - chile.begins(date(2026, 9, 6)) == timedelta(hours=23)


@settings(max_examples=60)
@given(CALENDARS, DAYS, st.integers(0, 60), st.integers(0, 60))
def test_business_days_add_up(calendar: Calendar, day: date, first: int, second: int) -> None:
    start = calendar.next_business_day(day)
    there = calendar.add_business_days(calendar.add_business_days(start, first), second)
    assert there == calendar.add_business_days(start, first + second)
    assert calendar.is_business_day(there)
    walked = sum(calendar.is_business_day(start + timedelta(days=n)) for n in range(1, (there - start).days + 1))
    assert walked == first + second


@settings(max_examples=60)
@given(CALENDARS, DAYS, st.integers(0, 40), PLACES)
def test_one_more_place_never_brings_a_day_forward(calendar: Calendar, day: date, count: int, place: str) -> None:
    more = Calendar(calendar.places | {place})
    if calendar.places or place:
        assert more.add_business_days(day, count) >= calendar.add_business_days(day, count)


@settings(max_examples=100)
@given(DAYS, st.integers(0, 60))
def test_months_keep_the_date_or_end_with_the_month(day: date, count: int) -> None:
    there = add_months(day, count)
    assert (there.year - day.year) * 12 + there.month - day.month == count
    assert there.day == day.day or (there.day < day.day and (there + timedelta(days=1)).day == 1)


@settings(max_examples=60)
@given(st.builds(Period, st.integers(0, 90), st.sampled_from(["days", "business_days", "months"]), st.booleans()),
       CALENDARS, DAYS, st.integers(0, 40))  # fmt: skip
def test_who_asks_later_is_never_answered_earlier(period: Period, calendar: Calendar, day: date, later: int) -> None:
    last = period.last_day(day, calendar)
    assert last >= day
    assert period.last_day(day + timedelta(days=later), calendar) >= last
    if period.extended or period.unit == "business_days":
        assert calendar.is_business_day(last)


def test_what_nobody_can_count_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="ISO 3166"):
        Calendar(frozenset({"XX"})).is_business_day(date(2026, 1, 1))
    with pytest.raises(ValueError, match="holidays are not known"):
        Calendar().add_business_days(date(2099, 12, 31), 1)
    with pytest.raises(ValueError, match="holidays are not known"):
        add_months(date(2099, 12, 31), 1)
    with pytest.raises(ValueError, match="only counted forward"):
        Calendar().add_business_days(date(2026, 1, 1), -1)
    with pytest.raises(ValueError, match="shorter than nothing"):
        Period(-1, "days")


def test_a_region_that_no_calendar_knows_counts_as_its_country() -> None:
    assert known_places([("US", "IL"), ("US", "ZZ"), ("XX", None), ("DE", None)]) == {"US-IL", "US", "DE"}
