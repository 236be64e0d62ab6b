"""Ten questions of a marketing manager: an assistant gets each figure that was counted by hand from eleven calls.

The days are those of Chicago, whose clocks changed on 1 November: nine o'clock before and after is one hour of the day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import postgres
import pytest
from event_loops import in_a_thread
from mcp import Client
from testbed import ACCOUNTS, NORTH_SHARED, TestHub, open_stage

from hub.access.keys import new_api_key
from hub.access.users import add_user
from hub.api.privacy import Opinion
from hub.model import Account, Attribution, Call, CostRow, Lead, Tracker
from hub.reports.dirty_days import mark_company
from hub.reports.rollups import roll_up
from hub.testing import FrozenClock
from hub.web.mcp.reader import reader_of
from hub.web.mcp.server import make_server

CHICAGO = ZoneInfo("America/Chicago")
ANNA, BEN = "+13125550190", "+13125550191"
DAYS = {"first": "2026-10-26", "last": "2026-11-23"}
CALLS = """
lakeside  2026-10-26T09:30 google cpc        brand  roof_repair shared       ANNA 300 201 first booked
lakeside  2026-11-02T09:30 google cpc        brand  roof_repair shared       ANNA 100 202 first qualified
lakeside  2026-11-17T12:10 google cpc        autumn new_roof    shared       -    20  203 first -
lakeside  2026-11-18T12:40 bing   cpc        bing   roof        shared       -    30  204 first message
lakeside  2026-11-19T16:00 yellow_pages print spring -          yellow_pages BEN  200 205 again -
lakeside  2026-11-20T12:20 google organic    -      -           shared       -    25  206 again -
lakeside  2026-11-20T13:00 google organic    -      -           shared       BEN  60  206 again -
northgate 2026-11-02T09:15 google cpc        north  gutters     shared       ANNA 40  207 first qualified
northgate 2026-11-21T12:05 google cpc        north  gutters     shared       -    18  208 first -
northgate 2026-11-23T09:05 direct none       -      -           shared       BEN  90  209 again -
"""
COSTS = (("lakeside", "brand", 60), ("lakeside", "autumn", 40), ("northgate", "north", 30))


class Manager:
    """A marketing manager with an assistant."""

    def __init__(self, stage: TestHub) -> None:
        self.stage = stage
        with stage.hub.store.writing() as session:
            account = session.get_one(Account, stage.rows(Account)[0].id)
            add_user(session, account, "anna", "agent", stage.clock(), phone_numbers=[ANNA])
            user = add_user(session, account, "maria", "marketer", stage.clock())
            self.key = new_api_key(session, user, stage.clock())
        self.held = ""

    def asks(self, tool: str, **given: Any) -> Any:
        """The answer of a tool over the client in memory."""

        async def asked() -> Any:
            async with Client(make_server(lambda: reader_of(self.stage.hub, self.key))) as client:
                return (await client.call_tool(tool, given)).structured_content

        return in_a_thread(asked())

    def reports(self, by: str, **given: Any) -> dict[str, Any]:
        """The lines of a report by the value of each."""
        lines = self.asks("run_report", by=by, **{**DAYS, **given})["lines"]
        return {each.get("untrusted", each).get("value" if "untrusted" in each else by): each for each in lines}


@pytest.fixture(scope="module")
def manager(databases: Path) -> Iterator[Manager]:
    companies = [{**each, "time_zone": str(CHICAGO)} for each in ACCOUNTS[0]["companies"]]
    accounts = [{**ACCOUNTS[0], "companies": companies}]
    with open_stage(f"sqlite:///{postgres.sqlite_copy(databases)}", FrozenClock(), accounts=accounts) as stage:
        made = Manager(stage)
        fill(stage)
        stage.law.rule = lambda question: Opinion(verdict="deny", rule_id="paper.no", reason="The law says no.")
        made.held = stage.call_in(NORTH_SHARED).id
        stage.deliver()
        roll_up(stage.hub.store)
        yield made


def fill(stage: TestHub) -> None:
    companies = stage.directory.companies
    trackers = {(each.company_id, each.name): each.id for each in stage.rows(Tracker)}
    for number, line in enumerate(CALLS.strip().splitlines()):
        name, when, source, medium, campaign, keyword, tracker, agent, seconds, caller, times, mark = line.split()
        company, at = companies[name], datetime.fromisoformat(when).replace(tzinfo=CHICAGO)
        by = {"ANNA": ANNA, "BEN": BEN}.get(agent)
        call = Call(connector="carrier", carrier_call_id=f"CA{number}", company_id=company.id, status="completed", state="done",
                    tracker_id=trackers[company.id, tracker], caller_number=f"+13125550{caller}", started_at=at, due_at=at,
                    answered_at=at if by else None, answered_by=by, duration=int(seconds), voicemail=mark == "message",
                    first_time_caller=times == "first")  # fmt: skip
        stage.add(call)
        words = {"campaign": campaign, "keyword": keyword.replace("_", " ")}
        stage.add(Attribution(subject_id=call.id, company_id=company.id, source=source, medium=medium, made_at=at, rule="test",
                              confidence=1.0, **{name: each for name, each in words.items() if each != "-"}))  # fmt: skip
        if mark in ("booked", "qualified"):
            stage.add(Lead(subject_id=call.id, company_id=company.id, status=mark, marked_at=at, marked_by="mia"))
    for name, campaign, amount in COSTS:
        stage.add(CostRow(account_id=companies[name].account_id, company_id=companies[name].id, source="google", medium="cpc",
                          campaign=campaign, day=date(2026, 11, 2), amount=Decimal(amount), currency="USD", clicks=9,
                          saved_at=stage.clock()))  # fmt: skip
    with stage.hub.store.writing() as session:
        for company in companies.values():
            mark_company(session, company, stage.clock())


def test_1_which_source_brings_the_most_calls(manager: Manager) -> None:
    answer = manager.asks("run_report", by="source", **DAYS)
    assert answer["companies"] == ["lakeside", "northgate"]
    best = answer["lines"][0]
    assert (best["untrusted"]["title"], best["calls"], best["leads"]) == ("Google Ads", 5, 3)
    assert answer["total"]["calls"] == 10 == sum(each["calls"] for each in answer["lines"])


def test_2_what_a_lead_costs_by_campaign(manager: Manager) -> None:
    campaigns = manager.reports("campaign", costs=True)
    of = {name: line["costs"].get("USD", {}) for name, line in campaigns.items() if name}
    assert {name: Decimal(each["per_lead"]) for name, each in of.items() if each.get("per_lead")} == {
        "brand": Decimal(30), "north": Decimal(30)
    }  # fmt: skip
    assert Decimal(of["autumn"]["cost"]) == 40 and of["autumn"]["per_lead"] is None
    assert of["spring"] == {}, "what the Yellow Pages cost is not known"


def test_3_when_in_the_day_and_in_the_week_we_miss_calls(manager: Manager) -> None:
    hours = manager.reports("hour")
    assert {hour: each["missed"] for hour, each in hours.items() if each["missed"]} == {12: 4}
    assert (hours[9]["calls"], hours[9]["answered_percent"], hours[12]["answered_percent"]) == (4, 100.0, 0.0)
    assert hours[3]["answered_percent"] is None
    days = manager.reports("weekday", companies=["lakeside"])
    assert {day: each["missed"] for day, each in days.items() if each["missed"]} == {
        "Tuesday": 1, "Wednesday": 1, "Friday": 1
    }  # fmt: skip


def test_4_whether_a_call_reached_google_and_why_not(manager: Manager) -> None:
    why = manager.asks("why_conversion_held", id=manager.held)
    assert why["answer"].startswith("1 of 1 have not arrived: consent holds 1")
    assert "The law says no." in why["conversions"][0]["why"]


def test_5_how_long_people_talk_by_source(manager: Manager) -> None:
    sources = manager.reports("source")
    talk = {name: each.get("average_talk_seconds") for name, each in sources.items()}
    assert talk == {
        "google / cpc": 146.7, "bing / cpc": None, "yellow_pages / print": 200.0, "google / organic": 60.0,
        "direct / none": 90.0,
    }  # fmt: skip


def test_6_which_keywords_bring_customers(manager: Manager) -> None:
    keywords = manager.reports("keyword")
    assert {name for name, each in keywords.items() if each["customers"]} == {"roof repair"}
    assert keywords["roof repair"]["leads"] == 2


def test_7_how_many_called_for_the_first_time_beside_the_month_before(manager: Manager) -> None:
    months = (("2026-10-01", "2026-10-31"), ("2026-11-01", "2026-11-23"))
    totals = [manager.asks("run_report", first=first, last=last)["total"] for first, last in months]
    assert [each["first_time"] for each in totals] == [1, 5]


def test_8_which_tracker_and_which_person_answers_best(manager: Manager) -> None:
    lines = manager.asks("run_report", by="tracker", **DAYS)["lines"]
    answered = {(each["company"], each["tracker"]): each["answered_percent"] for each in lines if each["calls"]}
    assert answered == {
        ("lakeside", "shared"): 50.0, ("lakeside", "yellow_pages"): 100.0, ("northgate", "shared"): 66.7
    }  # fmt: skip
    agents = {each["name"]: each for each in manager.asks("run_report", by="agent", **DAYS)["lines"]}
    assert {name: (each["calls"], each["leads"], each["average_talk_seconds"]) for name, each in agents.items()} == {
        "anna": (3, 3, 146.7), None: (3, 0, 116.7)
    }  # fmt: skip
    assert agents[None]["number"] == "…91"


def test_9_who_still_waits_for_a_call_back(manager: Manager) -> None:
    answer = manager.asks("who_waits_for_a_call_back")
    assert [each["untrusted"]["number"] for each in answer["callers"]] == ["…03", "…04", "…08"]
    assert answer["count"] == 3 and [each["voicemail"] for each in answer["callers"]] == [False, True, False]
    (north,) = manager.asks("who_waits_for_a_call_back", companies=["northgate"])["callers"]
    assert north["company"] == "northgate" and north["waits_minutes"] == 2 * 1440 + 20 * 60 + 55


def test_10_whether_something_is_broken(manager: Manager) -> None:
    status = manager.asks("connector_status")
    assert status["to_mend"] == []
    assert all(each["failing_since"] is None for each in status["connectors"])


def test_the_answers_are_short_and_say_more_on_request(manager: Manager) -> None:
    listed = manager.asks("list_calls", limit=100)
    longest = max(len(str(each)) for each in listed["contacts"])
    assert longest < 420, longest
    (call,) = manager.asks("list_calls", limit=1, fields=["keyword", "tracker_title"])["contacts"]
    assert set(call) <= {"id", "kind", "at", "company", "tracker_title", "untrusted"}
    brief, full = (len(str(manager.asks("show_call", id=manager.held, detail=each))) for each in (False, True))
    assert brief < 3_000 < full
