"""Reports that are counted from calls equal what counting each call by hand gives, on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from testbed import ACCOUNTS, TestHub

from hub.access.scope import AccessScope
from hub.access.users import add_user
from hub.model import Account, Attribution, Call, CallStep, Company, Lead, OutgoingCall, Tracker, User
from hub.queries.reports.call_reports import CallPeriod, calls_by_agent, calls_by_tracker, calls_by_weekday_and_hour
from hub.queries.reports.credits import credits_of
from hub.queries.reports.missed import missed_by_hour, missed_by_source
from hub.queries.reports.tables import REPORTS, TableRequest, read_table
from hub.reports.calendar import OwnDays
from hub.reports.dirty_days import mark_company

Factory = Callable[..., TestHub]
BEGINS, ENDS = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 20, tzinfo=UTC)
"""The clocks of Chicago change within these days."""
ZONES = ("America/Chicago", "Asia/Kathmandu")
AGENTS = ("+13125550190", "+13125550191", None)
CALLERS = (*(f"+131255501{each:02}" for each in range(40, 60)), None)
SOURCES = (("google", "cpc"), ("bing", "cpc"), ("direct", "none"))
MISSED = ("missed", "voicemail", "abandoned")


class Month:
    """Random calls of two companies, and the user who reads the reports."""

    def __init__(self, stage: TestHub, seed: int) -> None:
        self.stage, self.random = stage, Random(seed)
        self.companies = {each.id: each.name for each in stage.rows(Company)}
        self.trackers = stage.rows(Tracker)
        with stage.hub.store.writing() as session:
            account = session.get(Account, stage.rows(Account)[0].id)
            assert account is not None
            self.user: User = add_user(session, account, "mia", "owner", stage.clock(), phone_numbers=[str(AGENTS[0])])
        self.scope = AccessScope(self.user)
        self.calls = [self.call(number) for number in range(400)]
        stage.add(*self.calls)
        self.sources: dict[str, str] = {}
        causes: list[Attribution] = []
        for call in self.calls:
            if self.random.random() < 0.9:
                source, medium = self.random.choice(SOURCES)
                self.sources[call.id] = f"{source} / {medium}"
                causes.append(self.cause(call, source, medium))
        stage.add(*causes)
        with stage.hub.store.writing() as session:
            for company in stage.rows(Company):
                mark_company(session, company, ENDS)

    def call(self, number: int) -> Call:
        """A call in the period, or shortly before or after it."""
        tracker, random = self.random.choice(self.trackers), self.random
        at = BEGINS - timedelta(days=2) + timedelta(seconds=random.randrange(23 * 86_400))
        answered = random.random() < 0.5
        over = random.random() < 0.95
        return Call(
            connector="carrier",
            carrier_call_id=f"CA{number}",
            company_id=tracker.company_id,
            tracker_id=tracker.id,
            caller_number=random.choice(CALLERS),
            status="completed" if over else "in_progress",
            state="done",
            due_at=at,
            started_at=at,
            answered_at=at if answered else None,
            answered_by=random.choice(AGENTS) if answered else None,
            duration=random.choice((5, 14, 15, 90, 600, None)) if over else None,
            voicemail=not answered and random.random() < 0.3,
            first_time_caller=random.choice((True, False, None)),
        )

    def cause(self, call: Call, source: str, medium: str) -> Attribution:
        """Where a call came from."""
        return Attribution(
            subject_id=call.id,
            company_id=call.company_id,
            source=source,
            medium=medium,
            rule="test",
            confidence=1.0,
            made_at=call.started_at,
        )

    def inside(self, company: str | None = None) -> list[Call]:
        """The calls of the period."""
        return [
            call
            for call in self.calls
            if BEGINS <= call.started_at < ENDS and company in (None, self.companies[call.company_id or ""])
        ]

    def read(self, question: Callable[..., Any], zone: str = "UTC", scope: AccessScope | None = None) -> Any:
        """What a read model says of the period, for both companies."""
        days = OwnDays(ZoneInfo(zone), tuple(self.companies), BEGINS, ENDS)
        with self.stage.hub.store.reading_as(self.user.account_id) as session:
            return question(CallPeriod(session, scope or self.scope, [days], ENDS))


def outcome(call: Call) -> str | None:
    """What became of an unanswered call that is over, told anew."""
    if call.answered_at is not None or call.status == "in_progress":
        return None
    if call.voicemail:
        return "voicemail"
    return "abandoned" if call.duration is not None and call.duration < 15 else "missed"


def figures(calls: list[Call]) -> dict[str, int]:
    """The figures of some calls, counted one by one."""
    found = Counter({"calls": len(calls)})
    for call in calls:
        found["answered"] += call.answered_at is not None
        found["first_time"] += call.first_time_caller is True
        found["talk_seconds"] += (call.duration or 0) if call.answered_at else 0
        found["seconds"] += call.duration or 0
        found[outcome(call) or "other"] += 1
    names = (
        "calls",
        "answered",
        "missed",
        "voicemail",
        "abandoned",
        "first_time",
        "talk_seconds",
        "seconds",
        "leads",
        "spam",
        "other_leads",
    )
    return {name: found[name] for name in names}


@pytest.fixture(scope="module")
def month(shared_hub: Factory) -> Month:
    """For tests that only read."""
    return Month(shared_hub(), seed=11)


@pytest.fixture
def own_month(hub: Factory) -> Month:
    """For a test that writes."""
    return Month(hub(), seed=11)


def test_calls_by_tracker_are_those_of_each_tracker_and_trackers_without_calls_are_listed(month: Month) -> None:
    found = {each.tracker_id: asdict(each.figures) for each in month.read(calls_by_tracker)}
    wanted = {
        each.id: figures([call for call in month.inside() if call.tracker_id == each.id]) for each in month.trackers
    }
    assert found == wanted


def test_calls_by_agent_are_the_answered_calls_of_each_phone(month: Month) -> None:
    found = month.read(calls_by_agent)
    answered = [call for call in month.inside() if call.answered_at]
    assert {each.number: asdict(each.figures) for each in found} == {
        number: figures([call for call in answered if call.answered_by == number]) for number in AGENTS
    }
    assert {each.name for each in found} == {"mia", None}


def test_a_call_that_nobody_answered_is_missed_at_each_phone_that_rang(own_month: Month) -> None:
    first, second, third = "+13125550190", "+13125550192", "+13125550193"
    ways = (
        [("dial", f"rings {first}, recorded"), ("dial", "nobody picked up"), ("simulcall", f"rings {first}, {second}")],
        [("round_robin", f"rings {second}"), ("voicemail", "takes a message")],
        [("forward", f"the answer was late or failed: rings {third}, not recorded")],
        [("forward", "the answer was late or failed: continues without it, not recorded"), ("menu", f"key 1: {first}")],
    )
    rung = ([first, second], [second], [third], [])
    wanted: Counter[str] = Counter()
    for place, call in enumerate(own_month.calls):
        for position, (do, result) in enumerate(ways[place % 4]):
            about = {
                "connector": call.connector,
                "carrier_call_id": call.carrier_call_id,
                "company_id": call.company_id,
            }
            about |= {"flow_version": 1, "point": "ringing", "position": position, "step": do, "do": do}
            about |= {"at": call.started_at, "expires_at": call.started_at + timedelta(days=761)}
            own_month.stage.add(CallStep(result=result, **about))
        if outcome(call) and call in own_month.inside():
            wanted.update(rung[place % 4])
    found = {each.number: each for each in own_month.read(calls_by_agent)}
    assert {number: each.missed for number, each in found.items() if each.missed} == wanted
    assert (found[third].figures.calls, found[first].name) == (0, "mia")


@pytest.mark.parametrize("zone", ["America/Chicago", "UTC", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_calls_by_weekday_and_hour_follow_the_clock_of_the_zone(month: Month, zone: str) -> None:
    place = ZoneInfo(zone)
    by_hour: dict[tuple[int, int], list[Call]] = {}
    for call in month.inside():
        local = call.started_at.astimezone(place)
        by_hour.setdefault((local.weekday(), local.hour), []).append(call)
    found = month.read(calls_by_weekday_and_hour, zone)
    assert {key: asdict(each) for key, each in found.items()} == {key: figures(calls) for key, calls in by_hour.items()}


@pytest.mark.parametrize(("report", "count"), [("hours", 24), ("weekdays", 7), ("trackers", 0)])
def test_tables_of_calls_count_each_company_by_its_own_clock_with_ratios_and_leads(
    own_month: Month, report: str, count: int
) -> None:
    zones = {name: ZoneInfo(zone) for name, zone in zip(("lakeside", "northgate"), ZONES, strict=True)}
    booked = [lead(call) for call in own_month.inside()[::9]]
    own_month.stage.add(*booked)
    leads = {each.subject_id for each in booked}
    first, last = date(2026, 3, 2), date(2026, 3, 18)
    names = {each.id: each.name for each in own_month.trackers}
    parts: dict[Any, list[Call]] = {}
    for call in own_month.calls:
        local = call.started_at.astimezone(zones[own_month.companies[call.company_id or ""]])
        if first <= local.date() <= last:
            name = (names[call.tracker_id or ""], own_month.companies[call.company_id or ""])
            part = {"hours": local.hour, "weekdays": f"{local:%A}", "trackers": name}[report]
            parts.setdefault(part, []).append(call)
    companies = own_month.stage.rows(Company)
    for each in companies:
        each.time_zone = str(zones[each.name])
    with own_month.stage.hub.store.reading_as(own_month.user.account_id) as session:
        lines = read_table(report, TableRequest(session, own_month.scope, companies, (first, last), ENDS))
    assert set(REPORTS[report].columns) == set(lines[0])
    assert len(lines) == (count or len(own_month.trackers))
    for line in lines:
        key = (line["tracker"], line["company"]) if report == "trackers" else next(iter(line.values()))
        calls = parts.get(key, [])
        counted = figures(calls)
        missed = counted["missed"] + counted["voicemail"] + counted["abandoned"]
        assert (line["calls"], line["answered"], line["missed"]) == (counted["calls"], counted["answered"], missed)
        assert line["leads"] == sum(call.id in leads for call in calls)
        percent = round(100 * counted["answered"] / len(calls), 1) if calls else None
        talk = round(counted["talk_seconds"] / counted["answered"], 1) if counted["answered"] else None
        assert line["answered_percent"] == pytest.approx(percent, abs=0.051)
        assert line["average_talk_seconds"] == pytest.approx(talk, abs=0.051)


def test_missed_calls_by_hour_and_by_source_say_who_was_reached_later(own_month: Month) -> None:
    missed = [call for call in own_month.inside() if outcome(call)]
    backs = [call_back(own_month, call) for call in missed[::5] if call.caller_number]
    booked = [lead(call) for call in missed[1::7]]
    own_month.stage.add(*backs, *booked)
    zone = ZoneInfo("America/Chicago")
    hours = own_month.read(missed_by_hour, zone.key)
    sources = own_month.read(missed_by_source)
    wanted_hours: dict[int, Counter[str]] = {}
    wanted_sources: dict[str, Counter[str]] = {}
    for call in missed:
        counted = reached(own_month, call, backs, {each.subject_id for each in booked})
        wanted_hours.setdefault(call.started_at.astimezone(zone).hour, Counter()).update(counted)
        wanted_sources.setdefault(own_month.sources.get(call.id, ""), Counter()).update(counted)
    assert {hour: +Counter(asdict(each)) for hour, each in hours.items()} == wanted_hours
    assert {source: +Counter(asdict(each)) for source, each in sources.items()} == wanted_sources


def call_back(month: Month, call: Call) -> OutgoingCall:
    """A call back two hours later; one in three is not answered."""
    answered = month.random.random() < 0.66
    return OutgoingCall(
        connector="carrier",
        company_id=call.company_id,
        user_id=month.user.id,
        tracking_number="+13125550120",
        person_number=call.caller_number,
        made_at=call.started_at + timedelta(hours=2),
        answered_at=call.started_at + timedelta(hours=2) if answered else None,
        state="done",
        due_at=call.started_at,
    )


def lead(call: Call) -> Lead:
    """A missed call that needs no call back."""
    return Lead(
        subject_id=call.id, company_id=call.company_id, status="booked", marked_at=call.started_at, marked_by="mia"
    )


def reached(month: Month, call: Call, backs: list[OutgoingCall], settled: set[str]) -> Counter[str]:
    """What counts for one missed call, told anew."""
    same = (call.company_id, call.caller_number)
    back = any(
        each.answered_at and (each.company_id, each.person_number) == same and each.answered_at > call.started_at
        for each in backs
    )
    again = call.caller_number is not None and any(
        (each.company_id, each.caller_number) == same and each.answered_at and each.started_at > call.started_at
        for each in month.calls
    )
    counted = Counter({"unanswered": 1, outcome(call) or "": 1})
    counted["called_back"] += back
    counted["called_again"] += again and not back
    counted["open"] += call.caller_number is not None and not (back or again or call.id in settled)
    return +counted


def test_a_user_of_one_company_counts_only_its_calls(month: Month) -> None:
    lakeside = next(id_ for id_, name in month.companies.items() if name == "lakeside")
    with month.stage.hub.store.reading_as(month.user.account_id, (lakeside,)) as session:
        found = calls_by_weekday_and_hour(
            CallPeriod(session, month.scope, [OwnDays(ZoneInfo("UTC"), (lakeside,), BEGINS, ENDS)], ENDS)
        )
    assert sum(each.calls for each in found.values()) == len(month.inside("lakeside"))


def test_an_agent_counts_only_the_calls_that_they_answered(month: Month) -> None:
    found = month.read(calls_by_agent, scope=AccessScope(month.user, reach="own"))
    assert [each.number for each in found] == [AGENTS[0]]
    assert found[0].figures.calls == sum(call.answered_by == AGENTS[0] for call in month.inside() if call.answered_at)


def test_credits_of_several_companies_add_up_by_source(hub: Factory) -> None:
    stage = hub(accounts=ACCOUNTS)
    stage.call_in("+13125550120")
    stage.call_in("+13135550120")
    stage.call_in("+13125550122")
    today = stage.clock().date()
    companies = stage.rows(Company)
    with stage.hub.store.snapshot() as session:
        both = {line.value: line for line in credits_of(session, companies, "source", "last", today, today)}
        each = [credits_of(session, [company], "source", "last", today, today) for company in companies]
    assert {value: int(line.number("calls")) for value, line in both.items()} == {
        "website / direct": 2,
        "yellow_pages / print": 1,
    }
    assert sum(line.amounts["USD"] for line in both.values()) == sum(
        line.amounts["USD"] for lines in each for line in lines
    )
