"""Ids, dates, names of sources and formatted values on the wire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.callrail import formatted
from hub.callrail.accounts import made_at
from hub.callrail.dates import RANGES, local_time, period, range_time, utc_time, zone_named, zone_title
from hub.callrail.ids import CALL, ending_of, is_named, number_of, row_id, wire_id
from hub.callrail.sources import source_name, source_slug
from hub.errors import CannotDo
from hub.model.columns import new_id

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


@settings(max_examples=30)
@given(st.uuids())
def test_an_id_comes_back_as_it_was_and_its_number_fits_javascript(uuid: UUID) -> None:
    text = str(uuid)
    assert row_id(CALL, wire_id(CALL, text)) == text
    number = number_of(text)
    assert number == uuid.int & ((1 << 52) - 1) and text.endswith(ending_of(number) or "-")
    assert is_named(CALL, wire_id(CALL, text), text) and is_named(CALL, str(number), text)


@pytest.mark.parametrize("text", ["", "CAL", "CAL123", "COM" + "0" * 32, "0" * 32, "CAL" + "g" * 32, "CAL" + "0" * 33])
def test_what_is_no_id_of_a_call_is_none(text: str) -> None:
    assert row_id(CALL, text) is None and ending_of(1 << 52) is None


def test_an_id_says_when_its_row_was_made() -> None:
    made = made_at(new_id())
    assert made is not None and abs(made - datetime.now(UTC)) < timedelta(seconds=5)
    assert made_at("f0000000-0000-5000-8000-000000000000") is None


def test_times_are_written_as_clients_parse_them() -> None:
    assert local_time(NOW, CHICAGO) == "2026-11-24T09:00:00.000-06:00"
    assert local_time(NOW.replace(microsecond=119_999), ZoneInfo("UTC")) == "2026-11-24T15:00:00.119+00:00"
    assert utc_time(NOW) == "2026-11-24T15:00:00.000Z" and local_time(None, CHICAGO) is utc_time(None) is None
    assert range_time(NOW, CHICAGO) == "2026-11-24T09:00:00-0600"
    assert zone_title(CHICAGO) == "Central Time (US & Canada)" and zone_title(ZoneInfo("Asia/Tokyo")) == "Asia/Tokyo"
    assert zone_named("Central Time (US & Canada)", "UTC") == CHICAGO and zone_named(None, "America/Chicago") == CHICAGO


def days(name: str) -> tuple[str | None, str]:
    found = period({"date_range": name}, NOW, CHICAGO)
    first = found.begins.astimezone(CHICAGO).date().isoformat() if found.begins else None
    return first, (found.ends - timedelta(seconds=1)).astimezone(CHICAGO).date().isoformat()


def test_named_ranges_are_days_of_the_zone() -> None:
    today = "2026-11-24"
    assert {name: days(name) for name in RANGES} == {
        "recent": ("2026-10-26", today),
        "today": (today, today),
        "yesterday": ("2026-11-23", "2026-11-23"),
        "last_7_days": ("2026-11-18", today),
        "last_30_days": ("2026-10-26", today),
        "this_month": ("2026-11-01", today),
        "last_month": ("2026-10-01", "2026-10-31"),
        "this_year": ("2026-01-01", today),
        "last_year": ("2025-01-01", "2025-12-31"),
        "all_time": (None, today),
    }
    assert period({}, NOW, CHICAGO) == period({"date_range": "recent"}, NOW, CHICAGO)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24T09:30",
        "2026-11-24T09:30:00-06:00",
        "2026-11-24T15:30:00.000000+0000",
        "2026-11-24T15:30:00.000000 0000",
        "2026-11-24T15:30:00Z",
    ],
)
def test_a_start_is_read_in_each_form_that_clients_send(text: str) -> None:
    found = period({"start_date": text, "date_range": "today"}, NOW, CHICAGO)
    assert found.begins == datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
    assert found.ends == datetime(2026, 11, 25, 6, tzinfo=UTC)


def test_an_end_includes_its_day_and_its_moment() -> None:
    assert period({"end_date": "2026-11-24"}, NOW, CHICAGO).ends == datetime(2026, 11, 25, 6, tzinfo=UTC)
    assert period({"end_date": "2026-11-24T09:30"}, NOW, CHICAGO).ends > datetime(2026, 11, 24, 15, 30, tzinfo=UTC)


@settings(max_examples=20)
@given(st.text("0123456789-:T+Z. ", max_size=30))
def test_anything_else_is_refused_in_one_sentence_and_never_fails_otherwise(text: str) -> None:
    for name in ("start_date", "end_date"):
        try:
            period({name: text}, NOW, CHICAGO)
        except CannotDo as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_times_out_of_this_world_are_limited_or_refused(text: str) -> None:
    try:
        found = period({"start_date": text}, NOW, CHICAGO)
    except CannotDo:
        return
    assert found.begins == datetime(2000, 1, 1, tzinfo=UTC)


def test_sources_have_the_names_that_callrail_displays_and_slugs_of_its_webhooks() -> None:
    names = {
        ("google", "cpc"): ("Google Ads", "google_paid"),
        ("google", "organic"): ("Google Organic", "google_organic"),
        ("bing", "cpc"): ("Bing Paid", "bing_paid"),
        ("google_business_profile", "organic"): ("Google My Business", "google_my_business"),
        ("website", "direct"): ("Direct", "direct"),
        ("yellow_pages", "print"): ("Yellow Pages", "yellow_pages"),
        ("yelp.com", "referral"): ("yelp.com", "yelp_com"),
    }
    assert {pair: (source_name(*pair), source_slug(*pair)) for pair in names} == names
    assert source_name(None, None) is None and source_slug(None, None) == ""


def test_formatted_values_are_as_callrail_writes_them() -> None:
    assert formatted.phone("+12148654559") == "214-865-4559" and formatted.phone("+442079460123") == "+44 20 7946 0123"
    assert [formatted.duration(each) for each in (None, 13, 125, 3609)] == ["0s", "13s", "2m 5s", "1h 0m 9s"]
    assert formatted.value(None, None) == "--" and formatted.value(Decimal("1234.5"), "USD") == "$1,234.50"
    assert formatted.location("Rochester", "NY") == "Rochester, NY" and formatted.location(None, None) is None
