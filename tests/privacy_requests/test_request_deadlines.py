"""By when a person must be answered: the strictest law of every place where they may be."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from hub.model.requests import REQUEST_KINDS
from hub.privacy_requests.deadlines import deadline_of, places_of

PLACES = ("US-CA", "US-IL", "US", "CA-QC", "CA", "DE", "EU", "GB", "CH", "NZ", "MQ", "AU-NSW", "ZW")
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "places", "rule", "last_day"),
    [
        ("access", ["US-CA"], "us-ca.know-delete-correct", date(2026, 2, 19)),
        ("access", ["US-IL"], "us.state-laws", date(2026, 2, 19)),
        ("erasure", ["DE"], "eu.gdpr-12", date(2026, 2, 5)),
        ("erasure", ["US-CA", "DE"], "eu.gdpr-12", date(2026, 2, 5)),
        ("access", ["CA-QC"], "ca-qc.law-25", date(2026, 2, 4)),
        ("access", ["CA-ON"], "ca.pipeda-8", date(2026, 2, 4)),
        ("access", ["US-VA"], "us-va.requests", date(2026, 2, 19)),
        ("access", ["US-IA"], "us-ia.requests", date(2026, 4, 5)),
        ("child", ["US-IA"], "us.coppa", date(2026, 2, 4)),
        ("third_party_disclosure", ["US-CA"], "us-ca.shine-the-light", date(2026, 2, 4)),
        ("child", ["US-IL"], "us.coppa", date(2026, 2, 4)),
        # 19 January is Martin Luther King Jr. Day.
        ("objection", ["US-CA"], "us-ca.opt-out", date(2026, 1, 27)),
        ("access", ["CH"], "ch.fadp-25", date(2026, 2, 4)),
        ("access", ["MQ"], "eu.gdpr-12", date(2026, 2, 5)),
        ("access", ["NZ"], "nz.privacy-44", date(2026, 2, 2)),
        ("access", ["NZ", "DE"], "nz.privacy-44", date(2026, 2, 2)),
        ("access", [], "unknown.strictest", date(2026, 2, 2)),
        ("access", ["ZW"], "unknown.strictest", date(2026, 2, 2)),
        ("access", ["US-IL", "ZW"], "unknown.strictest", date(2026, 2, 2)),
    ],
)
def test_the_strictest_place_decides(kind: str, places: list[str], rule: str, last_day: date) -> None:
    deadline = deadline_of(kind, places, NOON, "UTC")
    assert (deadline.row.id, (deadline.due_at - timedelta(seconds=1)).date()) == (rule, last_day)


@settings(max_examples=60)
@given(
    some.sampled_from(REQUEST_KINDS),
    some.lists(some.sampled_from(PLACES), unique=True, min_size=1),
    some.sampled_from(PLACES),
    some.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=some.just(UTC)),
)
def test_one_more_place_never_gives_more_time(kind: str, places: list[str], more: str, at: datetime) -> None:
    alone, together = deadline_of(kind, places, at, "UTC"), deadline_of(kind, [*places, more], at, "UTC")
    assert together.due_at <= alone.due_at
    assert at < together.promised_at < together.due_at


@settings(max_examples=60)
@given(
    some.sampled_from(REQUEST_KINDS),
    some.sampled_from(PLACES),
    some.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=some.just(UTC)),
)
def test_whose_place_nobody_knows_is_answered_as_early_as_the_strictest_place_asks(
    kind: str, place: str, at: datetime
) -> None:
    assert deadline_of(kind, [], at, "UTC").due_at <= deadline_of(kind, [place], at, "UTC").due_at


def test_a_number_and_what_the_person_says_both_tell_where_they_may_be() -> None:
    assert places_of("+14155550142", ["DE"]) == ["DE", "US-CA"]
    assert places_of(None) == []
