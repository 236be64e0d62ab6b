"""The jurisdictions plugin on texts: who said yes to what, and the hours by every clock that may be the person's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.api import Recipient
from hub.api.privacy import ConsentQuestion, ConsentRecord, Opinion, Place
from hub.testing import connect
from plugins.consent.jurisdictions import Jurisdictions
from plugins.consent.jurisdictions.quiet_hours import hours_table, parse_week
from plugins.consent.jurisdictions.texts import MARKETING, SERVICE

CARRIER = Recipient(name="A Carrier", role="processor")
EASTERN, CENTRAL, PACIFIC = "America/New_York", "America/Chicago", "America/Los_Angeles"
WIDE = {"mon-sun": "08:00-21:00"}


def at(zone: str, *moment: int) -> datetime:
    """A time by a clock, as UTC."""
    return datetime(2026, *moment, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def place(code: str, *zones: str) -> Place:
    country, _, region = code.partition("-")
    return Place(country=country, region=region or None, time_zones=zones)


def word(now: datetime, use: str, state: Any = "given", channel: str = "form", days: float = 1) -> ConsentRecord:
    return ConsentRecord(state=state, use=use, channel=channel, at=now - timedelta(days=days), evidence="id")


def judge(now: datetime, use: str, places: tuple[Place, ...], *records: ConsentRecord, **settings: Any) -> Opinion:
    question = ConsentQuestion(
        use=use,
        categories=frozenset({"user.contact.phone_number"}),
        recipient=CARRIER,
        recipient_regions=("US",),
        at=now,
        person_places=places,
        business_places=(Place(country="US", region="IL", basis="business", time_zones=(CENTRAL,)),),
        records=records,
    )
    return connect(Jurisdictions, **{"trades_in": ["US"], **settings}).judge(question)


NOON = at(EASTERN, 11, 24, 12, 0)
NEW_YORK = (place("US-NY", EASTERN),)


@pytest.mark.parametrize(
    ("use", "records", "verdict"),
    [
        (MARKETING, [], "needs"),
        (MARKETING, [word(NOON, MARKETING)], "allow"),
        (MARKETING, [word(NOON, "marketing.communications")], "allow"),
        (MARKETING, [word(NOON, "marketing")], "needs"),
        (MARKETING, [word(NOON, SERVICE, channel="contact")], "needs"),
        (MARKETING, [word(NOON, MARKETING, days=2), word(NOON, "marketing", "refused")], "deny"),
        (SERVICE, [], "needs"),
        (SERVICE, [word(NOON, SERVICE, channel="contact")], "allow"),
        (SERVICE, [word(NOON, SERVICE, channel="contact", days=200)], "needs"),
        (SERVICE, [word(NOON, SERVICE, channel="form", days=200)], "allow"),
        (SERVICE, [word(NOON, SERVICE, "withdrawn", channel="sms")], "deny"),
        (SERVICE, [word(NOON, SERVICE, "withdrawn", days=3), word(NOON, SERVICE, channel="sms")], "allow"),
        (SERVICE, [word(NOON, SERVICE, "withdrawn", days=3), word(NOON, SERVICE)], "deny"),
    ],
)
def test_a_text_rests_on_the_persons_word_or_on_their_own_call(use: str, records: Any, verdict: str) -> None:
    said = judge(NOON, use, NEW_YORK, *records)
    assert (said.verdict, said.not_before) == (verdict, None)


@pytest.mark.parametrize("code", ["CA-ON", "DE", "GB", "AU", "US-CA"])
def test_marketing_texts_need_an_express_yes_everywhere(code: str) -> None:
    assert judge(NOON, MARKETING, (place(code),), word(NOON, SERVICE, channel="contact")).verdict == "needs"


@pytest.mark.parametrize(
    ("code", "zone", "moment", "opens"),
    [
        ("US-NY", EASTERN, (11, 24, 20, 30), None),
        ("US-NY", EASTERN, (11, 24, 21, 0), (11, 25, 8, 0)),
        ("US-NY", EASTERN, (11, 24, 7, 59), (11, 24, 8, 0)),
        ("US-FL", EASTERN, (11, 24, 20, 30), (11, 25, 8, 0)),
        ("US-CT", EASTERN, (11, 24, 8, 30), (11, 24, 9, 0)),
        ("US-KY", EASTERN, (11, 24, 9, 30), (11, 24, 10, 0)),
        ("US-TX", CENTRAL, (11, 29, 11, 0), (11, 29, 12, 0)),
        ("US-TX", CENTRAL, (11, 28, 20, 30), None),
        ("US-RI", EASTERN, (11, 27, 18, 30), (11, 28, 10, 0)),
        ("US-RI", EASTERN, (11, 29, 16, 30), None),
        ("AU", "Australia/Sydney", (11, 28, 17, 30), (11, 30, 9, 0)),
        ("AU", "Australia/Perth", (11, 24, 12, 0), None),
    ],
)
def test_the_hours_of_each_place_hold_by_its_own_clock(code: str, zone: str, moment: Any, opens: Any) -> None:
    now = at(zone, *moment)
    said = judge(now, MARKETING, (place(code, zone),), word(now, MARKETING), marketing_hours=WIDE)
    assert (said.verdict, said.not_before) == (("allow", None) if opens is None else ("deny", at(zone, *opens))), (
        said.reason
    )


def test_our_own_hours_are_narrower_than_the_laws_until_the_customer_widens_them() -> None:
    now = at(EASTERN, 11, 24, 19, 0)
    assert judge(now, MARKETING, NEW_YORK, word(now, MARKETING)).not_before == at(EASTERN, 11, 25, 10, 0)
    assert judge(now, MARKETING, NEW_YORK, word(now, MARKETING), marketing_hours=WIDE).verdict == "allow"


def test_all_zones_in_which_a_number_may_be_are_checked() -> None:
    toll_free = (place("US", EASTERN, CENTRAL, PACIFIC),)
    now = at(EASTERN, 11, 24, 11, 0)
    said = judge(now, MARKETING, toll_free, word(now, MARKETING))
    assert (said.verdict, said.not_before) == ("deny", at(PACIFIC, 11, 24, 10, 0))


def test_a_country_whose_zone_is_unknown_stands_for_all_its_zones_and_regions() -> None:
    now = at(EASTERN, 11, 24, 12, 0)
    said = judge(now, MARKETING, (place("US"),), word(now, MARKETING))
    assert said.not_before == at("Pacific/Honolulu", 11, 24, 10, 0)


@pytest.mark.parametrize(
    ("use", "hour", "rule", "whose"),
    [
        (MARKETING, 8, "own", "that this hub allows"),
        (MARKETING, 7, "us", "that the law allows"),
        (SERVICE, 7, "own", "that this hub allows"),
    ],
)
def test_the_reason_names_a_law_only_if_the_law_forbids_the_hour(use: str, hour: int, rule: str, whose: str) -> None:
    now = datetime(2026, 6, 3, hour, 30, tzinfo=ZoneInfo("America/New_York"))
    said = judge(now, use, NEW_YORK, word(now, use))
    assert said.rule_id == f"jurisdictions.quiet_hours.{rule}" and whose in said.reason
    assert (said.evidence["cite"] == "this hub's own hours") == (rule == "own")


def test_an_unknown_place_has_the_narrowest_hours_by_the_businesss_clock() -> None:
    for hour, verdict in ((10, "deny"), (11, "allow"), (17, "allow"), (18, "deny")):
        now = at(CENTRAL, 11, 24, hour, 30 if hour == 10 else 0)
        assert judge(now, MARKETING, (), word(now, MARKETING)).verdict == verdict, hour


def test_zones_that_share_no_hour_are_a_no_for_good() -> None:
    far = (place("US", EASTERN, "Pacific/Guam"),)
    said = judge(NOON, MARKETING, far, word(NOON, MARKETING))
    assert (said.verdict, said.not_before) == ("deny", None)


def test_an_answer_within_the_hour_comes_at_any_time_and_later_ones_wait_for_the_morning() -> None:
    night = at(EASTERN, 11, 24, 23, 0)
    assert judge(night, SERVICE, NEW_YORK, word(night, SERVICE, channel="contact", days=0.02)).verdict == "allow"
    said = judge(night, SERVICE, NEW_YORK, word(night, SERVICE, channel="contact", days=0.5))
    assert (said.verdict, said.not_before) == ("deny", at(EASTERN, 11, 25, 8, 0))


def test_the_hours_follow_the_clock_when_it_changes() -> None:
    now = at(EASTERN, 10, 31, 22, 0)
    said = judge(now, MARKETING, NEW_YORK, word(now, MARKETING))
    assert said.not_before == datetime(2026, 11, 1, 15, 0, tzinfo=UTC), "10:00 in standard time"


ZONES = sorted({zone for zones in hours_table().zones.values() for zone in zones})


@settings(max_examples=40, deadline=None)
@given(
    zones=st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True),
    code=st.sampled_from(["US", "US-FL", "US-TX", "US-RI", "CA-ON", "AU", "DE"]),
    minutes=st.integers(0, 60 * 24 * 365),
)
def test_when_it_is_too_early_the_next_asking_is_in_time_and_no_later_than_needed(
    zones: list[str], code: str, minutes: int
) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    places = (place(code, *zones),)
    said = judge(now, MARKETING, places, word(now, MARKETING))
    if said.not_before is not None:
        assert said.verdict == "deny" and said.not_before > now
        again = judge(said.not_before, MARKETING, places, word(now, MARKETING))
        assert again.verdict == "allow"
        before = said.not_before - timedelta(minutes=1)
        assert before <= now or judge(before, MARKETING, places, word(now, MARKETING)).verdict == "deny"


def test_every_row_of_the_hours_has_its_source_and_its_date() -> None:
    table = hours_table()
    assert len({rule.id for rule in table.rules}) == len(table.rules) > 10
    assert all(rule.src and rule.read for rule in table.rules if rule.confirmed)
    assert {rule.id for rule in table.rules if not rule.confirmed} <= {"australia"}


@pytest.mark.parametrize("wrong", [{"mon": "9-17"}, {"someday": "09:00-17:00"}, {"mon": "17:00-09:00"}])
def test_hours_that_make_no_sense_are_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"hours|before"):
        parse_week(wrong)
