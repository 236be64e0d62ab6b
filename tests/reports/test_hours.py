"""Calls by the hour: whatever is kept, what is read equals counting each call by hand, on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from testbed import ACCOUNTS, SHARED, TestHub

from hub.model import Call, DirtyDay, FormSubmission, HourRollup, Lead, SpamMark
from hub.reports.calendar import OwnDays, bounds, day_of
from hub.reports.dirty_days import mark_company
from hub.reports.hours import (
    DAYS,
    HOURS,
    WEEKDAYS,
    CallFigures,
    Grain,
    calls_by_hour,
    calls_by_stretch,
    hours_within,
    total_of,
)
from hub.reports.rollups import roll_up

Factory = Callable[..., TestHub]
ZONES = {"lakeside": "America/Chicago", "northgate": "Asia/Kathmandu"}
NOW = datetime(2026, 11, 20, 3, 10, tzinfo=UTC)
"""The clocks of Chicago are set back on the first of this month."""
FIRST_DAY = 25


@pytest.fixture
def stage(hub: Factory) -> TestHub:
    companies = [{**each, "time_zone": ZONES.get(each["name"], "UTC")} for each in ACCOUNTS[0]["companies"]]
    made = hub(accounts=[{**ACCOUNTS[0], "companies": companies}])
    made.clock.now = NOW
    return made


def call_at(stage: TestHub, company: str, number: int, at: datetime, random: Random) -> Call:
    """A call of any outcome."""
    answered, over = random.random() < 0.5, random.random() < 0.9
    return Call(
        connector="carrier", carrier_call_id=f"CA{company}{number}", company_id=stage.directory.companies[company].id,
        tracking_number=SHARED, status="completed" if over else "in_progress", state="done", due_at=at, started_at=at,
        answered_at=at if answered else None, duration=random.choice((5, 15, 90, None)) if over else None,
        voicemail=not answered and random.random() < 0.3, first_time_caller=random.choice((True, False, None)),
        spam=random.random() < 0.1,
    )  # fmt: skip


def fill(stage: TestHub, seed: int, number: int = 600) -> None:
    """Calls of a month in two companies, many of them around the hour that comes twice; all their days are marked."""
    random = Random(seed)
    twice = datetime(2026, 11, 1, 6, tzinfo=UTC)
    for company in ZONES:
        spread = [NOW - timedelta(seconds=random.randrange(32 * 86_400)) for _ in range(number)]
        spread += [twice + timedelta(minutes=random.randrange(180)) for _ in range(60)]
        stage.add(*(call_at(stage, company, place, at, random) for place, at in enumerate(spread)))
    with stage.hub.store.writing() as session:
        for company in ZONES:
            mark_company(session, stage.directory.companies[company], NOW)


def add_forms(stage: TestHub, seed: int, number: int = 80) -> None:
    """Forms of both companies, some of which are leads."""
    random = Random(seed)
    for company in ZONES:
        company_id = stage.directory.companies[company].id
        for place in range(number):
            at = NOW - timedelta(seconds=random.randrange(24 * 86_400))
            form = FormSubmission(
                company_id=company_id, submission_key=f"{company}{place}", submitted_at=at, state="done", due_at=at
            )
            stage.add(form)
            status = random.choice(("qualified", "booked", "not_a_lead", "spam"))
            if status == "spam":
                stage.add(SpamMark(subject_id=form.id, company_id=company_id, marked_at=at, marked_by="user"))
            stage.add(Lead(subject_id=form.id, company_id=company_id, status=status, marked_at=at, marked_by="user"))


def add_up(stage: TestHub) -> None:
    while roll_up(stage.hub.store):
        pass


def read(stage: TestHub, back: int = FIRST_DAY, grain: Grain = HOURS) -> dict[tuple[str, datetime], dict[str, int]]:
    """The hours of both companies since some days ago."""
    days = []
    for company, zone in ZONES.items():
        place, today = ZoneInfo(zone), day_of(NOW, ZoneInfo(zone))
        begins, ends = bounds(today - timedelta(days=back), place)[0], bounds(today, place)[1]
        days.append(OwnDays(place, (stage.directory.companies[company].id,), begins, ends))
    with stage.hub.store.reading() as session:
        found = calls_by_hour(session, days, stage.clock(), grain=grain)
    return {(zone.key, at): asdict(figures) for (zone, at), figures in found.items()}


def by_hand(stage: TestHub, back: int = FIRST_DAY) -> dict[tuple[str, datetime], dict[str, int]]:
    """The same, counted one by one."""
    companies = {stage.directory.companies[name].id: ZoneInfo(zone) for name, zone in ZONES.items()}
    found: dict[tuple[str, datetime], Counter[str]] = {}
    for call in stage.rows(Call):
        zone = companies[call.company_id or ""]
        local = call.started_at.astimezone(zone)
        if local.date() < day_of(NOW, zone) - timedelta(days=back):
            continue
        hour = local.replace(minute=0, second=0, microsecond=0, fold=0, tzinfo=None)
        counted = found.setdefault((zone.key, hour), Counter())
        if call.spam:
            counted["spam"] += 1
            continue
        short = call.duration is not None and call.duration < 15
        counted["calls"] += 1
        counted["answered"] += call.answered_at is not None
        if call.answered_at is None and call.status == "completed":
            counted["voicemail" if call.voicemail else "abandoned" if short else "missed"] += 1
        counted["first_time"] += call.first_time_caller is True
        counted["talk_seconds"] += (call.duration or 0) if call.answered_at else 0
        counted["seconds"] += call.duration or 0
    leads = {each.subject_id for each in stage.rows(Lead) if each.status in ("qualified", "booked")}
    for form in stage.rows(FormSubmission):
        zone = companies[form.company_id]
        local = form.submitted_at.astimezone(zone)
        if form.id in leads and local.date() >= day_of(NOW, zone) - timedelta(days=back):
            hour = local.replace(minute=0, second=0, microsecond=0, fold=0, tzinfo=None)
            found.setdefault((zone.key, hour), Counter())["other_leads"] += 1
    return {key: asdict(CallFigures(**counted)) for key, counted in found.items()}


def test_an_hour_that_comes_twice_has_the_calls_of_both(stage: TestHub) -> None:
    fill(stage, seed=1, number=0)
    chicago = {at.hour: each["calls"] + each["spam"] for (zone, at), each in read(stage).items() if "Chicago" in zone}
    assert chicago.keys() == {1, 2} and sum(chicago.values()) == 60 and chicago[1] > chicago[2]


def test_hours_are_right_before_and_after_days_are_added_up_and_when_calls_change_later(stage: TestHub) -> None:
    fill(stage, seed=2)
    add_forms(stage, seed=3)
    assert len(stage.rows(DirtyDay)) > 60 and read(stage) == by_hand(stage), "every day is marked"
    add_up(stage)
    assert stage.rows(HourRollup) and read(stage) == by_hand(stage), "what is kept"
    old = [call for call in stage.rows(Call) if call.started_at < NOW - timedelta(days=9) and not call.spam][:4]
    for call in old:
        call.spam = True
        day = day_of(call.started_at, ZoneInfo("America/Chicago"))
        stage.add(call, DirtyDay(company_id=call.company_id or "", day=day, marked_at=NOW))
        other = day_of(call.started_at, ZoneInfo("Asia/Kathmandu"))
        stage.add(DirtyDay(company_id=call.company_id or "", day=other, marked_at=NOW))
    fresh = call_at(stage, "lakeside", 9_000, NOW - timedelta(minutes=2), Random(3))
    fresh.spam = False
    stage.add(fresh)
    assert read(stage) == by_hand(stage), "marked days and the newest"
    add_up(stage)
    assert read(stage) == by_hand(stage)
    assert read(stage, 1) == by_hand(stage, 1), "the newest alone"


def test_days_and_weekdays_have_the_sums_of_their_hours(stage: TestHub) -> None:
    fill(stage, seed=6)
    add_forms(stage, seed=7)
    add_up(stage)
    hours = {key: CallFigures(**each) for key, each in by_hand(stage).items()}
    today = NOW.date()
    within = (today - timedelta(days=9), today - timedelta(days=7))
    parts: dict[str, tuple[Grain, Callable[[datetime], object]]] = {
        "days": (DAYS, lambda at: at.date()),
        "weekdays": (WEEKDAYS, lambda at: (at.weekday(), at.hour)),
        "hours of three days": (
            hours_within(within),
            lambda at: at if within[0] <= at.date() <= within[1] else at.date(),
        ),
    }
    for name, (grain, part) in parts.items():
        sums: list[dict[tuple[str, object], CallFigures]] = []
        rows = {key: CallFigures(**each) for key, each in read(stage, grain=grain).items()}
        for counted in (hours, rows):
            found: dict[tuple[str, object], list[CallFigures]] = {}
            for (zone, at), each in counted.items():
                found.setdefault((zone, part(at)), []).append(each)
            sums.append({key: total_of(some) for key, some in found.items()})
        assert sums[0] == sums[1] and len(rows) < len(hours), name


def test_a_long_period_reads_no_call_of_a_finished_day(stage: TestHub) -> None:
    fill(stage, seed=4)
    add_up(stage)
    wanted = by_hand(stage)
    with stage.hub.store.writing() as session:
        for call in stage.rows(Call):
            if call.started_at < NOW - timedelta(days=5):
                session.delete(session.get_one(Call, call.id))
    assert read(stage) == wanted, "also if its calls have moved to the archive"


@pytest.mark.parametrize(
    "step",
    [timedelta(hours=1), timedelta(hours=7), timedelta(days=1), timedelta(days=1, minutes=30), timedelta(days=90)],
)
def test_stretches_of_any_length_have_the_calls_that_began_in_them(stage: TestHub, step: timedelta) -> None:
    fill(stage, seed=5, number=200)
    add_up(stage)
    at = datetime(2026, 10, 31, 5, 45 if step == timedelta(days=1, minutes=30) else 0, tzinfo=UTC)
    if step == timedelta(days=1):  # days of Chicago, after its clocks were set back
        at = datetime(2026, 11, 2, 6, tzinfo=UTC)
    edges = [at + step * number for number in range(60)]
    stretches = list(pairwise(edges))
    companies = stage.directory.companies
    days = [OwnDays(ZoneInfo(zone), (companies[name].id,), NOW, NOW) for name, zone in ZONES.items()]
    with stage.hub.store.reading() as session:
        found = calls_by_stretch(session, days, stretches, stage.clock())
    starts = [call.started_at for call in stage.rows(Call) if not call.spam]
    assert [each.calls for each in found] == [sum(a <= each < b for each in starts) for a, b in stretches]
    assert sum(each.calls for each in found) > 100
