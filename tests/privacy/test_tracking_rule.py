"""Who is asked before the website tracks them: the strictest hint at a place counts, whichever it is."""

from __future__ import annotations

import re
import zoneinfo
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.privacy.tracking_rule import (
    ASKS_FIRST,
    SCRIPT_ZONES,
    Hints,
    TrackingRule,
    country_of_language,
    country_of_zone,
)

AMERICAN = TrackingRule("by_visitor", "US")
ZONES = st.sampled_from(("America/Chicago", "Europe/Berlin", "America/Toronto", "Asia/Tokyo", "UTC", "nowhere", None))
LANGUAGES = st.sampled_from(("en-US,en;q=0.9", "de", "fr-CA", "es", "en", "ja", "*", "", None))
PLACES = st.sampled_from(("US", "DE", "CA", "JP", None))


@pytest.mark.parametrize(
    ("hints", "asked"),
    [
        ({"time_zone": "America/Chicago", "languages": "en-US,en;q=0.9"}, False),
        ({"time_zone": "Europe/Berlin", "languages": "en-US"}, True),
        ({"time_zone": "America/Chicago", "languages": "de"}, True),
        ({"time_zone": "America/Chicago", "languages": "de-DE,en;q=0.5"}, True),
        ({"time_zone": "America/Chicago", "languages": "en-US,de;q=0.9"}, False),
        ({"time_zone": "America/Chicago", "languages": "es"}, False),
        ({"time_zone": "America/Chicago", "languages": "es-MX"}, False),
        ({"time_zone": "America/Chicago", "languages": "en-GB"}, True),
        ({"time_zone": "America/Montreal", "languages": "fr-CA"}, True),
        ({"time_zone": "America/Chicago", "languages": "fr-CA"}, True),
        ({"time_zone": "America/Toronto", "languages": "en-US"}, True),
        ({"time_zone": "America/Chicago", "languages": "en-US", "network_country": "FR"}, True),
        ({"time_zone": "America/Chicago", "languages": "en-US", "network_country": "US"}, False),
        ({"time_zone": "America/Chicago", "languages": "en-US", "declared_country": "JP"}, True),
        ({"time_zone": "Europe/Istanbul", "languages": "tr-TR"}, True),
        ({"time_zone": "UTC", "languages": "en"}, False),
        ({"time_zone": "UTC", "languages": "zh-Hant-TW"}, False),
    ],
)
def test_a_company_in_the_united_states_asks_who_may_be_where_the_law_wants_it(
    hints: dict[str, str], asked: bool
) -> None:
    assert AMERICAN.asks_first(Hints(**hints)) is asked  # type: ignore[arg-type]


def test_who_is_nowhere_known_counts_as_where_the_company_trades() -> None:
    unknown = Hints(time_zone="UTC", languages="en")
    assert TrackingRule("by_visitor", "US", ("MX", "GB")).asks_first(unknown)
    assert not TrackingRule("by_visitor", "US", ("MX",)).asks_first(unknown)
    assert not TrackingRule("by_visitor", "US", ("GB",)).asks_first(Hints(time_zone="America/Chicago"))


@given(ZONES, LANGUAGES, PLACES)
def test_one_more_hint_never_makes_it_laxer_and_the_setting_decides_where_it_is_made(
    zone: str | None, languages: str | None, place: str | None
) -> None:
    some: dict[str, Any] = {"time_zone": zone, "languages": languages}
    if Hints(**some).countries():
        assert AMERICAN.asks_first(Hints(**some, network_country=place)) >= AMERICAN.asks_first(Hints(**some))
    every = Hints(**some, network_country=place)
    assert TrackingRule("opt_in", "US").asks_first(every) and not TrackingRule("opt_out", "DE").asks_first(every)
    assert TrackingRule("by_visitor", "DE").asks_first(every)


@given(st.text(max_size=80))
def test_any_text_is_read_as_a_hint(text: str) -> None:
    assert country_of_language(text) is None or re.fullmatch("[A-Z]{2}", country_of_language(text) or "")
    assert country_of_zone(text) is None


def test_each_time_zone_that_the_script_knows_is_asked_by_the_hub_too() -> None:
    known = {zone for zone in zoneinfo.available_timezones() if re.search(SCRIPT_ZONES, zone)}
    assert len(known) > 80
    assert {zone for zone in known if country_of_zone(zone) not in ASKS_FIRST} == set()
    assert country_of_zone("America/Indianapolis") == "US" and country_of_zone("CET") in ASKS_FIRST
