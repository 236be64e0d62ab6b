"""Fewer or more calls than usual: said only if chance hardly explains it."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from alert_stage import AlertStage
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.alerts.volume import MIN_USUAL, hours_to_judge, judge, probability_up_to
from hub.alerts.watch import watch_volume
from hub.model import Call, Company
from hub.model.columns import new_id

WEEKS = st.lists(st.integers(0, 60), min_size=4, max_size=8)


@settings(max_examples=100)
@given(former=WEEKS, count=st.integers(0, 200))
def test_only_a_count_far_from_the_mean_of_enough_calls_is_said(former: list[int], count: int) -> None:
    judged, usual = judge(count, former), sum(former) / len(former)
    if judged is None:
        return
    assert usual >= MIN_USUAL and judged.weeks == len(former)
    if judged.kind == "volume_drop":
        assert count <= usual / 2
        fewer = judge(max(0, count - 1), former)
        assert fewer is not None and fewer.kind == "volume_drop"
    else:
        assert count >= 2 * usual
        more = judge(count + 1, former)
        assert more is not None and more.kind == "volume_spike"


@settings(max_examples=50)
@given(former=st.lists(st.integers(0, 200), max_size=3), count=st.integers(0, 500))
def test_nothing_is_said_before_four_weeks_are_known(former: list[int], count: int) -> None:
    assert judge(count, former) is None


@pytest.mark.parametrize(
    ("count", "former", "said"),
    [
        (0, [9, 8, 10, 9, 11, 8, 9, 10], "volume_drop"),
        (4, [18, 20, 15, 25, 17, 19, 16, 14], "volume_drop"),
        (8, [18, 20, 15, 25, 17, 19, 16, 14], None),
        (0, [3, 2, 4, 3, 2, 5, 3, 2], None),
        (4, [2, 30, 1, 40, 3, 35, 2, 31], None),
        (60, [18, 20, 15, 25, 17, 19, 16, 14], "volume_spike"),
        (30, [18, 20, 15, 25, 17, 19, 16, 14], None),
    ],
)
def test_what_an_owner_would_call_unusual_is_said(count: int, former: list[int], said: str | None) -> None:
    judged = judge(count, former)
    assert (judged and judged.kind) == said


def test_ordinary_weeks_hardly_ever_alarm() -> None:
    chance = random.Random(7)

    def calls(mean: float) -> int:
        """How many come in an hour, each at a time of its own."""
        count, at = 0, chance.expovariate(mean)
        while at < 1:
            count, at = count + 1, at + chance.expovariate(mean)
        return count

    alarms = sum(judge(calls(20), [calls(20) for _ in range(8)]) is not None for _ in range(300))
    assert alarms <= 1


def test_the_distribution_adds_up() -> None:
    assert probability_up_to(400, 20, 30) == pytest.approx(1)
    assert probability_up_to(0, 8, 8.0) == pytest.approx(0.000335, rel=0.01)


def test_the_hours_of_former_weeks_are_those_of_the_clock() -> None:
    zone = ZoneInfo("America/Chicago")
    (last, day) = hours_to_judge(datetime(2026, 11, 3, 18, 10, tzinfo=UTC), zone)  # noon, after the change of Nov 1
    assert (last.begins.hour, last.ends.hour, day.begins.hour) == (8, 12, 0)
    before = last.weeks_before(1)
    assert (before.begins.hour, before.begins.utcoffset()) == (8, timedelta(hours=-5))
    assert hours_to_judge(datetime(2026, 11, 3, 6, 10, tzinfo=UTC), zone) == []


def test_a_drop_is_mailed_once_a_day_with_what_it_was_compared_with(alerting: AlertStage) -> None:
    maria = alerting.user()
    alerting.wants(maria, "volume_drop")
    company: Company = alerting.company()
    now = alerting.stage.clock().replace(hour=15, minute=10)
    alerting.stage.clock.advance(minutes=10)
    begins = now.replace(hour=11, minute=30)
    alerting.stage.add(
        *(
            Call(
                id=new_id(), connector="carrier", carrier_call_id=f"V{week}-{each}", company_id=company.id, state="done",
                status="completed", started_at=begins - timedelta(weeks=week) + timedelta(minutes=each), due_at=now,
            )
            for week in range(1, 9)
            for each in range(14 + week)
        )
    )  # fmt: skip
    for _ in range(2):
        watch_volume(alerting.hub)
        alerting.run()
    assert alerting.mail.subjects == ["Fewer calls than usual at Lakeside"]
    text = alerting.mail.letters[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "0 calls from 11:00 am to 3:00 pm; on the last 7 Tuesdays it was 18 on average" in text
